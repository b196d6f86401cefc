#include "base/memory.h"
#include "experiment/schedule.h"

#include <math.h>
#include <mpfr.h>
#include <stdint.h>
#include <string.h>

#include "tests/tests.h"

static const double ks[] = {1, 1.5, 2, 3, 3.5, 5};
static const double quarters[] = {.25, .5, .75, .9};

/* Golden values, six digits after the point, worked out for this project apart from this code:
 * L0 = 0.1; polynomial N = 1, Le = 1e-4; cosine Le = 0. */
static const double golden_polynomial[6][4] = {
    {.075025, .05005, .025075, .01009},   {.087513, .06468, .035113, .014704},
    {.093756, .075025, .043806, .019081}, {.098439, .087513, .057855, .027173},
    {.09922, .09117, .063501, .03091},    {.099902, .096878, .076293, .04101}};
static const double golden_cosine[6][4] = {
    {.085355, .05, .014645, .002447},     {.096194, .072201, .027368, .005181},
    {.099039, .085355, .040245, .008646}, {.09994, .096194, .062149, .017052},
    {.099985, .098085, .070525, .02169},  {.1, .099759, .086737, .035977}};

static const double golden_exponential[6][4] = {
    {.017783, .003162, .000562, .0002},   {.04217, .008696, .001126, .000275},
    {.064938, .017783, .002054, .000372}, {.089769, .04217, .005425, .00065},
    {.094746, .054304, .008016, .000842}, {.099328, .080584, .019413, .001693}};

static struct schedule schedule_with(const char *name, double k, double lr_end, long steps)
{
    struct schedule schedule = {.decay = &decays[decay_index(name, strlen(name))],
                                .shape = config_default_shape(),
                                .lr = .1,
                                .lr_end = lr_end,
                                .k = k,
                                .steps = steps,
                                .steps_per_epoch = 1};
    schedule.shape.ratio = lr_end / .1;
    schedule.shape.drop_count = 2;
    schedule.shape.drop_at = 4;
    schedule.shape.drop[0] = 2;
    schedule.shape.drop[1] = 3;
    return schedule;
}

static struct schedule polynomial(double k, double power, long steps)
{
    struct schedule schedule = schedule_with("polynomial", k, 1e-4, steps);
    schedule.shape.power = power;
    return schedule;
}

static struct schedule cosine(double k, long steps)
{
    return schedule_with("cosine", k, 0, steps);
}

TEST(golden_values)
{
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 4; j++) {
            const struct schedule p = polynomial(ks[i], 1, 1000), c = cosine(ks[i], 1000);
            const struct schedule e = schedule_with("exponential", ks[i], 1e-4, 1000);
            const double t = quarters[j] * 1000;
            assert_true(fabs(schedule_lr(&e, t) - golden_exponential[i][j]) <= 0.51e-6);
            assert_true(fabs(schedule_lr(&p, t) - golden_polynomial[i][j]) <= 0.51e-6);
            assert_true(fabs(schedule_lr(&c, t) - golden_cosine[i][j]) <= 0.51e-6);
        }
    }
}

/* ---- Against MPFR ------------------------------------------------------------------------- */

enum { BITS = 200 };

/* f((t/T)^k) of the polynomial or the cosine, as timm writes them, in 200 bits. */
static void reference_factor(mpfr_t f, int is_cosine, long t, long steps, double k, double power)
{
    mpfr_t exponent;
    mpfr_init2(exponent, BITS);
    mpfr_set_si(f, t, MPFR_RNDN);
    mpfr_div_si(f, f, steps, MPFR_RNDN);
    mpfr_set_d(exponent, k, MPFR_RNDN);
    mpfr_pow(f, f, exponent, MPFR_RNDN);
    if (is_cosine) {
        mpfr_t pi;
        mpfr_init2(pi, BITS);
        mpfr_const_pi(pi, MPFR_RNDN);
        mpfr_mul(f, f, pi, MPFR_RNDN);
        mpfr_cos(f, f, MPFR_RNDN);
        mpfr_add_ui(f, f, 1, MPFR_RNDN);
        mpfr_div_ui(f, f, 2, MPFR_RNDN);
        mpfr_clear(pi);
    } else {
        mpfr_ui_sub(f, 1, f, MPFR_RNDN);
        mpfr_set_d(exponent, power, MPFR_RNDN);
        mpfr_pow(f, f, exponent, MPFR_RNDN);
    }
    mpfr_clear(exponent);
}

