
#include "base/memory.h"
#include "report/report.h"
#include "tests/results_fixture.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>

/* By hand: of the ten cells with a matched baseline the gains on the originals are 1.11, 0.43, 1.08,
 * 0.58, 0.32, 0.79, 1.89, 1.69, 0.19, 0.53, sum 8.61, and on the matched ones 1.11, 0.43, 0.54, 0.41,
 * 0.32, 0.79, 0.25, 0.44, 0.19, 0.53, sum 5.01. */
TEST(gains_of_the_thesis)
{
    static const char *const expected[][3] = {
        {"ThesisCells", "cells of the thesis", "13"},
        {"MatchedCells", "of these with a matched baseline", "10"},
        {"GainOriginal", "their mean gain on the original", "0.86"},
        {"GainMatched", "their mean gain on the matched baseline", "0.50"},
        {"LargestOriginal", "largest gain on an original", "1.89"},
        {"LargestMatched", "largest gain on a matched baseline", "1.11"},
        {"WideDropoutTen", "WRN-28-10 on CIFAR-10 by steps, with dropout", "3.89"},
        {"WideDropoutTenDelta", "the thesis's number less that one", "-0.30"},
        {"WideDropout", "WRN-28-10 on CIFAR-100 by steps, with dropout", "18.85"},
        {"WideDropoutDelta", "the thesis's number less that one", "-0.04"},
        {"FullThesisK", "preact-110 on CIFAR-10: the thesis's k", "2.0"},
        {"FullThesis", "the thesis's error with it", "5.26"},
        {"FullThesisOriginal", "the thesis's original", "6.37"},
        {"FullLiterature", "its matched baseline", "6.37"},
        {"KThree", "no such runs", "-"}};
    struct fixture fixture = fixture_begin();
    tables_write(&fixture);
    for (size_t i = 0; i < COUNT(expected); i++) {
        char *row = memory_text("macro: %s", expected[i][0]);
        char *cells = memory_text("what: %s | value: %s | 95%% low: - | 95%% high: - | pairs: -",
                                  expected[i][1], expected[i][2]);
        tables_shows(&fixture, "numbers", row, cells);
        free(cells);
        free(row);
    }
    fixture_expect(&fixture, "tables/number-macros.tex", "\\newcommand{\\KThree}{--}\n");
    fixture_expect(&fixture, "tables/numbers.sources.tsv",
                   "thesis:mean-gain-matched\t0.50\t5\tvalue\t");
    fixture_end(&fixture);
}

/* Differences -1 and -1.1, the same in both epochs: half width 12.7062 x 0.05; no loss differs. */
TEST(differences_of_arms)
{
    static const double low[] = {9, 9}, high[] = {10, 10.1};
    static const char k1[] = "campaign/cifar10/preact-20/k1.0",
                      k5[] = "campaign/cifar10/preact-20/k5.0";
    struct fixture fixture = fixture_begin();
    fixture_experiment(&fixture, k1, 1, 0.1);
    fixture_experiment(&fixture, k5, 5, 0.1);
    fixture_write_arm(&fixture, k1, high, 2);
    fixture_write_arm(&fixture, k5, low, 2);
    tables_write(&fixture);
    static const char *const expected[] = {
        "\\KFive}{\\fromruns{campaign/cifar10/preact-20/k5.0}{$-1.05$}}\n",
        "\\KFiveInterval}{\\fromruns{campaign/cifar10/preact-20/k5.0}{$[-1.69, -0.41]$}}\n",
        "\\KFivePairs}{\\fromruns{campaign/cifar10/preact-20/k5.0}{2}}\n",
        "\\LossKFive}{\\fromruns{campaign/cifar10/preact-20/k5.0}{$+0.0000$}}\n",
        "\\KFiveLeads}{\\fromruns{campaign/cifar10/preact-20/k5.0}{1}}\n",
        "\\KThree}{--}\n"};
    for (size_t i = 0; i < COUNT(expected); i++)
        fixture_expect(&fixture, "tables/number-macros.tex", expected[i]);
    fixture_expect(
        &fixture, "tables/numbers.sources.tsv",
        "campaign/cifar10/preact-20/k5.0:test-loss-difference:campaign/cifar10/preact-20/k1.0\t"
        "+0.0000\t");

    /* an arm that ends above does not lead */
    static const double above[] = {11, 11};
    fixture_write_arm(&fixture, k5, above, 2);
    tables_write(&fixture);
    fixture_expect(&fixture, "tables/number-macros.tex", "\\KFiveLeads}{--}\n");
    fixture_end(&fixture);
}
