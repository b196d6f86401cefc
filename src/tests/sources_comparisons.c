#include "tests/sources.h"

#include "base/file.h"
#include "base/memory.h"
#include "tests/naive.h"
#include "tests/places.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tests.h"

/* ---- Ids of comparisons ------------------------------------------------------------------- */

/* The column of a log that an id's "test-loss-difference" is of, and where "difference" begins. */
static const char *endpoint_of(const char *what, const char **rest)
{
    static const char loss[] = "test-loss-", train[] = "train-error-";
    *rest = what;
    if (strncmp(what, loss, sizeof loss - 1) == 0) {
        *rest = what + sizeof loss - 1;
        return "test_loss";
    }
    if (strncmp(what, train, sizeof train - 1) == 0) {
        *rest = what + sizeof train - 1;
        return "train_error";
    }
    return "test_error";
}

/* Differences of the pairs. Their sources follow each other: arm, control, arm, control. */
static double *differences_of(const struct source *source, size_t pairs, const char *column)
{
    double *differences = memory_zeroed(pairs, sizeof *differences);
    for (size_t i = 0; i < pairs; i++)
        differences[i] = places_number(source[2 * i].file, source[2 * i].line, column) -
                         places_number(source[2 * i + 1].file, source[2 * i + 1].line, column);
    return differences;
}

/* The length of "poly-k" in "poly-k2.0", of "k" in "k2.0"; 0 without k. */
static size_t stem_of(const char *leaf)
{
    for (size_t i = strlen(leaf); i > 1; i--)
        if (leaf[i - 2] == 'k' && leaf[i - 1] >= '0' && leaf[i - 1] <= '9' &&
            (i == 2 || leaf[i - 3] == '-'))
            return i - 1;
    return 0;
}

/* Names the comparisons that are one family of Holm's with that of an arm: of restarts, all with the
 * same control; of Weight Net and Pad Net, those of one question, whatever the control; else those of
 * one folder and control, but of the confirmation, controls of one folder. "" where the arm is compared in none. */
static char *family_of(const char *arm, const char *control)
{
    const char *leaf = strrchr(arm, '/') + 1;
    const int weights = strncmp(arm, "weight-net/", 11) == 0;
    if (strncmp(arm, "confirmation/", 13) == 0)
        return memory_text("%s %.*s", arm, (int)(strrchr(control, '/') - control), control);
    if (strstr(control, "sgdr"))
        return memory_text("%s", control);
    if (strncmp(arm, "weight-search/", 14) == 0)
        return memory_text("%s", "search and its rivals");
    if (!weights && strncmp(arm, "pad-net/", 8) != 0)
        return memory_text("%.*s%s", (int)(leaf - arm), arm, control);
    if (strcmp(leaf, "ordinary-c16") == 0 || strcmp(leaf, "zero") == 0 || strstr(leaf, "-u576") ||
        strstr(leaf, "-u1152"))
        return memory_text("%s", "");
    const char *question = stem_of(leaf) ? "k" : strstr(leaf, "-s") ? "draws" : "";
    return memory_text("%.*s%s%.*s", (int)(leaf - arm), arm, question,
                       *question || !weights ? 0 : (int)strcspn(leaf, "-"), leaf);
}

/* How many comparisons of the family there are to be, by the names of the experiment files: in a
 * folder of several k, the other k of the same stem. */
