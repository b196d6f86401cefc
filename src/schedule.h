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
 * Step t = 0, 1, ..., T-1 of a run of T steps trains with L(t), so that Le itself, at t = T, is
 * reached only when the run is over. What else an experiment may ask for, in the order in which it
 * acts:
 *
 *   warmup_steps   the first steps train with warmup_lr
 *   update = epoch t is rounded down to the start of its epoch
 *   decay = step   L = L0 drop_factor^d, d the number of drops at or before t
 *   cycle          warm restarts [SGDR, Loshchilov and Hutter, arXiv 1608.03983]: t and T are those
 *                  of the cycle that t is in; k acts inside of each cycle
 */
#ifndef KDECAY_SCHEDULE_H
#define KDECAY_SCHEDULE_H

#include "config.h"

struct schedule {
    enum decay decay;
    double lr, lr_end; /* L0, Le */
    double power;      /* N; of the polynomial */
    double k;
    long steps;           /* T */
    long steps_per_epoch; /* 0: nothing below counts in epochs */
    enum update update;
    struct epoch_list drops;
    double drop_factor;
    int cycle, cycle_factor; /* cycle in epochs; 0: none */
    long warmup_steps;
    double warmup_lr;
};

/* The schedule of a run of epochs of `steps_per_epoch` steps. */
struct schedule schedule_of(const struct experiment *experiment, long steps_per_epoch);

/* The base f(s), s in [0,1]: 1 at s = 0, 0 at s = 1. */
double schedule_base(enum decay decay, double power, double s);

/* L(t), 0 <= t <= steps. */
double schedule_lr(const struct schedule *schedule, double t);

/* Whether the rate drops at the start of step t = 0, 1, ...; of the step decay. */
int schedule_drops_at(const struct schedule *schedule, long t);

#endif
