/* The claims of Pad Net (P1 to P3) and of Weight Net (W0 to W6). */
#include "base/memory.h"
#include "tests/results_fixture.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdlib.h>

/* As in test_claims.c: six pairs of one sign, with differences of -1 or +1. */
static const double k1[] = {10.00, 10.10, 9.90, 10.05, 9.95, 10.00};
static const double one_less[] = {9.00, 9.00, 9.00, 9.05, 8.75, 9.20};
static const double one_more[] = {11.00, 11.10, 10.90, 11.05, 10.95, 11.00};

/* One set of Pad Net's arms, with n runs of learned. */
static struct fixture pad_net(const double *learned, size_t n)
{
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, "pad-net/zero", "");
    fixture_variant(&fixture, "pad-net/learned", "[network]\npadding = learned\n");
    fixture_write_arm(&fixture, "pad-net/zero", k1, 6);
    fixture_write_arm(&fixture, "pad-net/learned", learned, n);
    return fixture;
}

static void expect_pad_net(const double *learned, size_t n, const char *p1, const char *p2)
{
    struct fixture fixture = pad_net(learned, n);
    char *first = memory_text("desk runs: %s | full scale: untested at full scale", p1);
    char *second = memory_text("desk runs: %s | full scale: untested at full scale", p2);
    tables_claim(&fixture, "P1", first);
    tables_claim(&fixture, "P2", second);
    free(second);
    free(first);
    fixture_end(&fixture);
}

/* The claimed -0.5 against intervals that end in it, just before it, and hold 0 too. Differences d
 * + s (0, 0.1, -0.1, 0, 0.2, -0.2) have the half width 0.1484 s, see above. */
TEST(words_of_pad_net)
{
    static const double exactly[] = {9.50, 9.60, 9.40, 9.55, 9.45, 9.50};
    static const double inside[] = {9.36, 9.36, 9.36, 9.41, 9.11, 9.56}; /* -0.64, -0.79 to -0.49 */
    static const double beyond[] = {9.34, 9.34, 9.34, 9.39, 9.09, 9.54}; /* -0.66, -0.81 to -0.51 */
    static const double wide[] = {9.70, 9.30, 10.10, 9.75, 8.05, 11.10}; /* ten times as wide */
    expect_pad_net(exactly, 6, "better", "consistent");
    expect_pad_net(exactly, 5, "not testable", "not testable");
    expect_pad_net(inside, 6, "better", "consistent");
    expect_pad_net(beyond, 6, "better", "not consistent");
    expect_pad_net(wide, 6, "no evidence", "no evidence");
    expect_pad_net(one_more, 6, "worse", "not consistent");
    expect_pad_net(exactly, 1, "not testable", "not testable");
    expect_pad_net(NULL, 0, "no runs", "no runs");
    struct fixture fixture = pad_net(inside, 6);
    tables_number(&fixture, "P2", "desk runs", "pad-net/learned against pad-net/zero",
                  "reference: 10.00 | new: 9.36 | difference: -0.64 | 95% low: -0.79 | "
                  "95% high: -0.49 | Holm p: 0.0313 | pairs: 6 | says: better");
    fixture_write_diverged(&fixture, "pad-net/zero", 7);
    tables_number(&fixture, "P2", "desk runs", "pad-net/learned against pad-net/zero",
                  "reference: diverged: 1 of 7 | new: 9.36 | difference: - | 95% low: - | "
                  "sign-flip p: - | Holm p: - | pairs: 6 | says: no evidence");
    fixture_end(&fixture);
}

