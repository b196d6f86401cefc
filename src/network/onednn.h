/*
 * onednn - convolutions by oneDNN, 2.6 (Debian 12) or 3.7 (Debian 13). The only room that includes
 * its header; onednn_api.h has what the two versions call differently.
 *
 * Every primitive is made for one thread and runs one shard of a minibatch: what it computes does
 * not depend on how many threads there are. Each worker thread has its own stream, memory objects
 * and scratchpad (dnnl_scratchpad_mode_user: the default scratchpad belongs to the thread that
 * created the primitive and must not be used from another).
 *
 * Layouts. Activations are blocked by onednn_block() channels, 16 with AVX-512 and 8 below it: a
 * tensor of C channels is [n][C / block][height * width][block] floats ("nChw16c"). The input of a
 * convolution of 3 channels is plain [n][3][height][width]. Weights have the layout that the
 * forward primitive prefers; the gradient of the weights has the same. Backward data wants its
 * 16 x 16 blocks transposed: whoever updates the weights writes both, with the positions of
 * onednn_conv_positions(), so that the training loop needs no reorder.
 *
 * Precision. With bf16 the activations and their gradients are bf16, and so are the weights that
 * forward and backward data read; the gradient of the weights is float, in a layout of its own, in
 * which the weights themselves are kept too. Products are summed in float. Activations are plain
 * [n][height * width][C] then: oneDNN has AMX kernels for this layout only, several times as fast
 * as f32. C is still a multiple of the block, except for the 3 channels of the input image.
 *
 * Without AMX plain maps cost 1 to 8 % more time than blocked ones, and for them version 3 puts new
 * kernels of backward data first (brg_conv_bwd, brgconv_strided), slower ones for few channels.
 * Milliseconds of one thread for all convolutions of a shard but the first: forward, backward data,
 * backward weights, sum. A Zen 5 (avx512_core_bf16), medians of 7 rounds in turn, processor time as
 * other work ran, 27 November 2026:
 *
 *                         preact-20, 8 images     preact-110, 8 images    WRN-16-8, 16 images
 *     2.6.3, plain        1.37 1.37 1.73  4.48    8.5  8.5  10.8  27.8    100  106  135  341
 *     2.6.3, blocked      1.36 1.37 1.73  4.45    8.5  8.5  10.7  27.7     97  102  118  316
 *     3.7.2, plain        1.43 1.57 1.71  4.71    8.9  9.1  10.7  28.7     99  104  127  330
 *     3.7.2, by the rule  1.43 1.36 1.71  4.51    8.9  8.5  10.6  28.0     98  103  124  326
 *     3.7.2, blocked      1.35 1.37 1.71  4.44    8.5  8.5  10.7  27.6     97  102  118  316
 *
 * GFLOP/s of backward data, plain: version 3's first kernel, and jit_bf16, which is 2.6's first:
 *
 *     16 -> 16, 32 x 32    372  401         16 -> 128, 32 x 32    340  286
 *     32 -> 32, 16 x 16    485  541        128 -> 128, 32 x 32    474  469
 *     64 -> 64,  8 x 8     520  521        256 -> 256, 16 x 16    513  507
 *     16 -> 32, stride 2   144  416        512 -> 512,  8 x 8     468  469
 *     32 -> 64, stride 2   246  433        128 -> 256, stride 2   422  424
 *                                          256 -> 512, stride 2   438  360
 *
 * So the rule: in bf16 maps are plain, on every CPU and version. Without AMX backward data is
 * jit_bf16 where fewer than 128 channels come out, and oneDNN's first kernel from 128 on. With AMX,
 * not measured under version 3, oneDNN chooses. Under 2.6 nothing is chosen otherwise than before.
 *
 * Sources: oneDNN 2.6 developer guide, "Convolution" and "Primitive attributes: scratchpad".
 */
#ifndef KDECAY_ONEDNN_H
#define KDECAY_ONEDNN_H

#include "base/error.h"
#include "network/layout.h"
#include "network/precision.h"

#include <stddef.h>
#include <stdint.h>

struct onednn;      /* the engine and its workers */
struct onednn_conv; /* one convolution: forward, backward data, backward weights */

