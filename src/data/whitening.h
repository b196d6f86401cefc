/*
 * whitening - global contrast normalisation and ZCA, as the Wide ResNet authors' images had.
 *
 * Their "whitened" CIFAR was made by pylearn2 [github.com/lisa-lab/pylearn2; the README of
 * github.com/szagoruyko/wide-residual-networks names the script]:
 *   scripts/datasets/make_cifar10_gcn_whitened.py   CIFAR10(gcn=55.), then ZCA()
 *   expr/preprocessing.py, global_contrast_normalize: subtract_mean, no use_std, sqrt_bias 0,
 *                                                   min_divisor 1e-8
 *   datasets/preprocessing.py, class ZCA:           filter_bias 0.1, all components
 *
 * Contrast, each image x of n = 3072 bytes by itself (nothing is divided by 255):
 *
 *     y = (x - mean(x)) / d,   d = |x - mean(x)| / 55, or 1 where that is below 1e-8
 *
 * ZCA, fitted to the `count` training images as rows y of Y, applied to training and test ones:
 *
 *     m = mean of the rows,   C = (Y - m)^T (Y - m) / count,   C + 0.1 I = V diag(l) V^T
 *     W = V diag(1 / sqrt(l)) V^T,   z = (y - m) W
 *
 * The division is by count, not by count - 1, and the bias is added before the eigenvectors are
 * taken. W is symmetric and W (C + 0.1 I) W = I. The covariance of z has the eigenvalues
 * (l - 0.1) / l: white where l is well above 0.1, which most directions are not (on CIFAR-10 their
 * mean is 0.27).
 *
 * pylearn2 does all of it in float, and warns that the result differs between machines. Here y and
 * z are floats and all between is double, every sum in a fixed order: the bits are the same on any
 * number of threads and any x86-64 CPU. They may depend on the version of GSL, which finds the
 * eigenvectors; so a kept fit names it.
 *
 * Rows are [count][n] floats. OpenMP's default number of threads works on them.
 */
#ifndef KDECAY_WHITENING_H
#define KDECAY_WHITENING_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct whitening {
    size_t n;
    double *mean;   /* [n]; owns the matrix behind it, too */
    double *matrix; /* [n][n], symmetric */
};

/* The contrast of one image of n bytes. */
void whitening_contrast(const uint8_t *bytes, size_t n, float *out);

/* Fit to `count` (1 or more) rows. Release with whitening_free(). At n = 3072 it takes minutes,
 * most of them for the eigenvectors on one thread, and 6 n^2 doubles (432 MiB). */
void whitening_fit(struct whitening *whitening, const float *rows, size_t count, size_t n);
void whitening_free(struct whitening *whitening);

/* Replace each row by its whitened one. */
void whitening_apply(const struct whitening *whitening, float *rows, size_t count);

/* A fit as a file, to take it up again: a line of text that names `images` (a digest of what it
 * was fitted to), GSL and a SHA-256 of the rest, then mean and matrix as raw little-endian doubles.
 * Reading gives the bits that were written; or -1 with *error where the file is damaged, was fitted
 * to other images or by another GSL. Writing dies where it cannot. */
int whitening_read(struct whitening *whitening, size_t n, const char *path, const char *images,
                   struct error *error);
void whitening_write(const struct whitening *whitening, const char *path, const char *images);

/* Read the fit from `path`; or, where there is none, fit and write it there. A file that cannot be
 * used is named on standard error and replaced. `path` NULL: fit. The bits are the same either
 * way. */
void whitening_take_or_fit(struct whitening *whitening, const float *rows, size_t count, size_t n,
                           const char *path, const char *images);

#endif