/* Twelve pairs from seed 7 on, d = -0.5 +-0.1 by turns: half width 2.200985 x 0.10445 / sqrt(12) = 0.0664. */
TEST(words_of_registered_padding)
{
    static const char protocol[] =
        "[run]\nfirst_seed = 7\nseeds = 12\nprotocol = "
        "0000000000000000000000000000000000000000000000000000000000000005\n";
    static const char *const arms[] = {"pad-effect/zero", "pad-effect/learned"};
    static const char states[] = "tables/claims-states.tex";
    struct fixture fixture = fixture_begin();
    tables_claim(&fixture, "P2", "registered runs: no runs");
    fixture_expect(
        &fixture, states,
        "\\claimstate{C2a}{sealed}\n\\claimstate{C4}{sealed}\n"
        "\\claimstate{W3}{sealed}\n\\claimstate{W6}{sealed}\n\\claimstate{P2}{sealed}\n");
    for (int a = 0; a < 2; a++) {
        char *text = memory_text("%s%s", protocol, a ? "[network]\npadding = learned\n" : "");
        fixture_variant(&fixture, arms[a], text);
        free(text);
    }
    for (int i = 0; i < 24; i++) {
        if (i == 23) {
            tables_claim(&fixture, "P2", "registered runs: sealed: 23 of 24 runs");
            fixture_expect(&fixture, states, "\\claimstate{P2}{sealed}\n");
        }
        const int learned = i % 2, seed = 7 + i / 2;
        fixture_write_log(
            &fixture, fixture.results,
            &(struct fixture_log){.arm = arms[learned],
                                  .seed = seed,
                                  .error = 10 + 0.1 * seed - learned * (seed % 2 ? 0.4 : 0.6)});
    }
    tables_claim(&fixture, "P2", "registered runs: consistent");
    fixture_expect(&fixture, states, "\\claimstate{P2}{consistent}\n");
    tables_number(
        &fixture, "P2", "registered runs", "pad-effect/learned against pad-effect/zero",
        "difference: -0.50 | 95% low: -0.57 | 95% high: -0.43 | Holm p: 0.0005 | pairs: 12 | "
        "says: better");
    tables_traced(&fixture, "claims-numbers");
    fixture_publish(&fixture, "claims.tsv", "\t0.5\t-\t=no table\t-\teffect",
                    "\t0.6\t-\t=no table\t-\teffect");
    tables_claim(&fixture, "P2", "registered runs: not consistent");
    fixture_expect(&fixture, states, "\\claimstate{P2}{not consistent}\n");
    fixture_end(&fixture);
}

/* 269,722 parameters and 40,551,040 multiply-adds. PL(1, 0) adds 2 numbers a channel to the 18 maps
 * that 3x3 convolutions read, of 7 x 16, 6 x 32 and 5 x 64 channels: 1,248, so 0.46 %. PL(4, 2)
 * adds 21: 13,104 or 4.86 %. Of a DenseNet's 3x3 convolutions, which read four times the channels
 * that they write, that is too much. */
TEST(counts_of_pad_net)
{
    struct fixture fixture = fixture_begin();
    tables_claim(&fixture, "P3",
                 "says: very few new parameters, little new computation | computed: not built | "
                 "thesis's own table: no table | matched baselines: - | desk runs: not built | "
                 "full scale: not built");
    fixture_variant(&fixture, "pad-net/zero", "");
    fixture_variant(&fixture, "pad-net/reflect", "[network]\npadding = reflect\n");
    tables_claim(&fixture, "P3", "computed: not built | desk runs: - | full scale: -");
    fixture_variant(&fixture, "pad-net/learned", "[network]\npadding = learned\n");
    fixture_variant(&fixture, "pad-net/learned-d4",
                    "[network]\npadding = learned\npadding_depth = 4\npadding_reach = 2\n");
    tables_number(&fixture, "P3", "computed", "pad-net/learned, added parameters (share)",
                  "reference: 0.01000 | new: 0.00463 | difference: - | says: holds");
    tables_number(&fixture, "P3", "computed", "pad-net/learned-d4, added parameters (share)",
                  "reference: 0.01000 | new: 0.04858 | difference: - | says: fails");
    tables_claim(&fixture, "P3", "computed: holds in 1 of 2");
    fixture_variant(&fixture, "pad-net/learned-k2",
                    "[network]\npadding = learned\n[schedule]\nk = 2\n");
    tables_claim(&fixture, "P3", "computed: holds in 1 of 2");
    static const char dense[] = "[network]\nfamily = densenet-bc\ndepth = 10\ngrowth = 12\n";
    char *deep = memory_text("%spadding = learned\npadding_depth = 4\npadding_reach = 2\n", dense);
    fixture_variant(&fixture, "pad-net/zero", dense);
    fixture_variant(&fixture, "pad-net/reflect", dense);
    fixture_variant(&fixture, "pad-net/learned", dense);
    fixture_variant(&fixture, "pad-net/learned-k2", dense);
    fixture_variant(&fixture, "pad-net/learned-d4", deep);
    free(deep);
    tables_claim(&fixture, "P3", "computed: fails");
    fixture_end(&fixture);
}

