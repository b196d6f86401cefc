/*
 * winograd - convolutions of 3 x 3 taps by F(4x4, 3x3): forward, backward data, backward
 * weights, of one shard on one thread [Lavin and Gray, arXiv 1509.09308]. oneDNN has this algorithm
 * for x86 up to version 3.1 only, and in f32 only.
 *
 * The method. A tile of 4 x 4 outputs depends on 6 x 6 inputs d, which overlap those of the next
 * tile by two, and on 3 x 3 taps g. As polynomials are multiplied by way of their values at points,
 * here 0, a, -a, b, -b and infinity in each direction, 36 products take the place of 16 x 9:
 *
 *     y  = A^T [ (G g G^T) . (B^T d B) ] A        forward; . is element by element
 *     dd   likewise from dy, with the taps turned by 180 degrees and channels exchanged
 *     dg = G^T [ (A dy A^T) . (B^T d B) ] G       the adjoint, exactly
 *
 *            | a²b²    0     -a²-b²    0    1  0 |       | s0              |       | 1  0  0   0  |
 *            |  0   -ab²     -b²       a    1  0 |       | sa   a sa  a²sa |       | 1  a  a²  a³ |
 *     B^T =  |  0    ab²     -b²      -a    1  0 |   G = | sa  -a sa  a²sa |   A = | 1 -a  a² -a³ |
 *            |  0   -a²b     -a²       b    1  0 |       | sb   b sb  b²sb |       | 1  b  b²  b³ |
 *            |  0    a²b     -a²      -b    1  0 |       | sb  -b sb  b²sb |       | 1 -b  b² -b³ |
 *            |  0   a²b²      0     -a²-b²  0  1 |       |              1  |       | 0  0  0   1  |
 *
 *     s0 = 1 / (a²b²), sa = 1 / (2a²(a²-b²)), sb = 1 / (2b²(b²-a²))
 *
 * a = 5/8 and b = 3/2 are oneDNN's; with Lavin and Gray's 1 and 2 errors are four times as large.
 * Transforms take sums over channels (backward weights: over tiles) to the points, so that most of
 * the work are 36 products of matrices, [tiles][in] times [in][out] ([in][tiles] times
 * [tiles][out]).
 *
 * Blocks. 64 tiles at a time are transformed, all channels; then, for each one or two blocks of
 * output channels and each 64 input channels, the filters, and multiplied. Filters and products,
 * 295 KB each, stay in a second-level cache of 1 MB, through which the tiles pass; what one of the
 * 36 products uses, 32 KB, stays in the first. No transformed filters are kept: to make them anew
 * for 64 tiles takes an eighth of the time of their products, and to read them from memory, where
 * they are four times as large as the filters, would take longer.
 *
 * Batch norm stands apart. Input transforms could apply batch norm and ReLU (batch_norm.h) to what
 * they read, to the same bits. Tried so, on the machine below, f32: a convolution's three passes and
 * the two applications took 14 to 19 % longer in the shapes of preact-20, since tiles overlap
 * and each number is read 2.25 times; at 128 to 512 channels between 3.5 % less and 4.7 %
 * more. All applications are 8 % of a step of preact-20, 2 % of WRN-16-8, their adjoints 7 % and
 * 1 %. The sums for the statistics, 6 % and 1.6 %, would follow tiles, not rows: other bits.
 *
 * Bits. Transforms are sums and products of floats, rounded one by one, in the order of the
 * sources. A product's chain of up to 64 terms (channels in order; tiles in order: image, row,
 * column) is summed by fused multiply-adds from 0, and these sums one after another. No CPU, vector
 * width or block size changes that order, so that blocks of 8 and of 16 give the same bits, which
 * the tests compare with a plain twin's.
 *
 * bf16. Maps and the weights that are read are bf16; they are widened to f32, which is exact, and
 * all else is as in f32. A map that is made is rounded to bf16 once, from sums at the end. So the
 * maps' errors are those of f32 and of that rounding, and the gradient of the weights is a float as
 * exact as in f32. What the transforms make is never rounded to bf16.
 *
 * Errors against double, of the largest value: at most 2.0e-6 forward and backward data, 1.5e-6
 * backward weights, which the tests assert. Measured, the largest of 16 to 512 channels:
 *
 *                                        forward   backward data   backward weights
 *     uniform random numbers               2.0e-6          1.8e-6             1.3e-6
 *     maps and weights after 20 steps      1.2e-6          1.9e-6             0.8e-6
 *     oneDNN's Winograd, random            2.8e-6          2.2e-6             0.9e-6
 *     oneDNN's direct algorithm, random    0.3e-6          0.4e-6             1.3e-6
 *
 * Speed, in GFLOP/s of a direct convolution's operations, of one thread of a Zen 5 (AVX-512, 1 MB
 * of second-level cache, busy with other work), shards of 8 images, oneDNN 2.6.3: medians of
 * alternating calls, direct / oneDNN's Winograd / ours, and how many times as fast ours is in all:
 *
 *     channels, map       forward        backward data  backward weights  than direct, Winograd
 *     16 -> 16,   32 x 32 192 186 407    223 182 431    224 233 471         2.0     2.2
 *     16 -> 128,  32 x 32 232 233 491    193 198 419    217 269 554         2.3     2.1
 *     48 -> 16,   32 x 32 188 305 472    228 192 459    222 281 550         2.3     2.0
 *     32 -> 32,   16 x 16 243 310 639    246 278 636    237 270 660         2.7     2.3
 *     64 -> 64,    8 x 8  249 306 674    248 319 680    234 394 647         2.7     2.0
 *     64 -> 64,   16 x 16 235 425 694    237 423 694    232 316 743         3.0     1.9
 *     64 -> 64,   32 x 32 237 436 660    219 416 654    205 296 693         3.0     1.8
 *     128 -> 128, 32 x 32 238 447 695    219 446 699    214 399 704         3.1     1.6
 *     256 -> 256, 16 x 16 218 407 670    230 414 664    206 460 633         3.0     1.5
 *     512 -> 512,  8 x 8  234 235 454    234 218 520    152 307 421         2.3     1.9
 *     160 -> 160, 32 x 32 239 502 716    220 499 725    211 404 701         3.2     1.5
 *     320 -> 320, 16 x 16 223 500 728    234 499 739    215 528 691         3.2     1.4
 *     640 -> 640,  8 x 8  239 294 609    237 288 596    164 343 482         2.7     1.8
 *
 * In shards of 16 images 256 -> 256 is 1.3 times as fast as oneDNN's Winograd. With blocks of 8
 * (AVX2) ours is 2.4 to 2.9 times as fast as direct.
 *
 * The same in bf16, direct / ours; here one thread's loop of VDPBF16PS alone gave 528 GFLOP/s, the
 * most that any direct convolution can have, and a loop of VFMADD 263, which the f32 products of
 * Winograd turn into 1052 at most:
 *
 *     channels, map       forward  backward data  backward weights  than direct
 *     16 -> 16,   32 x 32 391 491        395 495           370 539         1.32
 *     16 -> 128,  32 x 32 445 595        332 455           356 582         1.44
 *     48 -> 16,   32 x 32 447 541        508 542           366 568         1.27
 *     32 -> 32,   16 x 16 494 650        525 652           383 687         1.44
 *     64 -> 64,    8 x  8 530 721        502 731           349 690         1.60
 *     64 -> 64,   32 x 32 467 658        485 653           365 719         1.56
 *     128 -> 128, 32 x 32 463 700        461 703           411 685         1.57
 *     256 -> 256, 16 x 16 520 734        512 717           427 729         1.51
 *     512 -> 512,  8 x  8 516 662        454 704           337 633         1.58
 *     160 -> 160, 32 x 32 481 729        434 732           412 728         1.66
 *     320 -> 320, 16 x 16 512 746        505 767           429 749         1.58
 *     640 -> 640,  8 x  8 524 711        438 750           374 736         1.67
 *
 * (8 images a shard below 128 channels, 16 from there on.)
 */
