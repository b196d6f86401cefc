#include "tests/reference.h"

#include "base/memory.h"
#include "base/simd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double epsilon = 1e-5;

/* ---- Numbers ------------------------------------------------------------------------------- */

/* The multiplier is Knuth's (MMIX); only the upper bits are used. */
double reference_number(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1p-52 - 1;
}

void reference_numbers(uint64_t *state, size_t count, double *values)
{
    for (size_t i = 0; i < count; i++)
        values[i] = reference_number(state);
}

double reference_error(size_t count, const double *a, const double *b)
{
    double worst = 0, largest = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(a[i]) || isnan(b[i]))
            return NAN;
        worst = fmax(worst, fabs(a[i] - b[i]));
        largest = fmax(largest, fabs(b[i]));
    }
    return worst / largest;
}

/* ---- Layers -------------------------------------------------------------------------------- */

size_t shape_count(struct shape shape)
{
    return (size_t)shape.images * (size_t)shape.channels * (size_t)shape.height *
           (size_t)shape.width;
}

struct shape shape_after(struct shape in, int out_channels, struct window window)
{
    return (struct shape){in.images, out_channels,
                          (in.height + 2 * window.padding - window.kernel) / window.stride + 1,
                          (in.width + 2 * window.padding - window.kernel) / window.stride + 1};
}

/* The plane of one image and channel. */
static size_t plane(struct shape s, int image, int channel)
{
    return (size_t)(image * s.channels + channel) * (size_t)(s.height * s.width);
}

/* x with zeros around every plane. The columns of a row stand by their remainder by the stride, so
 * that those which one tap of the window meets are neighbours. */
static double *pad(struct shape in, struct window w, const double *x, struct shape *padded)
{
    const int each = (in.width + 2 * w.padding + w.stride - 1) / w.stride;
    *padded = (struct shape){in.images, in.channels, in.height + 2 * w.padding, each * w.stride};
    double *to = memory_zeroed(shape_count(*padded), sizeof *to);
    for (int n = 0; n < in.images; n++) {
        for (int c = 0; c < in.channels; c++) {
            for (int row = 0; row < in.height; row++) {
                double *line = to + plane(*padded, n, c) + (row + w.padding) * padded->width;
                for (int i = 0; i < in.width; i++)
                    line[(i + w.padding) % w.stride * each + (i + w.padding) / w.stride] =
                        x[plane(in, n, c) + (size_t)(row * in.width + i)];
            }
        }
    }
    return to;
}

/* One input channel's part of one output channel. The clones only save time: no two of them need
 * give the same bits. */
CLONES static void add_plane(struct shape padded, struct shape out, struct window w,
                             const double *x, const double *weights, double *y)
{
    for (int ky = 0; ky < w.kernel; ky++) {
        for (int kx = 0; kx < w.kernel; kx++) {
            const double weight = weights[ky * w.kernel + kx];
            for (int row = 0; row < out.height; row++) {
                const double *from = x + (row * w.stride + ky) * padded.width +
                                     kx % w.stride * (padded.width / w.stride) + kx / w.stride;
                double *to = y + row * out.width;
#pragma omp simd
                for (int column = 0; column < out.width; column++)
                    to[column] += weight * from[column];
            }
        }
    }
}

void reference_convolution(struct shape in, int out_channels, struct window window, const double *x,
                           const double *weights, double *y)
{
    const struct shape out = shape_after(in, out_channels, window);
    const int taps = window.kernel * window.kernel;
    struct shape padded;
    double *from = pad(in, window, x, &padded);
    memset(y, 0, shape_count(out) * sizeof *y);
    for (int n = 0; n < in.images; n++)
        for (int o = 0; o < out.channels; o++)
            for (int i = 0; i < in.channels; i++)
                add_plane(padded, out, window, from + plane(padded, n, i),
                          weights + (o * in.channels + i) * taps, y + plane(out, n, o));
    free(from);
}