/* Arms of Weight Net, without runs: expansion-u1, -u8, -u8-k2, -u1152 and bank-u8, -u8-s1. */
static struct fixture weight_net(void)
{
    static const char *const arms[][2] = {
        {"ordinary-c16", ""},
        {"expansion-u1", "weights = expansion\nrows = 1\n"},
        {"expansion-u8", "weights = expansion\nrows = 8\n"},
        {"expansion-u8-k2", "weights = expansion\nrows = 8\n[schedule]\nk = 2\n"},
        {"expansion-u1152", "weights = expansion\nrows = 1152\n"},
        {"bank-u8", "weights = bank\nrows = 8\n"},
        {"bank-u8-s1", "weights = bank\nrows = 8\nweights_seed = 1\n"}};
    struct fixture fixture = fixture_begin();
    for (size_t i = 0; i < COUNT(arms); i++) {
        char *arm = memory_text("weight-net/%s", arms[i][0]);
        char *text = memory_text("[network]\n%s", arms[i][1]);
        fixture_variant(&fixture, arm, text);
        free(text);
        free(arm);
    }
    return fixture;
}

/* Beside 269,722 - 267,264 = 2,458 other parameters, u rows of the 624 input channels of the 18
 * convolutions; 8 rows: 7,450. What is stored is never more than 269,722. To make 267,264 weights
 * of u rows takes u times as many multiply-adds, of 128 forward passes of 40,551,040: 5.149e-5 u.
 */
static void expect_words_by_count(const struct fixture *fixture)
{
    tables_claim(fixture, "W1", "computed: holds by construction | desk runs: - | full scale: -");
    tables_claim(fixture, "W2", "computed: holds in 2 of 3 | desk runs: - | full scale: -");
    tables_claim(
        fixture, "W3",
        "computed: - | thesis's own table: no table | matched baselines: - | "
        "desk runs: no runs | full scale: untested at full scale | registered runs: no runs");
    tables_claim(fixture, "W4",
                 "computed: - | desk runs: no runs | full scale: untested at full scale");
    tables_claim(fixture, "W5", "computed: holds | desk runs: - | full scale: -");
    tables_claim(fixture, "W6",
                 "computed: not built | desk runs: - | full scale: - | registered runs: no runs");
}

TEST(counts_of_weight_net)
{
    struct fixture fixture = weight_net();
    static const char *const numbers[][3] = {
        {"W1", "expansion-u1, 3x3 convolutions to 16 channels", "reference: 144.00 | new: 144.00"},
        {"W1", "expansion-u1, 3x3 convolutions to 32 channels", "reference: 288.00 | new: 288.00"},
        {"W1", "expansion-u1, 3x3 convolutions to 64 channels", "reference: 576.00 | new: 576.00"},
        {"W2", "expansion-u8, extra multiply-adds (share)",
         "reference: 0.05000 | new: 0.00041 | says: holds"},
        {"W2", "expansion-u1152, extra multiply-adds (share)",
         "reference: 0.05000 | new: 0.05932 | says: fails"},
        {"W5", "bank-u8, stored", "reference: 269722 | new: 7450 | says: holds"},
        {"W5", "expansion-u1152, stored", "reference: 269722 | new: 269722 | says: holds"}};
    expect_words_by_count(&fixture);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        char *of = memory_text("weight-net/%s", numbers[i][1]);
        tables_number(&fixture, numbers[i][0], "computed", of, numbers[i][2]);
        free(of);
    }
    /* another image set is another group, whose ordinary network has more parameters */
    fixture_variant(&fixture, "weight-net/c100/ordinary-c16", "[data]\nset = cifar100\n");
    fixture_variant(&fixture, "weight-net/c100/expansion-u1152",
                    "[data]\nset = cifar100\n[network]\nweights = expansion\nrows = 1152\n");
    expect_words_by_count(&fixture);
    fixture_end(&fixture);
}