/* Le + (0.1 - Le) f, rounded once. */
static double reference_lr(const mpfr_t f, double lr_end)
{
    mpfr_t lr;
    mpfr_init2(lr, BITS);
    mpfr_set_d(lr, .1, MPFR_RNDN);
    mpfr_sub_d(lr, lr, lr_end, MPFR_RNDN);
    mpfr_mul(lr, lr, f, MPFR_RNDN);
    mpfr_add_d(lr, lr, lr_end, MPFR_RNDN);
    const double rounded = mpfr_get_d(lr, MPFR_RNDN);
    mpfr_clear(lr);
    return rounded;
}

static double uniform(uint64_t *state, double low, double high)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (double)(*state >> 11) * 0x1p-53;
}

/* 10^6 random (t, T, k, N): half of them near t = T, where digits get lost; Le = 0 in a third, so
 * that nothing hides the loss. */
TEST(two_ulp_of_the_closed_forms)
{
    long beyond = 0;
#pragma omp parallel for reduction(+ : beyond)
    for (int block = 0; block < 1000; block++) {
        uint64_t random = (uint64_t)block * 0x9e3779b97f4a7c15u + 1;
        mpfr_t f;
        mpfr_init2(f, BITS);
        for (int i = 0; i < 1000; i++) {
            const int is_cosine = i % 2;
            const long steps = (long)exp(uniform(&random, log(2), log(1e7)));
            const long left = (long)(i % 4 < 2 ? exp(uniform(&random, 0, log((double)steps + 1)))
                                               : uniform(&random, 0, (double)steps + 1));
            const long t = steps - left;
            const double k = exp(uniform(&random, log(.05), log(50)));
            const double power = exp(uniform(&random, log(.1), log(20)));
            const double lr_end = i % 3 == 0 ? 0 : i % 3 == 1 ? 1e-4 : 1e-2;
            struct schedule schedule =
                schedule_with(is_cosine ? "cosine" : "polynomial", k, lr_end, steps);
            schedule.shape.power = power;
            reference_factor(f, is_cosine, t, steps, k, power);
            const double expected = reference_lr(f, lr_end), lr = schedule_lr(&schedule, (double)t);
            beyond += !(fabs(lr - expected) <= 2 * (nextafter(expected, 1) - expected));
        }
        mpfr_clear(f);
        mpfr_free_cache();
    }
    assert_int_equal(beyond, 0);
}

/* ---- Properties --------------------------------------------------------------------------- */

TEST(end_points_and_order)
{
    for (int i = 0; i < 6; i++) {
        const struct schedule p = polynomial(ks[i], 1, 100), c = cosine(ks[i], 100);
        assert_true(schedule_lr(&p, 0) == .1 && schedule_lr(&c, 0) == .1);
        assert_true(schedule_lr(&p, 100) == 1e-4 && schedule_lr(&c, 100) == 0);
        for (int t = 0; t < 100; t++) {
            assert_true(schedule_lr(&p, t) >= schedule_lr(&p, t + 1));
            assert_true(schedule_lr(&c, t) >= schedule_lr(&c, t + 1));
        }
    }
}

/* t^k by itself would overflow: 10^6 to the 100th. */
TEST(large_steps_and_k_do_not_overflow)
{
    const struct schedule p = polynomial(100, 1, 1000000);
    assert_true(schedule_lr(&p, 500000) > .0999999);
    assert_true(fabs(schedule_lr(&p, 999999) - (1e-4 + .0999 * -expm1(100 * log1p(-1e-6)))) <
                1e-12);
}

/* k = 1 is the base itself, bit for bit. */
TEST(k_1_is_the_base)
{
    for (size_t d = 0; d < decay_count; d++) {
        const struct schedule schedule = schedule_with(decays[d].name, 1, 1e-3, 391);
        for (int t = 0; t <= 391; t++) {
            const long double f = decays[d].value(&schedule.shape, t / 391.0L, (391 - t) / 391.0L);
            assert_true(schedule_lr(&schedule, t) ==
                        (double)(1e-3 + ((long double)schedule.lr - 1e-3) * f));
        }
    }
}

/* All go from 1 to 0, except those whose comment says otherwise. */
TEST(ends_of_the_bases)
{
    static const struct {
        const char *name;
        long double first, last;
    } odd[] = {{"tanh", 0.99999385582539779L, 0.0024726231566347743L},
               {"inverse-sqrt", 0, 0.54772255750516611L},
               {"one-cycle", 0.04L, 0},
               {"step", 1, 0.01L},
               {"constant", 1, 1}};
    for (size_t d = 0; d < decay_count; d++) {
        long double first = 1, last = 0;
        for (size_t i = 0; i < COUNT(odd); i++) {
            if (strcmp(odd[i].name, decays[d].name) == 0) {
                first = odd[i].first;
                last = odd[i].last;
            }
        }
        const struct schedule s = schedule_with(decays[d].name, 1, 1e-3, 100);
        assert_true(fabsl(decays[d].value(&s.shape, 0, 1) - first) < 1e-15L);
        assert_true(fabsl(decays[d].value(&s.shape, 1, 0) - last) < 1e-15L);
    }
}

