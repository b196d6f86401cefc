#include "schedule.h"
#include "tests.h"

#include <math.h>

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

static struct schedule polynomial(double k, double power, long steps)
{
    return (struct schedule){.decay = DECAY_POLYNOMIAL,
                             .lr = .1,
                             .lr_end = 1e-4,
                             .power = power,
                             .k = k,
                             .steps = steps};
}

static struct schedule cosine(double k, long steps)
{
    return (struct schedule){.decay = DECAY_COSINE, .lr = .1, .k = k, .steps = steps};
}

static void test_golden_values(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 4; j++) {
            const struct schedule p = polynomial(ks[i], 1, 1000), c = cosine(ks[i], 1000);
            const double t = quarters[j] * 1000;
            assert_true(fabs(schedule_lr(&p, t) - golden_polynomial[i][j]) <= 0.51e-6);
            assert_true(fabs(schedule_lr(&c, t) - golden_cosine[i][j]) <= 0.51e-6);
        }
    }
}

/* Against the formulas as published (timm), in extended precision: within 4 units in the last place
 * of L0 = 0.1, which is 2^-56. */
static void test_closed_form_in_extended_precision(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        for (long t = 0; t < 997; t++) {
            const long double warped = powl((long double)t / 997, (long double)ks[i]);
            const struct schedule p = polynomial(ks[i], 2.5, 997), c = cosine(ks[i], 997);
            const long double expected_p = 1e-4L + (.1L - 1e-4L) * powl(1 - warped, 2.5L);
            const long double expected_c = .05L * (1 + cosl(3.14159265358979323846L * warped));
            assert_true(fabsl(schedule_lr(&p, (double)t) - expected_p) <= 4 * 0x1p-56L);
            assert_true(fabsl(schedule_lr(&c, (double)t) - expected_c) <= 4 * 0x1p-56L);
        }
    }
}

static void test_end_points_and_order(void **state)
{
    (void)state;
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

/* t^k alone would overflow: 10^6 to the 100th. */
static void test_large_steps_and_k_do_not_overflow(void **state)
{
    (void)state;
    const struct schedule p = polynomial(100, 1, 1000000);
    assert_true(schedule_lr(&p, 500000) > .0999999);
    assert_true(fabs(schedule_lr(&p, 999999) - (1e-4 + .0999 * -expm1(100 * log1p(-1e-6)))) <
                1e-12);
}

/* k = 1 is the base itself, bit for bit: pow(s, 1) is exact. */
static void test_k_1_is_the_base(void **state)
{
    (void)state;
    const struct schedule c = cosine(1, 391);
    for (int t = 0; t < 391; t++)
        assert_true(schedule_lr(&c, t) == .1 * schedule_base(DECAY_COSINE, 1, t / 391.0));
}

const struct CMUnitTest schedule_tests[] = {
    cmocka_unit_test(test_golden_values),
    cmocka_unit_test(test_closed_form_in_extended_precision),
    cmocka_unit_test(test_end_points_and_order),
    cmocka_unit_test(test_large_steps_and_k_do_not_overflow),
    cmocka_unit_test(test_k_1_is_the_base),
};
const size_t schedule_test_count = sizeof schedule_tests / sizeof schedule_tests[0];
