/*
 * decay - the base decays: plain functions f(s) of the progress s of training, s in [0,1].
 *
 * A learning-rate schedule is L = Le + (L0 - Le) f(s). The greatest value of every f is 1. Most of
 * them go from f(0) = 1 to f(1) = 0; the exceptions say so. schedule.h makes the k-decay f(s^k) from
 * any of them.
 *
 * To add a decay, write its f in decay.c and add a row to the table there. Its name is then a word of
 * the key schedule.decay, and every command, table and figure knows it. A function gets:
 *
 *   shape   the numbers that the decays' own keys set
 *   s       the progress
 *   rest    1 - s, exactly. Near the end, computing 1 - s from s loses the digits that make a small
 *           rate, so a formula relative to the end uses `rest`.
 *
 * Extended precision (x86-64's long double, 64 bits) leaves room for the powers: a relative error e
 * of s becomes k e of s^k, and N k e of its N-th power.
 */
#ifndef KDECAY_DECAY_H
#define KDECAY_DECAY_H

#include <stddef.h>

enum { DROP_LIST = 8 };

struct decay_shape {
    double power;                    /* polynomial: N */
    double hold;                     /* knee, wsd: the share of training at 1 */
    double rise;                     /* one-cycle, inverse-sqrt: the share before the peak */
    double start;                    /* one-cycle: f(0) */
    double tanh_low, tanh_high;      /* tanh: its argument at s = 0 and at s = 1 */
    double rex;                      /* rex: d */
    double ratio;                    /* exponential: Le / L0 */
    double drop_factor;              /* step */
    int drop_count;                  /* step */
    double drop_at, drop[DROP_LIST]; /* step: at the s = drop[i] / drop_at */
};

typedef long double decay_function(const struct decay_shape *shape, long double s,
                                   long double rest);

struct decay {
    const char *name; /* the word of schedule.decay */
    const char *keys; /* its own keys, as "schedule.power" */
    const char *formula;
    decay_function *value; /* f(s) */
    decay_function *slope; /* f'(s); infinite where f is vertical; at a corner, that of one side */
    /* The mean over s in [0,1] of f(s^k), the area under the curve; NAN if no closed form is known
     * for these numbers. NULL: no closed form is known at all. */
    double (*mean)(const struct decay_shape *shape, double k);
};

/* Rows that other files ask for by name. */
enum { DECAY_POLYNOMIAL, DECAY_COSINE, DECAY_STEP };

extern const struct decay decays[];
extern const size_t decay_count;

/* The row of that name, or -1. */
int decay_index(const char *name, size_t length);

#endif
