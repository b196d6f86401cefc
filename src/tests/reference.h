/*
 * reference - what layers should compute, written a second time: naive loops in double over plain
 * [image][channel][row][column] arrays, from the papers that architecture.h names.
 */
#ifndef KDECAY_REFERENCE_H
#define KDECAY_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

/* ---- Numbers ------------------------------------------------------------------------------- */

/* The next of a sequence, uniform on [-1, 1). */
double reference_number(uint64_t *state);
void reference_numbers(uint64_t *state, size_t count, double *values);

/* max |a - b| / max |b|; NaN where there is one. */
double reference_error(size_t count, const double *a, const double *b);

/* ---- Layers -------------------------------------------------------------------------------- */

struct shape {
    int images, channels, height, width;
};
struct window {
    int kernel, stride, padding;
};

size_t shape_count(struct shape shape);
/* Of a convolution's output. */
struct shape shape_after(struct shape in, int out_channels, struct window window);

/* weights: [out][in][kernel][kernel]. */
void reference_convolution(struct shape in, int out_channels, struct window window, const double *x,
                           const double *weights, double *y);
/* The adjoints: of the map x -> y, and of the map weights -> y. */
void reference_convolution_backward(struct shape in, int out_channels, struct window window,
                                    const double *x, const double *weights, const double *dy,
                                    double *dx, double *dweights);

/* Mean and biased variance of each channel, over images and pixels. */
void reference_statistics(struct shape shape, const double *x, double *mean, double *variance);
/* y = relu(gamma (x - mean) / sqrt(variance + 1e-5) + beta). */
void reference_norm(struct shape shape, const double *x, const double *mean, const double *variance,
                    const double *gamma, const double *beta, double *y);

/* Every stride-th pixel; zeros in the channels that x has not. */
void reference_shortcut(struct shape in, int out_channels, int stride, const double *x, double *y);

/* A Padding Layer: y is [image][channel][height + 2][width + 2], filter [channel][depth][2 reach
 * + 1 taps along], the constant after each channel's. */
void reference_pad(struct shape in, int depth, int reach, const double *x, const double *filter,
                   double *y);

/* Partial convolution: y of a convolution of `in` becomes kernel^2 y / (taps inside). */
void reference_partial(struct shape in, struct shape out, struct window window, double *y);

/* Mean over pixels, fully connected, softmax; the cross entropy of each image, and in *wrong
 * (unless NULL) how many labels are not the likeliest. */
void reference_head(struct shape shape, int classes, const double *x, const double *weights,
                    const double *bias, const int *labels, double *losses, int *wrong);

/* ---- For whole networks (interpreter.h) ------------------------------------------------------ */

struct reference_tensor {
    const char *name;
    size_t count;
    double *values;
};

/* Whose statistics the batch norms use. */
enum reference_mode { REFERENCE_MINIBATCH, REFERENCE_RUNNING };

#endif