static size_t planned_of(const struct sources_of *of, const char *arm, const char *control)
{
    const size_t folder = (size_t)(strrchr(arm, '/') - arm) + 1, root = strlen(of->experiments) + 1;
    char *family = family_of(arm, control);
    size_t count, planned = 0;
    char **path = file_list(of->experiments, ".ini", &count);
    for (size_t i = 0; i < count; i++) {
        char *name = memory_text("%.*s", (int)(strlen(path[i]) - root - 4), path[i] + root);
        const char *slash = strrchr(name, '/');
        const size_t stem = stem_of(arm + folder);
        char *other =
            slash && strncmp(name, arm, folder) == 0 && (size_t)(slash - name) + 1 == folder
                ? family_of(name, control)
                : memory_text("%s", "-");
        const int is_schedule = strncmp(arm, "schedules/", 10) == 0;
        /* with restarts: every k > 1 of this network, by the name of its file */
        const size_t k = slash ? stem_of(slash + 1) : 0;
        if (strstr(control, "sgdr"))
            planned +=
                (strstr(name, "cifar10/preact-20/") && k && strtod(slash + 1 + k, NULL) > 1) ||
                (strncmp(name, "schedules/k", 11) == 0 && strcmp(slash, "/linear") == 0);
        planned += strcmp(other, family) == 0 && strncmp(arm, "confirmation/", 13) != 0 &&
                   strcmp(name, control) != 0 && !strstr(control, "sgdr") &&
                   (is_schedule || strstr(arm, "-net/") ||
                    (strncmp(name + folder, arm + folder, stem) == 0 &&
                     (stem_of(name + folder) != 0) == (stem != 0)));
        free(other);
        free(name);
        free(path[i]);
    }
    free(path);
    free(family);
    return planned;
}

/* Holm's p of the cell that `own` starts, in its family. A member without a p counts as 1. */
static double holm_of(const struct sources_of *of, const struct sources *sources,
                      const struct source *own)
{
    char *kind =
        sources_part(own->id, 1); /* "holm", or "step-holm": of a folder, whatever the control */
    const int steps = strcmp(kind, "step-holm") == 0;
    double p[64];
    size_t m = 0;
    char *arm = sources_part(own->id, 0), *control = sources_part(own->id, 2);
    char *family = family_of(arm, steps ? "" : control);
    const char *leaf = strrchr(arm, '/') + 1;
    char *first = memory_text("%.*s1.0", (int)(leaf - arm + (long)stem_of(leaf)), arm);
    const size_t planned = planned_of(of, arm, steps ? first : control);
    free(first);
    double own_p = NAN;
    for (size_t i = 0; i < sources->count; i += sources_cell(sources, i)) {
        const struct source *source = &sources->source[i];
        char *what = sources_part(source->id, 1), *other = sources_part(source->id, 2);
        char *name = sources_part(source->id, 0);
        char *its =
            strcmp(what, kind) == 0 ? family_of(name, steps ? "" : other) : memory_text("%s", "-");
        if (strcmp(its, family) == 0) {
            const size_t pairs = sources_cell(sources, i) / 2;
            double *differences = differences_of(source, pairs, "test_error");
            p[m++] = naive_sign_flip(differences, pairs);
            own_p = source == own ? p[m - 1] : own_p;
            free(differences);
        }
        free(its);
        free(name);
        free(what);
        free(other);
    }
    const size_t least = /* PROTOCOL.md of both */
        strstr(control, "confirmation/controls/") || strstr(control, "weight-search/") ? 4
                                                                                       : planned;
    while (m < least)
        p[m++] = 1;
    free(kind);
    free(family);
    free(arm);
    free(control);
    return isnan(own_p) ? NAN : naive_holm(p, m, own_p);
}

/* Whether the sources are, in turn, the ends of the logs of all seeds that both arms have. */
static char *pairs_problem(const struct sources_of *of, const struct source *source, size_t n,
                           const char *arm, const char *control)
{
    size_t count, at = 0;
    char **path = sources_logs(of, arm, &count), *problem = NULL;
    for (size_t i = 0; i < count && !problem; i++) {
        char *other = sources_log_beside(of, control, path[i]);
        if (other) {
            if (at + 2 > n || strcmp(source[at].file, path[i]) != 0 ||
                strcmp(source[at + 1].file, other) != 0)
                problem = sources_wrong(source, "has not one source for each log of its pairs");
            else if (source[at].line != places_end(path[i]) ||
                     source[at + 1].line != places_end(other))
                problem = sources_wrong(source, "has a source that is not its log's last row");
            at += 2;
        }
        free(other);
    }
    sources_free_logs(path, count);
    return problem || at == n ? problem : sources_wrong(source, "has sources of no pair");
}

/* Differences to one run over the seeds that all arms have: row 0 is that arm itself, row 1 the
 * comparison asked for. They are of the cells with the kind, family and control of the one that `own`
 * starts; of the kind max-t-of-arm, with the same arm, whatever the control. (All signs may turn.) */