#ifndef KDECAY_WINOGRAD_H
#define KDECAY_WINOGRAD_H

#include "network/layout.h"
#include "network/precision.h"

#include <stddef.h>
#include <stdint.h>

/* Stride 1, zeros one pixel wide around the input. Maps are those of map.h:
 * [batch][channels / block][height][width][block] floats, or [batch][height][width][channels] bf16. */
struct winograd_shape {
    int batch;                /* images in a shard */
    int in, out;              /* channels */
    int height, width;        /* of both maps */
    int block;                /* 8 or 16; bf16: 16 */
    enum precision precision; /* of the maps and of the weights that are read */
};

/* The rule: both numbers of channels are multiples of 16, height and width of 4, and the CPU has
 * AVX-512 for blocks of 16, AVX2 with FMA for blocks of 8. So wherever it can be used, it is: it
 * was at least twice as fast as direct everywhere, in bf16 1.27 times. Whether the CPU has something
 * better for bf16 the caller knows (onednn.h). */
int winograd_suits(const struct winograd_shape *shape);

/* Weights, and their gradient, are [out / block][in][tap][block of out]; those that backward data
 * reads are [in / block][out][tap, from the last to the first][block of in]. Free the layouts. */
struct layouts winograd_layouts(const struct winograd_shape *shape, int has_data_gradient);

/* Floats of the `scratch` of a pass: any numbers, which are overwritten. */
size_t winograd_scratch(const struct winograd_shape *shape);

/* All arrays start on 64 bytes. */
void winograd_forward(const struct winograd_shape *shape, const void *src, const void *weights,
                      float *scratch, void *dst);
void winograd_backward_data(const struct winograd_shape *shape, const void *diff_dst,
                            const void *backward_weights, float *scratch, void *diff_src);
void winograd_backward_weights(const struct winograd_shape *shape, const void *src,
                               const void *diff_dst, float *scratch, float *diff_weights);

#endif
