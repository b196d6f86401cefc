/*
 * schedule - the learning rate of a step.
 *
 * k-decay [arXiv 2004.05909] keeps a decay's end points and changes how fast it moves between
 * them. Let f be any differentiable base on [0,1] (decay.h), and let t of T be the progress of
 * training. Ask for a progress variable whose k-th derivative is constant,
 *
 *     d^k tau / dt^k = k! / T^k,   tau(0) = tau'(0) = ... = tau^(k-1)(0) = 0,   tau(T) = 1;
 *
 * its only solution is tau(t) = (t/T)^k, which is defined for any real k > 0. The rate is
 *
 *     L_k(t) = Le + (L0 - Le) f((t/T)^k),
 *     dL_k/dt = (L0 - Le) f'((t/T)^k) k t^(k-1) / T^k,
 *
 * and k = 1 is the base itself. (The derivation is our reconstruction; the formula for the
 * polynomial and cosine bases agrees with timm's poly_lr.py and cosine_lr.py.)
 *
 * form = additive is the other reading of "adding a k-decay item":
 *
 *     L_k(t) = L_1(t) + (L0 - Le) (t/T - (t/T)^k).
 *
 * The two are the same for the linear base only. For the cosine the additive form rises above L0
 * before it falls: with k = 2, to 1.073 L0 at t = 0.148 T.
 *
 * Step t = 0, 1, ..., T-1 of a run of T steps trains with L(t). So the rate reaches Le, at t = T,
 * only when the run is over. An experiment may ask for more, in the order in which it acts:
 *
 *   update = epoch   t is rounded down to the start of its epoch
 *   warmup_steps     the first steps train with warmup_lr; or (linear) the rate goes from there in a
 *                    straight line to L at the end of warm-up. During warm-up the clock t runs; or
 *                    (waits) it starts at the end of warm-up, and T is shorter by these steps
 *   cycle            warm restarts [SGDR, Loshchilov and Hutter, arXiv 1608.03983]: t and T are
 *                    those of the current cycle; k acts inside each cycle
 *   endpoint         T is one step (update = epoch: one epoch) shorter, so that the last one trains
 *                    with Le
 *   decay = step     k has its own rule, since a drop belongs to the start of an epoch: the drop at
 *                    epoch e of E moves to the epoch nearest to E (e/E)^(1/k). (This rule is ours;
 *                    the thesis has none.)
 *
 * L is computed in extended precision and rounded once. It is within 2 units in the last place of
 * the formula, also near t = T. k = 1 gives the base bit for bit.
 */
#ifndef KDECAY_SCHEDULE_H
#define KDECAY_SCHEDULE_H

#include "experiment/config.h"
#include "experiment/decay.h"

struct schedule {
    const struct decay *decay;
    struct decay_shape shape;
    double lr, lr_end; /* L0, Le */
    double k;
    enum form form;
    long steps;           /* T */
    long steps_per_epoch; /* 0: nothing below counts in epochs */
    enum update update;
    int endpoint;
    struct epoch_list drops; /* as k moved them */
    int cycle, cycle_factor; /* cycle in epochs; 0: none */
    long warmup_steps;
    double warmup_lr;
    enum warmup warmup;
    enum clock warmup_clock;
};

/* The schedule of a run of epochs of `steps_per_epoch` steps. */
struct schedule schedule_of(const struct experiment *experiment, long steps_per_epoch);

/* L(t), 0 <= t <= steps. */
double schedule_lr(const struct schedule *schedule, double t);

/* dL/dt, per step; 0 for update = epoch and in a constant warm-up; INFINITY where L is vertical. */
double schedule_slope(const struct schedule *schedule, double t);

/* Whether the rate of the step decay drops at the start of step t = 0, 1, ... */
int schedule_drops_at(const struct schedule *schedule, long t);

/* The mean of L over steps 0 .. T-1. */
double schedule_mean_rate(const struct schedule *schedule);

/* The mean learning-rate factor, (mean of L - Le) / (L0 - Le): the share of the greatest possible
 * sum of learning rates. schedule_mean() sums over steps 0 .. T-1; NAN if Le = L0, which is no
 * decay. schedule_area() is the area under f(s^k) in closed form; NAN if none is known, or if
 * warm-up or a cut cycle changes it. */
double schedule_mean(const struct schedule *schedule);
double schedule_area(const struct schedule *schedule);

#endif