static struct naive_set together_of(const struct sources *sources, const struct source *own)
{
    struct naive_set all = {.arms = 2, .seeds = 0};
    const struct source *first[10] = {NULL, own};
    size_t pairs[10] = {0};
    char *arm = sources_part(own->id, 0), *what = sources_part(own->id, 1),
         *control = sources_part(own->id, 2);
    char *family = family_of(arm, control);
    for (size_t i = 0; i < sources->count; i += sources_cell(sources, i)) {
        const struct source *source = &sources->source[i];
        char *name = sources_part(source->id, 0), *kind = sources_part(source->id, 1);
        char *other = sources_part(source->id, 2), *its = family_of(name, other);
        const int together = strcmp(what, "max-t-of-arm") == 0
                                 ? strcmp(name, arm) == 0
                                 : strcmp(other, control) == 0 && strcmp(its, family) == 0;
        if (strcmp(kind, what) == 0 && together) {
            const size_t a = source == own ? 1 : all.arms++;
            first[a] = source;
            pairs[a] = sources_cell(sources, i) / 2;
        }
        free(its);
        free(other);
        free(kind);
        free(name);
    }
    for (size_t s = 0; s < pairs[1]; s++) {
        size_t there = 0;
        for (size_t a = 1; a < all.arms; a++)
            for (size_t j = 0; j < pairs[a]; j++)
                if (strcmp(strrchr(first[a][2 * j].file, '/'), strrchr(own[2 * s].file, '/')) ==
                    0) {
                    double *d = differences_of(&first[a][2 * j], 1, "test_error");
                    all.value[a][all.seeds] = *d;
                    there++;
                    free(d);
                }
        all.seeds += there == all.arms - 1;
    }
    free(family);
    free(control);
    free(what);
    free(arm);
    return all;
}

/* The residual sd of seed + arm, and its degrees of freedom, 10 at most. */
static double residual_of(const struct naive_set *all, size_t *freedom)
{
    double squares = 0, seed[32] = {0}, whole = 0;
    for (size_t a = 0; a < all->arms; a++)
        for (size_t s = 0; s < all->seeds; s++) {
            seed[s] += all->value[a][s] / (double)all->arms;
            whole += all->value[a][s] / (double)(all->arms * all->seeds);
        }
    for (size_t a = 0; a < all->arms; a++)
        for (size_t s = 0; s < all->seeds; s++) {
            const double r =
                all->value[a][s] - naive_mean(all->value[a], all->seeds) - seed[s] + whole;
            squares += r * r;
        }
    *freedom = (all->arms - 1) * (all->seeds - 1);
    return sqrt(squares / (double)*freedom);
}

static double pooled_p_of(const struct naive_set *all, size_t arm, double sd, double freedom)
{
    const double mean = fabs(naive_mean(all->value[arm], all->seeds));
    return sd > 0     ? 2 * naive_tail(mean / (sd * sqrt(2 / (double)all->seeds)), freedom)
           : mean > 0 ? 0
                      : 1;
}

/* Holm's p of the first arm. */
static double pooled_holm_of(const struct naive_set *all, double sd, double freedom)
{
    double p[10];
    for (size_t a = 1; a < all->arms; a++)
        p[a - 1] = pooled_p_of(all, a, sd, freedom);
    return naive_holm(p, all->arms - 1, p[0]);
}

/* The same of 20,000 random orders. */
static double drawn_p(struct naive_set *set, double bar)
{
    enum { DRAWS = 20000 };
    uint64_t state = 1;
    double extreme = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
        for (size_t s = 0; s < set->seeds; s++)
            for (size_t left = set->arms; left > 1; left--) {
                state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                double *one = &set->value[(state >> 33) % left][s], kept = *one;
                *one = set->value[left - 1][s];
                set->value[left - 1][s] = kept;
            }
        extreme += naive_largest(set) >= bar - 1e-9;
    }
    return extreme / DRAWS;
}