/* The arms with u = 1 of both readings are to be above the margin of 0.3 points, with their intervals;
 * what is the ordinary network by another name says nothing. */
TEST(what_is_kept)
{
    struct fixture fixture = weight_net();
    fixture_variant(&fixture, "weight-net/bank-u1", "[network]\nweights = bank\nrows = 1\n");
    tables_claim(&fixture, "W0", "computed: - | desk runs: no runs");
    fixture_write_arm(&fixture, "weight-net/ordinary-c16", k1, 2);
    fixture_write_arm(&fixture, "weight-net/expansion-u1152", one_more, 2);
    tables_claim(&fixture, "W0", "desk runs: no runs");
    fixture_write_arm(&fixture, "weight-net/expansion-u1", one_more, 2);
    fixture_write_arm(&fixture, "weight-net/bank-u1", one_more, 2);
    tables_claim(&fixture, "W0",
                 "desk runs: fails by 1.00 to 1.00 points at u = 1 (exploratory) | "
                 "full scale: untested at full scale");
    tables_number(&fixture, "W0", "desk runs", "weight-net/bank-u1 against weight-net/ordinary-c16",
                  "difference: +1.00 | says: not testable (needs n = 7)");
    fixture_write_arm(&fixture, "weight-net/bank-u1", one_less, 2);
    tables_claim(&fixture, "W0", "desk runs: not testable");
    fixture_end(&fixture);
}

/* u = 1, 8, 1152 lie at 0, 3 and 10.17 doublings. With errors e, e, e - 1 the slope is -(10.170 -
 * 4.390) / (4.390^2 + 1.390^2 + 5.780^2) = -0.1060. bank has one u of seed 0: no trend. */
TEST(words_of_weight_net)
{
    struct fixture fixture = weight_net();
    fixture_write_arm(&fixture, "weight-net/expansion-u1", k1, 6);
    fixture_write_arm(&fixture, "weight-net/bank-u8", k1, 6);
    tables_claim(&fixture, "W4", "desk runs: no runs");
    fixture_write_arm(&fixture, "weight-net/expansion-u8", k1, 6);
    tables_claim(&fixture, "W4",
                 "desk runs: +0.00 points a doubling of u: no evidence"); /* equal */
    fixture_write_arm(&fixture, "weight-net/expansion-u1152", one_less, 5);
    tables_claim(&fixture, "W4", "desk runs: -0.11 points a doubling of u: not testable");
    fixture_write_arm(&fixture, "weight-net/expansion-u1152", one_less, 6);
    tables_claim(&fixture, "W4", "desk runs: -0.11 points a doubling of u: better");
    tables_number(&fixture, "W4", "desk runs",
                  "weight-net/expansion-u1152, trend per doubling of u from "
                  "weight-net/expansion-u1",
                  "reference: 10.00 | new: 9.00 | difference: -0.11 | 95% low: -0.12 | "
                  "95% high: -0.09 | Holm p: 0.0313 | pairs: 6 | says: better");
    fixture_write_arm(&fixture, "weight-net/expansion-u1152", one_more, 6);
    tables_claim(&fixture, "W4", "desk runs: +0.11 points a doubling of u: worse");
    fixture_write_arm(&fixture, "weight-net/bank-u8-s1", k1, 6);
    tables_claim(&fixture, "W3", "computed: - | desk runs: no evidence");
    fixture_write_arm(&fixture, "weight-net/bank-u8-s1", one_more, 6);
    tables_claim(&fixture, "W3", "desk runs: worse");
    tables_claim(
        &fixture, "W4",
        "desk runs: +0.11 points a doubling of u: worse"); /* another seed is of no trend */
    tables_number(&fixture, "W3", "desk runs", "weight-net/bank-u8-s1 against weight-net/bank-u8",
                  "reference: 10.00 | new: 11.00 | difference: +1.00 | 95% low: +1.00 | "
                  "95% high: +1.00 | Holm p: 0.0313 | pairs: 6 | says: worse");
    fixture_end(&fixture);
}
