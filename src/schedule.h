/*
 * schedule - the learning rate of a step.
 *
 * k-decay [arXiv 2004.05909] keeps a decay's end points and changes how fast it moves between
 * them. Let f be any differentiable base on [0,1], with f(0) = 1 and f(1) = 0, and let t of T be
 * the progress of training. Ask for a progress variable whose k-th derivative is constant,
 *
 *     d^k tau / dt^k = k! / T^k,   tau(0) = tau'(0) = ... = tau^(k-1)(0) = 0,   tau(T) = 1;
 *
 * its only solution is tau(t) = (t/T)^k, which continues to any real k > 0. The rate is
 *
 *     L_k(t) = Le + (L0 - Le) f((t/T)^k),
 *     dL_k/dt = (L0 - Le) f'((t/T)^k) k t^(k-1) / T^k,
 *
 * and k = 1 gives the base back. (The derivation is our reconstruction; the formula for the
 * polynomial and cosine bases agrees with timm's poly_lr.py and cosine_lr.py.)
 *
 * Updated every step. Step t = 0, 1, ..., T-1 of a run of T steps trains with L(t), so that Le
 * itself, at t = T, is reached only when the run is over.
 */
#ifndef KDECAY_SCHEDULE_H
#define KDECAY_SCHEDULE_H

#include "config.h"

struct schedule {
    enum decay decay;
    double lr, lr_end; /* L0, Le */
    double power;      /* N; of the polynomial */
    double k;
    long steps; /* T */
};

/* The schedule of a run of `steps` steps. */
struct schedule schedule_of(const struct experiment *experiment, long steps);

/* The base f(s), s in [0,1]: 1 at s = 0, 0 at s = 1. */
double schedule_base(enum decay decay, double power, double s);

/* L(t), 0 <= t <= steps. */
double schedule_lr(const struct schedule *schedule, double t);

#endif