/* The largest p of the sets that hold the first arm; *error is the possible error of drawn orders. */
static double max_t_of(const struct naive_set *all, double *error)
{
    double largest = 0;
    for (unsigned chosen = 1; chosen < 1u << (all->arms - 1); chosen += 2) {
        struct naive_set set = {.arms = 1, .seeds = all->seeds};
        for (size_t a = 1; a < all->arms; a++)
            if (chosen >> (a - 1) & 1)
                memcpy(set.value[set.arms++], all->value[a], sizeof set.value[0]);
        const int exact = pow(tgamma((double)set.arms + 1), (double)set.seeds) < 5e4;
        const double p = exact ? naive_max_t(&set) : drawn_p(&set, naive_largest(&set));
        if (p > largest)
            *error = exact ? 0 : 6 * sqrt(p * (1 - p) / 20000);
        largest = fmax(largest, p);
    }
    return largest;
}

/* A number of exploratory.h into which other arms enter. */
static char *together_problem(const struct sources *sources, const struct source *source,
                              const char *what)
{
    const struct naive_set all = together_of(sources, source);
    double error = 0;
    if (strncmp(what, "max-t", 5) == 0) {
        const double p = max_t_of(&all, &error);
        return sources_compare(source, p, error);
    }
    size_t freedom;
    const double sd = residual_of(&all, &freedom), mean = naive_mean(all.value[1], all.seeds);
    const double half = naive_quantile((double)freedom) * sd * sqrt(2 / (double)all.seeds);
    return strcmp(what, "pooled-low") == 0 ? sources_compare(source, mean - half, 1e-6 * half)
           : strcmp(what, "pooled-high") == 0
               ? sources_compare(source, mean + half, 1e-6 * half)
               : sources_compare(source, pooled_holm_of(&all, sd, (double)freedom), 0);
}

/* A number of exploratory.h that needs only its own pairs. */
static char *exploratory_problem(const struct source *source, const char *what, const double *d,
                                 size_t pairs)
{
    const double mean = naive_mean(d, pairs), room = 0.3 - fabs(mean);
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < pairs && pairs > 1; i++) {
        const double left = (mean * (double)pairs - d[i]) / (double)(pairs - 1);
        low = fmin(low, left);
        high = fmax(high, left);
    }
    if (strcmp(what, "left-out-low") == 0)
        return sources_compare(source, low, 0);
    if (strcmp(what, "left-out-high") == 0)
        return sources_compare(source, high, 0);
    if (strcmp(what, "equivalence") == 0)
        return sources_compare(
            source,
            naive_sd(d, pairs) > 0
                ? naive_tail(room * sqrt((double)pairs) / naive_sd(d, pairs), (double)(pairs - 1))
            : room > 0 ? 0
                       : 1,
            0);
    return sources_wrong(source, "is of no known kind");
}

/* One number of the comparison of which these are the differences; `adjusted` is its p by Holm. */
static char *difference_problem(const struct source *source, const char *what, const double *d,
                                size_t pairs, double adjusted)
{
    const double mean = naive_mean(d, pairs), half = naive_half_width(d, pairs);
    if (strcmp(what, "pairs") == 0)
        return sources_compare(source, (double)pairs, 0);
    if (strcmp(what, "difference") == 0)
        return sources_compare(source, mean, 0);
    if (strcmp(what, "low") == 0)
        return sources_compare(source, mean - half, 1e-6 * half);
    if (strcmp(what, "high") == 0)
        return sources_compare(source, mean + half, 1e-6 * half);
    if (strcmp(what, "p") == 0)
        return sources_compare(source, naive_sign_flip(d, pairs), 0);
    if (strcmp(what, "holm") == 0)
        return sources_compare(source, adjusted, 0);
    return sources_wrong(source, "is of no known kind");
}

char *sources_comparison_problem(const struct sources_of *of, const struct sources *sources,
                                 const struct source *source, size_t n, const char *arm,
                                 const char *what, const char *control)
{
    char *problem = pairs_problem(of, source, n, arm, control);
    if (problem)
        return problem;
    if (strncmp(what, "max-t", 5) == 0 || strncmp(what, "pooled-", 7) == 0)
        return together_problem(sources, source, what);
    what += strncmp(what, "step-", 5) == 0 ? 5 : 0;
    const char *rest, *column = endpoint_of(what, &rest);
    double *d = differences_of(source, n / 2, column);
    const double adjusted = strcmp(what, "holm") == 0 ? holm_of(of, sources, source) : NAN;
    problem = strncmp(what, "left-out", 8) == 0 || strcmp(what, "equivalence") == 0
                  ? exploratory_problem(source, what, d, n / 2)
                  : difference_problem(source, rest, d, n / 2, adjusted);
    free(d);
    return problem;
}