/* The slope against a five-point difference of the rate, away from the corners. */
TEST(slopes)
{
    static const double points[] = {.07, .22, .41, .63, .88}, exponents[] = {.7, 1, 1.5, 3};
    for (size_t d = 0; d < decay_count; d++) {
        for (int i = 0; i < 5 * 4 * 2; i++) {
            struct schedule schedule =
                schedule_with(decays[d].name, exponents[i % 4], 1e-3, 1000000);
            schedule.form = i % 2 ? FORM_WARP : FORM_ADDITIVE;
            const double t = points[i / 8] * 1e6, h = 500;
            const double difference =
                8 * (schedule_lr(&schedule, t + h) - schedule_lr(&schedule, t - h)) -
                (schedule_lr(&schedule, t + 2 * h) - schedule_lr(&schedule, t - 2 * h));
            assert_true(fabs(schedule_slope(&schedule, t) - difference / (12 * h)) <
                        1e-6 * .1 / 1e6);
        }
    }
}

/* Areas in closed form against the midpoint rule. */
TEST(areas)
{
    static const double exponents[] = {.5, 1, 1.5, 2, 3, 7};
    enum { PIECES = 100000 };
    int known = 0;
    for (size_t d = 0; d < decay_count; d++) {
        for (int i = 0; i < 6; i++) {
            struct schedule schedule = schedule_with(decays[d].name, exponents[i], 1e-3, 1);
            schedule.shape.power = 2.5;
            long double sum = 0;
            for (int j = 0; j < PIECES; j++) {
                const long double s = powl((j + .5L) / PIECES, exponents[i]);
                sum += decays[d].value(&schedule.shape, s, 1 - s);
            }
            const double area = schedule_area(&schedule);
            if (isnan(area))
                continue;
            known++;
            assert_true(fabs(area - (double)(sum / PIECES)) < 2e-5);
        }
    }
    /* all except tanh, wsd and one-cycle, for which only k = 1 is known */
    assert_int_equal(known, (int)decay_count * 6 - 3 * 5);
}

/* Mean factors known from elsewhere: 2 - 2 ln 2, the HTD paper's schedule, the step of Wide ResNet;
 * and the k of the linear base with the same mean, k / (k + 1). */
TEST(known_areas)
{
    struct schedule wide = schedule_with("step", 1, 0, 200);
    wide.shape.drop_factor = .2;
    wide.shape.drop_count = 3;
    wide.shape.drop_at = 10;
    for (int i = 0; i < 3; i++)
        wide.shape.drop[i] = (double[]){3, 6, 8}[i];
    const struct schedule rex = schedule_with("rex", 1, 0, 200),
                          tanh = schedule_with("tanh", 1, 0, 200),
                          knee = schedule_with("knee", 1, 0, 200);
    const double r = schedule_area(&rex);
    assert_true(fabs(r - 0.6137056389) < 1e-9 && fabs(r / (1 - r) - 1.59) < .005);
    assert_true(fabs(schedule_area(&tanh) - .6665) < 5e-5);
    assert_true(schedule_area(&knee) == .75);
    assert_true(fabs(schedule_area(&wide) - (.3 + .3 * .2 + .2 * .04 + .2 * .008)) < 1e-15);
}

/* By the sum over steps, the mean nears the area as steps grow: it is a left sum, off by half a
 * step. */
TEST(mean_by_sum)
{
    for (int i = 0; i < 6; i++) {
        const struct schedule p = polynomial(ks[i], 1, 10000);
        assert_true(fabs(schedule_mean(&p) - ks[i] / (ks[i] + 1) - .5 / 10000) < 1e-7);
        assert_true(fabs(schedule_area(&p) - ks[i] / (ks[i] + 1)) < 1e-14);
    }
}

/* ---- Options ------------------------------------------------------------------------------ */

/* The cosine with k = 2 rises to 1.073 L0 at t = 0.148 T; the linear base stays what it is. */
TEST(additive_form)
{
    struct schedule c = cosine(2, 1000), added = polynomial(2.5, 1, 1000);
    const struct schedule warp = added;
    c.form = added.form = FORM_ADDITIVE;
    int top = 0;
    for (int t = 0; t <= 1000; t++) {
        top = schedule_lr(&c, t) > schedule_lr(&c, top) ? t : top;
        assert_true(fabs(schedule_lr(&added, t) - schedule_lr(&warp, t)) < 1e-16);
    }
    assert_int_equal(top, 148);
    assert_true(fabs(schedule_lr(&c, top) - .1073) < 5e-5);
    assert_true(schedule_lr(&c, 0) == .1 && schedule_lr(&c, 1000) == 0);
    assert_true(fabs(schedule_area(&c) - (.5 + .5 - 1. / 3)) < 1e-14);
}