/* CONV_WINOGRAD is oneDNN's F(4x4, 3x3) [Lavin and Gray, arXiv 1509.09308], CONV_OWN_WINOGRAD the
 * one of winograd.h, which runs behind the same calls. */
enum conv_algorithm { CONV_DIRECT, CONV_WINOGRAD, CONV_OWN_WINOGRAD };

struct conv_shape {
    int batch;             /* images in a shard */
    int in, out;           /* channels */
    int height, width;     /* of the input */
    int kernel;            /* side */
    int stride, padding;   /* zeros on each side */
    int has_data_gradient; /* 0: the input is the image */
    enum conv_algorithm algorithm;
    enum precision precision;
};

int conv_out_height(const struct conv_shape *shape);
int conv_out_width(const struct conv_shape *shape);

/* All failures of oneDNN die with the call's name and the shape. */
struct onednn *onednn_open(int workers);
void onednn_close(struct onednn *onednn);

int onednn_block(const struct onednn *onednn);

/* What an instruction set has that this room asks for. `isa` is a value of oneDNN's dnnl_cpu_isa_t:
 * a set of bits, one for each extension. As numbers the sets have no order: in 2.6 avx2_vnni, which
 * has no AVX-512, is the largest. */
struct onednn_isa {
    int block; /* channels, see above */
    int bf16;  /* 1 with avx512_core_bf16 */
};
struct onednn_isa onednn_isa_of(unsigned isa);

/* 0, or -1 with *error set where the CPU lacks bf16: below avx512_core_bf16 oneDNN would emulate
 * it, slowly, or not have it. */
int onednn_check_precision(enum precision precision, struct error *error);

/* "2.6.3 (hash)" of the library that runs. */
const char *onednn_version(const struct onednn *onednn);

/* What oneDNN's choice of kernel and blocking may depend on: its version, the instruction set, the
 * CPU's vendor and family and the cache sizes. Two runs are comparable bit for bit where these
 * strings are equal. */
const char *onednn_environment(const struct onednn *onednn);

/* The rule for `training.convolution = auto`: Winograd for 3x3, stride 1 and at least 128 channels
 * on both sides, where it was up to twice as fast as the direct algorithm; and only where oneDNN,
 * asked for it, has it: with AVX-512, in f32, up to version 3.1. Later versions compute directly
 * then. Its sums are others, with errors a few times larger. */
int onednn_suits_winograd(const struct onednn *onednn, const struct conv_shape *shape);

/* The rule for `training.convolution = winograd`: that of winograd.h, for 3x3, stride 1 and zeros
 * one pixel wide; in bf16 only without AMX, which makes 16 products of bf16 in the time of one of
 * f32. */
int onednn_suits_own_winograd(const struct onednn *onednn, const struct conv_shape *shape);

/* Whether kernels of our own are worth it where there are any: in f32, and in bf16 without AMX. */
int onednn_lacks_tiles(enum precision precision);

/* Seconds that the workers have spent in convolutions so far, each its own, added up. */
double onednn_seconds(const struct onednn *onednn);

/* Add the time since the moment `started` (clock.h), spent in a convolution that runs elsewhere. */
void onednn_count(const struct onednn *onednn, int worker, double started);

struct onednn_conv *onednn_conv_create(struct onednn *onednn, const struct conv_shape *shape);
void onednn_conv_destroy(struct onednn_conv *conv);

/* "forward, backward data, backward weights" as oneDNN names its kernels; "kdecay:winograd" is our
 * own. */
const char *onednn_conv_kernels(const struct onednn_conv *conv);

/* `forward` in bf16 alone, `backward` with a data gradient. They belong to `conv`. */
const struct layouts *onednn_conv_layouts(const struct onednn_conv *conv);

/* Each call runs one shard on the calling worker, 0 .. workers-1. Maps and the weights that are
 * read have the shape's precision. */
void onednn_conv_forward(const struct onednn_conv *conv, int worker, const void *src,
                         const void *forward_weights, void *dst);
void onednn_conv_backward_data(const struct onednn_conv *conv, int worker, const void *diff_dst,
                               const void *backward_weights, void *diff_src);
void onednn_conv_backward_weights(const struct onednn_conv *conv, int worker, const void *src,
                                  const void *diff_dst, float *diff_weights);

#endif