/* ---- Ids of comparisons that are a family of their own ------------------------------------- */

/* log2 of the number after " KEY = " in the log's experiment; 0 if it does not have the key. */
static double doublings_of(const char *path, const char *key)
{
    char *bytes = places_text(path), *start = memory_text(" %s = ", key);
    const char *at = strstr(bytes, start);
    const double x = at ? log2(strtod(at + strlen(start), NULL)) : 0;
    free(start);
    free(bytes);
    return x;
}

/* What these two logs differ in, k or rows; NULL if it is something else. */
static const char *key_of(const struct source *first, const struct source *last)
{
    static const char *const keys[] = {"schedule.k", "network.rows"};
    for (size_t i = 0; i < COUNT(keys); i++)
        if (fabs(doublings_of(last->file, keys[i]) - doublings_of(first->file, keys[i])) > 0)
            return keys[i];
    return NULL;
}

/* The slope of the least-squares line through the errors of `m` logs, per doubling of k or rows; of
 * two that differ in something else, their difference. */
static double slope_of(const struct source *source, size_t m)
{
    const char *key = key_of(source, source + m - 1);
    double x[32], sum = 0, squares = 0;
    for (size_t i = 0; i < m; i++)
        x[i] = key ? doublings_of(source[i].file, key) : (double)i;
    for (size_t i = 0; i < m; i++) {
        const double off = x[i] - naive_mean(x, m);
        sum += off * places_number(source[i].file, source[i].line, "test_error");
        squares += off * off;
    }
    return sum / squares;
}

/* Whether the sources are, seed by seed of those that all have, the ends of the logs of the same
 * `m` arms, the first of `control`, the last of `arm`. */
static char *seeds_problem(const struct sources_of *of, const struct source *source, size_t n,
                           size_t m, const char *arm, const char *control)
{
    size_t count, at = 0;
    char **path = sources_logs(of, arm, &count), *problem = NULL;
    for (size_t i = 0; i < count && !problem; i++) {
        const char *leaf = strrchr(path[i], '/');
        size_t there = 0;
        for (size_t a = 0; a < m; a++) {
            const char *file = source[a].file;
            char *log = memory_text("%.*s%s", (int)(strrchr(file, '/') - file), file, leaf);
            there += file_exists(log) ? 1 : 0;
            if (at + a >= n || strcmp(source[at + a].file, log) != 0 ||
                source[at + a].line != places_end(log))
                problem =
                    problem ? problem : sources_wrong(source, "has not one source a log of a seed");
            free(log);
        }
        if (there < m) {
            free(problem);
            problem = NULL;
        } else {
            at += m;
        }
    }
    sources_free_logs(path, count);
    const char *const ends[] = {control, arm};
    for (size_t i = 0; i < COUNT(ends) && !problem; i++) {
        char *folder = memory_text("%s/%s/seed-", of->results, ends[i]);
        if (strncmp(source[i ? m - 1 : 0].file, folder, strlen(folder)) != 0)
            problem = sources_wrong(source, "begins or ends with another arm");
        free(folder);
    }
    return problem || at == n ? problem : sources_wrong(source, "has sources of no seed");
}

char *sources_alone_problem(const struct sources_of *of, const struct source *source, size_t n,
                            const char *arm, const char *what, const char *control)
{
    size_t m = 0;
    while (m < n && strcmp(strrchr(source[m].file, '/'), strrchr(source->file, '/')) == 0)
        m++;
    char *problem = m < 2 || n % m ? sources_wrong(source, "is of no seeds of several arms")
                                   : seeds_problem(of, source, n, m, arm, control);
    if (problem)
        return problem;
    double *d = memory_zeroed(n / m, sizeof *d);
    for (size_t i = 0; i < n / m; i++)
        d[i] = slope_of(source + i * m, m);
    problem = difference_problem(source, what, d, n / m, naive_sign_flip(d, n / m));
    free(d);
    return problem;
}