TEST(endpoint)
{
    struct schedule p = polynomial(2, 1, 100);
    p.endpoint = 1;
    const struct schedule shorter = polynomial(2, 1, 99);
    for (int t = 0; t < 100; t++)
        assert_true(schedule_lr(&p, t) == schedule_lr(&shorter, t));
    assert_true(schedule_lr(&p, 99) == 1e-4);
    /* by epochs of 10 steps: the last epoch trains with Le */
    p.update = UPDATE_EPOCH;
    p.steps_per_epoch = 10;
    assert_true(schedule_lr(&p, 90) == 1e-4 && schedule_lr(&p, 99) == 1e-4);
    assert_true(fabs(schedule_lr(&p, 89) - (1e-4 + .0999 * (1 - 64. / 81))) < 1e-16);
}

/* Without a range there is no share of it. */
TEST(mean_without_decay)
{
    struct schedule p = polynomial(1, 2, 100);
    p.lr_end = p.lr;
    assert_true(isnan(schedule_mean(&p)));
    assert_true(schedule_mean_rate(&p) == .1);
    assert_false(signbit(schedule_slope(&p, 50)));
    p.lr_end = 0;
    assert_true(fabs(schedule_mean_rate(&p) - .1 * schedule_mean(&p)) < 1e-17);
}

TEST(warmup)
{
    struct schedule p = polynomial(1, 1, 100);
    p.warmup_steps = 20;
    p.warmup_lr = .01;
    assert_true(schedule_lr(&p, 0) == .01 && schedule_lr(&p, 19) == .01);
    assert_true(fabs(schedule_lr(&p, 20) - (1e-4 + .0999 * .8)) < 1e-16);
    p.warmup = WARMUP_LINEAR;
    assert_true(schedule_lr(&p, 0) == .01);
    assert_true(fabs(schedule_lr(&p, 10) - (.01 + 1e-4 + .0999 * .8) / 2) < 1e-16);
    p.warmup_clock = CLOCK_WAITS;
    assert_true(schedule_lr(&p, 20) == .1 && schedule_lr(&p, 100) == 1e-4);
    assert_true(fabs(schedule_lr(&p, 60) - (1e-4 + .0999 * .5)) < 1e-16);
    assert_true(fabs(schedule_lr(&p, 10) - .055) < 1e-16);
    assert_true(isnan(schedule_area(&p)));
}

/* Drops move to the epoch nearest to E (e/E)^(1/k): 160 sqrt(1/2) = 113.1, 160 sqrt(3/4) = 138.6.
 */
TEST(k_moves_drops)
{
    struct experiment e = {.decay = DECAY_STEP,
                           .epochs = 160,
                           .lr = .1,
                           .k = 2,
                           .shape = config_default_shape(),
                           .drops = {2, {80, 120}}};
    struct schedule s = schedule_of(&e, 10);
    assert_true(schedule_lr(&s, 1129) == .1 && fabs(schedule_lr(&s, 1130) - .01) < 1e-17);
    assert_true(fabs(schedule_lr(&s, 1389) - .01) < 1e-17 &&
                fabs(schedule_lr(&s, 1390) - .001) < 1e-18);
    assert_true(schedule_drops_at(&s, 1130) && schedule_drops_at(&s, 1390));
    assert_false(schedule_drops_at(&s, 800));
    e.k = 1;
    s = schedule_of(&e, 10);
    assert_true(schedule_drops_at(&s, 800) && schedule_drops_at(&s, 1200));
}

/* ---- A decay of one's own: one function and one row --------------------------------------- */

static long double square_root(const struct decay_shape *shape, long double s, long double rest)
{
    (void)shape, (void)s;
    return sqrtl(rest);
}

TEST(own_decay)
{
    static const struct decay own = {.name = "square-root", .keys = "", .value = square_root};
    struct schedule schedule = polynomial(2, 1, 100), twin = polynomial(2, .5, 100);
    schedule.decay = &own;
    for (int t = 0; t <= 100; t++)
        assert_true(fabs(schedule_lr(&schedule, t) - schedule_lr(&twin, t)) < 1e-16);
    assert_true(fabs(schedule_mean(&schedule) - schedule_mean(&twin)) < 1e-14);
    assert_true(isnan(schedule_area(&schedule)));
}