/* Weight (ky, kx) of one pair of channels: what it adds to dx, and its own derivative. */
static double backward_tap(struct shape in, struct shape out, struct window w, int ky, int kx,
                           double weight, const double *x, const double *dy, double *dx)
{
    double sum = 0;
    for (int row = 0; row < out.height; row++) {
        for (int column = 0; column < out.width; column++) {
            const int from_row = row * w.stride + ky - w.padding;
            const int from_column = column * w.stride + kx - w.padding;
            if (from_row < 0 || from_row >= in.height || from_column < 0 || from_column >= in.width)
                continue;
            const double gradient = dy[row * out.width + column];
            sum += gradient * x[from_row * in.width + from_column];
            dx[from_row * in.width + from_column] += gradient * weight;
        }
    }
    return sum;
}

void reference_convolution_backward(struct shape in, int out_channels, struct window window,
                                    const double *x, const double *weights, const double *dy,
                                    double *dx, double *dweights)
{
    const struct shape out = shape_after(in, out_channels, window);
    const int taps = window.kernel * window.kernel;
    memset(dx, 0, shape_count(in) * sizeof *dx);
    memset(dweights, 0, (size_t)(out_channels * in.channels * taps) * sizeof *dweights);
    for (int n = 0; n < in.images; n++)
        for (int o = 0; o < out.channels; o++)
            for (int i = 0; i < in.channels; i++)
                for (int tap = 0; tap < taps; tap++) {
                    const int at = (o * in.channels + i) * taps + tap;
                    dweights[at] += backward_tap(
                        in, out, window, tap / window.kernel, tap % window.kernel, weights[at],
                        x + plane(in, n, i), dy + plane(out, n, o), dx + plane(in, n, i));
                }
}

void reference_statistics(struct shape shape, const double *x, double *mean, double *variance)
{
    const int pixels = shape.height * shape.width;
    const double samples = (double)shape.images * pixels;
    for (int c = 0; c < shape.channels; c++) {
        double sum = 0, squares = 0;
        for (int n = 0; n < shape.images; n++)
            for (int p = 0; p < pixels; p++)
                sum += x[plane(shape, n, c) + (size_t)p];
        mean[c] = sum / samples;
        for (int n = 0; n < shape.images; n++) {
            for (int p = 0; p < pixels; p++) {
                const double off = x[plane(shape, n, c) + (size_t)p] - mean[c];
                squares += off * off;
            }
        }
        variance[c] = squares / samples;
    }
}

void reference_norm(struct shape shape, const double *x, const double *mean, const double *variance,
                    const double *gamma, const double *beta, double *y)
{
    const size_t pixels = (size_t)(shape.height * shape.width);
    for (int n = 0; n < shape.images; n++) {
        for (int c = 0; c < shape.channels; c++) {
            const double deviation = sqrt(variance[c] + epsilon);
            for (size_t p = plane(shape, n, c); p < plane(shape, n, c) + pixels; p++) {
                const double value = gamma[c] * (x[p] - mean[c]) / deviation + beta[c];
                y[p] = value < 0 ? 0 : value;
            }
        }
    }
}

void reference_shortcut(struct shape in, int out_channels, int stride, const double *x, double *y)
{
    const struct shape out = shape_after(in, out_channels, (struct window){1, stride, 0});
    memset(y, 0, shape_count(out) * sizeof *y);
    for (int n = 0; n < in.images; n++)
        for (int c = 0; c < in.channels; c++)
            for (int row = 0; row < out.height; row++)
                for (int column = 0; column < out.width; column++)
                    y[plane(out, n, c) + (size_t)(row * out.width + column)] =
                        x[plane(in, n, c) + (size_t)(row * stride * in.width + column * stride)];
}

static int inside(int index, int size)
{
    return index < 0 ? 0 : index >= size ? size - 1 : index;
}

/* What a filter makes beyond the end of a strip whose pixel `d` from there and `e` along is
 * at[clamped d * inward + clamped (place + e) * along]. */
