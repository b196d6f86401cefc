/* Which numbers of ranks the shards allow, and that shared out so the same tree of sums stands. */
#include "base/memory.h"
#include "network/pairwise_sum.h"
#include "network/parameters.h"
#include "network/ranks.h"
#include "tests/tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 40, FLOATS = 37 };

/* The tree as a recursion from its root: the left subtree has the largest power of two of pieces
 * below all of them. */
static int left_of(int pieces)
{
    int left = 1;
    while (2 * left < pieces)
        left *= 2;
    return left;
}

static float naive_sum(const float *pieces, int count)
{
    if (count == 1)
        return pieces[0];
    const int left = left_of(count);
    return naive_sum(pieces, left) + naive_sum(pieces + left, count - left);
}

/* Whether [from, from + length) is a subtree of the one over [0, pieces). */
static int is_subtree(int from, int length, int pieces)
{
    if (from == 0 && length == pieces)
        return 1;
    if (pieces == 1)
        return 0;
    const int left = left_of(pieces);
    return from < left ? is_subtree(from, length, left)
                       : is_subtree(from - left, length, pieces - left);
}

static int allows(int shards, int ranks)
{
    int good = shards % ranks == 0;
    for (int r = 0; r < ranks && good; r++)
        good = is_subtree(r * (shards / ranks), shards / ranks, shards);
    return good;
}

/* Numbers of very different sizes, so that another order has other bits. */
static float number(int piece, int i)
{
    return ldexpf(1 + (float)((piece * 7919 + i * 104729) % 9973) / 9973,
                  (piece * 31 + i * 17) % 20) *
           (float)((piece + i) % 3 ? 1 : -1);
}

TEST(ranks_are_allowed_where_they_have_subtrees)
{
    for (int shards = 1; shards <= MOST; shards++)
        for (int ranks = 1; ranks <= MOST + 1; ranks++)
            if (pairwise_divides(shards, ranks) != (ranks <= shards && allows(shards, ranks)))
                fail_msg("%d shards, %d ranks", shards, ranks);
    assert_false(pairwise_divides(16, 0));
    assert_false(pairwise_divides(16, -1));
}

TEST(the_complaint_names_what_is_allowed)
{
    struct error error;
    assert_int_equal(ranks_check(16, 8, &error), 0);
    assert_int_equal(ranks_check(16, 3, &error), -1);
    assert_non_null(strstr(error.text, "3 ranks cannot share 16 shards"));
    assert_string_equal(strstr(error.text, "one of "), "one of 1, 2, 4, 8, 16");
    assert_int_equal(ranks_check(12, 2, &error), -1);
    assert_string_equal(strstr(error.text, "one of "), "one of 1, 3, 6, 12");
    assert_int_equal(ranks_check(8, 16, &error), -1);
}

/* Each rank adds up its own pieces, then the ranks' sums are added up. */
TEST(ranks_make_the_same_tree)
{
    int shared = 0, differ = 0;
    for (int shards = 1; shards <= MOST; shards++) {
        float expected[FLOATS];
        for (int i = 0; i < FLOATS; i++) {
            float column[MOST], plain = 0;
            for (int p = 0; p < shards; p++)
                plain += column[p] = number(p, i);
            expected[i] = naive_sum(column, shards);
            differ += plain != expected[i];
        }
        for (int ranks = 1; ranks <= shards; ranks++) {
            if (!pairwise_divides(shards, ranks))
                continue;
            float pieces[MOST][FLOATS + 3], sums[MOST][FLOATS];
            const int own = shards / ranks;
            for (int p = 0; p < shards; p++)
                for (int i = 0; i < FLOATS; i++)
                    pieces[p][i] = number(p, i);
            for (int r = 0; r < ranks; r++) {
                pairwise_sum(pieces[r * own], FLOATS + 3, own, FLOATS);
                memcpy(sums[r], pieces[r * own], sizeof sums[r]);
            }
            pairwise_sum(sums[0], FLOATS, ranks, FLOATS);
            assert_memory_equal(sums[0], expected, sizeof expected);
            shared += ranks > 1;
        }
    }
    assert_true(shared > MOST);
    assert_true(differ > MOST * FLOATS / 4); /* from a sum of one piece after another */
}

/* parameters_reduce() of the second half of the shards adds up just these. */
TEST(parameters_of_a_range_of_shards)
{
    enum { SHARDS = 16, FIRST = 8 };
    struct parameters p = {.first_shard = FIRST};
    const struct tensor like = {
        .name = "w", .dims = {FLOATS}, .dim_count = 1, .trained = 1, .section = 0};
    const int tensor = parameters_add(&p, &like);
    parameters_allocate(&p, SHARDS - FIRST);
    for (int s = FIRST; s < SHARDS; s++)
        for (int i = 0; i < FLOATS; i++)
            parameters_shard_gradient(&p, tensor, s)[i] = number(s, i);
    parameters_reduce(&p, tensor, 0, 1);
    for (int i = 0; i < FLOATS; i++) {
        float column[SHARDS];
        for (int s = FIRST; s < SHARDS; s++)
            column[s - FIRST] = number(s, i);
        assert_true(p.gradient[p.tensors[tensor].offset + (size_t)i] ==
                    naive_sum(column, SHARDS - FIRST));
    }
    parameters_free(&p);
}

/* What ranks add up stands in front of its part of the arenas, so that it travels in one piece. */
TEST(what_shards_make_lies_together)
{
    struct parameters p = {0};
    enum { TENSORS = 12 };
    for (int t = 0; t < TENSORS; t++) {
        const struct tensor like = {.name = "t",
                                    .dims = {5 + 20 * t},
                                    .dim_count = 1,
                                    .trained = t % 6 != 5,
                                    .decayed = t % 3 != 1,
                                    .section = t % 2 ? NO_SECTION : t / 4};
        parameters_add(&p, &like);
    }
    parameters_allocate(&p, 2);
    size_t shared[2] = {0, p.decayed_floats};
    for (int t = 0; t < TENSORS; t++) {
        const struct tensor *tensor = &p.tensors[t];
        size_t *end = &shared[!tensor->decayed];
        if (tensor->trained && tensor->section != NO_SECTION) {
            assert_int_equal(tensor->offset, *end);
            *end = parameters_end(tensor);
        }
        assert_true(!tensor->trained == (tensor->offset >= p.trained_floats));
        assert_true(!tensor->trained || !tensor->decayed == (tensor->offset >= p.decayed_floats));
    }
    parameters_free(&p);
}
