/* The table of analyses that no protocol registered, against numbers that were reckoned apart from the
 * program: the model by its sums, max-T by enumeration of 6^6 permutations. */
#include "base/memory.h"
#include "tests/results_fixture.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdlib.h>

static const double control[] = {10.00, 10.10, 9.90, 10.05, 9.95, 10.00};
static const double one_less[] = {9.00, 9.00, 9.00, 9.05, 8.75, 9.20};
static const double half_less[] = {9.50, 9.60, 9.40, 9.55, 9.45, 9.50};

static struct fixture campaign(void)
{
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, "campaign/a/k1.0", "");
    fixture_variant(&fixture, "campaign/a/k2.0", "[schedule]\nk = 2\n");
    fixture_variant(&fixture, "campaign/a/k3.0", "[schedule]\nk = 3\n");
    fixture_variant(&fixture, "campaign/a/k5.0", "[schedule]\nk = 5\n"); /* no runs */
    fixture_write_arm(&fixture, "campaign/a/k1.0", control, 6);
    fixture_write_arm(&fixture, "campaign/a/k2.0", half_less, 6);
    fixture_write_arm(&fixture, "campaign/a/k3.0", one_less, 6);
    return fixture;
}

TEST(numbers)
{
    struct fixture fixture = campaign();
    tables_expect_column(&fixture, "table-exploratory", NULL, "arm", "k2.0 | k3.0");
    tables_expect(&fixture, "table-exploratory", "arm: k2.0",
                  "question: campaign/a: k | against: k1.0 | pairs: 6 | difference: -0.50 | "
                  "max-T p: 0.0313 | leave one out low: -0.50 | leave one out high: -0.50 | "
                  "pooled 95% low: -0.61 | pooled 95% high: -0.39 | equivalence p: 1.0000 | "
                  "test loss difference: +0.0000");
    tables_expect(&fixture, "table-exploratory", "arm: k3.0",
                  "pairs: 6 | difference: -1.00 | max-T p: 0.0313 | leave one out low: -1.04 | "
                  "leave one out high: -0.96 | pooled 95% low: -1.11 | pooled 95% high: -0.89");
    fixture_end(&fixture);
}

/* A diverged run leaves its arm without numbers and, since all are taken together, the other one
 * without those of the whole question. */
TEST(diverged)
{
    struct fixture fixture = campaign();
    fixture_write_diverged(&fixture, "campaign/a/k3.0", 7);
    tables_expect(&fixture, "table-exploratory", "arm: k3.0",
                  "difference: - | max-T p: - | leave one out low: - | pooled 95% low: - | "
                  "pooled Holm p: - | equivalence p: - | test loss difference: -");
    tables_expect(&fixture, "table-exploratory", "arm: k2.0",
                  "difference: -0.50 | max-T p: - | leave one out low: -0.50 | pooled 95% low: - | "
                  "equivalence p: 1.0000");
    fixture_end(&fixture);
}
