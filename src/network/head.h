/*
 * head - mean over all pixels, a fully connected layer, softmax and cross entropy.
 */
#ifndef KDECAY_HEAD_H
#define KDECAY_HEAD_H

#include "network/map.h"

struct head {
    struct extent extent; /* of its input */
    int classes;
    const float *weights;     /* [classes][channels] */
    const float *bias;        /* [classes] */
    int channels;             /* of weights; extent.channels may be more, with padding between */
    const int *channel_index; /* [channels]: where each lies among extent.channels */
    /* written by forward */
    double *pooled; /* [images][channels] */
    double *logits; /* [images][classes] */
    double *slopes; /* [images][classes]: d loss / d logits */
};

/* Mean over pixels, logits, softmax and cross entropy of the valid images. Writes losses[image] and
 * wrong[image] (0 or 1). The slopes are those of the mean loss over a minibatch of `batch` images.
 */
void head_forward(const struct head *head, const void *x, const int *labels, int batch,
                  double *losses, int *wrong);

/* Gradients of weights and bias (of this shard), and of x. */
void head_backward(const struct head *head, float *weight_gradient, float *bias_gradient,
                   void *x_gradient);

/* ---- The layer ------------------------------------------------------------------------------ */

struct model;

/* The logits of image `index` of the minibatch, one of this rank's, in the last pass. */
const double *head_logits(const struct model *model, int index);

#endif
