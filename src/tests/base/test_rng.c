#include "base/rng.h"
#include "tests/tests.h"

#include <math.h>
#include <stdlib.h>

/* Known answers of philox4x32-10, from Random123's kat_vectors: key and counter all 0, all ones. */
TEST(known_answers)
{
    static const uint32_t zeros[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    const struct rng_words w = rng_draw((struct rng){0, 0}, 0, 0, 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(w.word[i], zeros[i]);
}

/* A change of any part of the address changes the words. */
TEST(every_part_of_the_address_counts)
{
    const struct rng rng = {1, RNG_AUGMENT};
    const uint32_t base = rng_draw(rng, 1, 1, 1).word[0];
    assert_int_not_equal(base, rng_draw((struct rng){2, RNG_AUGMENT}, 1, 1, 1).word[0]);
    assert_int_not_equal(base, rng_draw((struct rng){1, RNG_SHUFFLE}, 1, 1, 1).word[0]);
    assert_int_not_equal(base, rng_draw(rng, 2, 1, 1).word[0]);
    assert_int_not_equal(base, rng_draw(rng, 1, 2, 1).word[0]);
    assert_int_not_equal(base, rng_draw(rng, 1, 1, 2).word[0]);
    assert_int_equal(base, rng_draw(rng, 1, 1, 1).word[0]);
}

TEST(below_covers_its_range)
{
    assert_int_equal(rng_below(0, 9), 0);
    assert_int_equal(rng_below(UINT32_MAX, 9), 8);
    int seen[9] = {0};
    for (uint32_t i = 0; i < 9000; i++)
        seen[rng_below(rng_draw((struct rng){3, RNG_AUGMENT}, 0, i, 0).word[1], 9)]++;
    for (int i = 0; i < 9; i++)
        assert_in_range(seen[i], 850, 1150); /* 1000 +- 5 standard deviations of 30 */
}

/* Moments of 10^5 deviates within 5 standard errors of a normal distribution's. */
TEST(normal_moments)
{
    enum { COUNT = 100001 };
    float *values = malloc(COUNT * sizeof *values);
    assert_non_null(values);
    rng_normal((struct rng){7, RNG_INITIALISE}, 5, 2.0, values, COUNT);
    double sum = 0, squares = 0, fourth = 0;
    for (int i = 0; i < COUNT; i++) {
        const double z = (double)values[i] / 2.0;
        sum += z;
        squares += z * z;
        fourth += z * z * z * z;
    }
    assert_true(fabs(sum / COUNT) < 5 / sqrt(COUNT));
    assert_true(fabs(squares / COUNT - 1) < 5 * sqrt(2.0 / COUNT));
    assert_true(fabs(fourth / COUNT - 3) < 5 * sqrt(96.0 / COUNT));
    free(values);
}

TEST(shuffle_is_a_permutation_of_its_own_every_epoch)
{
    enum { COUNT = 1000 };
    uint32_t first[COUNT], second[COUNT];
    char seen[COUNT] = {0};
    rng_shuffle((struct rng){1, RNG_SHUFFLE}, 1, first, COUNT);
    rng_shuffle((struct rng){1, RNG_SHUFFLE}, 2, second, COUNT);
    int fixed = 0, same = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_true(first[i] < COUNT);
        assert_false(seen[first[i]]);
        seen[first[i]] = 1;
        fixed += first[i] == i;
        same += first[i] == second[i];
    }
    assert_in_range(fixed, 0, 8); /* Poisson with mean 1 */
    assert_in_range(same, 0, 8);
}