static double beyond(int depth, int reach, const double *filter, const double *at, int deep,
                     int inward, int wide, int along, int where)
{
    const int across = 2 * reach + 1;
    double sum = filter[depth * across];
    for (int d = 0; d < depth; d++)
        for (int e = -reach; e <= reach; e++)
            sum += filter[d * across + e + reach] *
                   at[inside(d, deep) * inward + inside(where + e, wide) * along];
    return sum;
}

/* The sides of the inside h x w of `y`, which is `row` wide, and then its corners, each the mean of
 * the two strips, one pixel wide, that end there. */
static void pad_plane(int h, int w, int depth, int reach, const double *filter, double *y)
{
    const int row = w + 2;
    double *first = y + row + 1, *last = y + h * row + w;
    for (int x = 0; x < w; x++) {
        y[x + 1] = beyond(depth, reach, filter, first, h, row, w, 1, x);
        y[(h + 1) * row + x + 1] = beyond(depth, reach, filter, last - (w - 1), h, -row, w, 1, x);
    }
    for (int i = 0; i < h; i++) {
        y[(i + 1) * row] = beyond(depth, reach, filter, first, w, 1, h, row, i);
        y[(i + 1) * row + w + 1] = beyond(depth, reach, filter, first + w - 1, w, -1, h, row, i);
    }
    for (int corner = 0; corner < 4; corner++) {
        const int down = corner / 2 ? -row : row, right = corner % 2 ? -1 : 1;
        double *at = y + (corner / 2 ? (h + 1) * row : 0) + (corner % 2 ? w + 1 : 0);
        *at = (beyond(depth, reach, filter, at + right, w, right, 1, 0, 0) +
               beyond(depth, reach, filter, at + down, h, down, 1, 0, 0)) /
              2;
    }
}

void reference_pad(struct shape in, int depth, int reach, const double *x, const double *filter,
                   double *y)
{
    const struct shape out = {in.images, in.channels, in.height + 2, in.width + 2};
    for (int n = 0; n < in.images; n++) {
        for (int c = 0; c < in.channels; c++) {
            double *to = y + plane(out, n, c);
            for (int i = 0; i < in.height; i++)
                memcpy(to + (i + 1) * out.width + 1, x + plane(in, n, c) + i * in.width,
                       (size_t)in.width * sizeof *to);
            pad_plane(in.height, in.width, depth, reach, filter + c * (depth * (2 * reach + 1) + 1),
                      to);
        }
    }
}

/* The taps inside are a convolution of ones with ones. */
void reference_partial(struct shape in, struct shape out, struct window window, double *y)
{
    const struct shape one = {1, 1, in.height, in.width};
    const size_t taps = (size_t)(window.kernel * window.kernel);
    const size_t pixels = (size_t)(out.height * out.width);
    double *ones = memory_zeroed(shape_count(one) + taps, sizeof *ones);
    double *count = memory_zeroed(pixels, sizeof *count);
    for (size_t i = 0; i < shape_count(one) + taps; i++)
        ones[i] = 1;
    reference_convolution(one, 1, window, ones, ones + shape_count(one), count);
    for (size_t i = 0; i < shape_count(out); i++)
        y[i] *= (double)taps / count[i % pixels];
    free(ones);
    free(count);
}

void reference_head(struct shape shape, int classes, const double *x, const double *weights,
                    const double *bias, const int *labels, double *losses, int *wrong)
{
    const size_t pixels = (size_t)(shape.height * shape.width);
    if (wrong)
        *wrong = 0;
    for (int n = 0; n < shape.images; n++) {
        double total = 0, own = 0, best = -INFINITY;
        for (int j = 0; j < classes; j++) {
            double logit = bias[j];
            for (int c = 0; c < shape.channels; c++) {
                double sum = 0;
                for (size_t p = 0; p < pixels; p++)
                    sum += x[plane(shape, n, c) + p];
                logit += weights[j * shape.channels + c] * sum / (double)pixels;
            }
            total += exp(logit);
            best = fmax(best, logit);
            if (j == labels[n])
                own = logit;
        }
        losses[n] = log(total) - own;
        if (wrong)
            *wrong += own < best;
    }
}
