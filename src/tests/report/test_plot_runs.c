#include "report/plot_data.h"

#include "base/file.h"
#include "base/memory.h"
#include "experiment/log.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void write_from_logs(const struct fixture *fixture)
{
    struct ledger ledger;
    struct experiment_files experiments;
    struct error error;
    if (ledger_read(fixture->results, NULL, &ledger, &error) != 0 ||
        ledger_read_experiments(fixture->experiments, &experiments, &error) != 0 ||
        plot_data_write(&ledger, &experiments, fixture->out, &error) != 0)
        fail_msg("%s", error.text);
    ledger_free_experiments(&experiments);
    ledger_free(&ledger);
}

static const char k1[] = "cifar10/preact-20/poly-k1.0", k2[] = "cifar10/preact-20/poly-k2.0";

/* Means 10 and 9, deviations sqrt(0.025 / 5) and, of three, 1. */
static const double k1_errors[] = {10.00, 10.10, 9.90, 10.05, 9.95, 10.00};
static const double k2_errors[] = {8, 9, 10};

static void expect_file(const struct fixture *fixture, const char *name, const char *expected)
{
    char *bytes = fixture_read(fixture->out, name);
    assert_string_equal(bytes, expected);
    free(bytes);
}

TEST(no_logs)
{
    static const char *const names[] = {"over-k", "curves", "budget", "error-parameters",
                                        "differences"};
    struct fixture fixture = fixture_begin();
    write_from_logs(&fixture);
    for (size_t i = 0; i < COUNT(names); i++) {
        char *name = memory_text("plots/%s.tsv", names[i]);
        expect_file(&fixture, name, "");
        free(name);
    }
    expect_file(&fixture, "plots/rate-map.tsv", "# base\tcolumn\tpairs\tdifference\n");
    fixture_end(&fixture);
}

static const char k4[] = "cifar10/preact-20/poly-k4.0";

/* Differences to k = 1 over three seeds: -2, -1.1, 0.1 of k = 2 (mean -1, deviation 1.053565) and 0,
 * -1.1, -1.7 of k = 4 (mean -2.8 / 3, deviation 0.862167810425171). Of the losses and of the training
 * errors, which are alike in all logs, 0. */
TEST(differences_over_k)
{
    const double most[] = {10, 9, 8.2};
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, k4, "[schedule]\nk = 4\n");
    fixture_write_arm(&fixture, k1, k1_errors, 3);
    fixture_write_arm(&fixture, k2, k2_errors, 3);
    fixture_write_arm(&fixture, k4, most, 3);
    write_from_logs(&fixture);
    const double half2 = 4.3026527 * 1.0535653752852738 / sqrt(3),
                 half4 = 4.3026527 * 0.862167810425171 / sqrt(3);
    const double expected[] = {-1,       -1 - half2,       -1 + half2,
                               -2.8 / 3, -2.8 / 3 - half4, -2.8 / 3 + half4};
    static const char *const names[] = {"mean", "low", "high"};
    static const char title[] = "# panel: CIFAR-10, preact-20 | polynomial, 2 epochs | n = 3\n"
                                "# measure: test error (%) | 10\n";
    for (int i = 0; i < 6; i++) {
        const char *row = i < 3 ? "k: 2 | pairs: 3" : "k: 4 | pairs: 3";
        assert_true(fabs(tables_plotted(&fixture, "plots/over-k", title, row, names[i % 3]) -
                         expected[i]) < 1e-6);
    }
    char *bytes = fixture_read(fixture.out, "plots/over-k.tsv");
    assert_memory_equal(bytes, title, sizeof title - 1);
    expect_words(bytes, "\n\n\n# k\tdifference\n2\t-2\n2\t-1.1\n2\t0.1\n4\t0\n4\t-1.1\n4\t-1.7\n");
    expect_words(bytes, "\n\n\n# measure: training error (%) | 40.5\n");
    free(bytes);
    for (int k = 2; k <= 4; k += 2) {
        char *row = memory_text("k: %d", k);
        tables_plots(&fixture, "plots/over-k", "# measure: test loss | 1.25\n", row,
                     "pairs: 3 | mean: 0 | low: 0 | high: 0");
        free(row);
    }

    /* of both epochs the same, since the first one's errors are half a point less in every log */
    static const char *const bounds[] = {"error", "low", "high"};
    for (int i = 0; i < 6; i++)
        assert_true(fabs(tables_plotted(&fixture, "plots/curves", "| n = 3\n# k: 2\n",
                                        i < 3 ? "epoch: 1 | loss: 0" : "epoch: 2 | loss: 0",
                                        bounds[i % 3]) -
                         expected[i % 3]) < 1e-6);
    fixture_expect(&fixture, "plots/curves.tsv", "\t0\t0\t0\n\n\n# k: 4\n");
    fixture_end(&fixture);
}

/* A group needs k = 1 and another k with a finished run; the one with most runs is drawn; the mean
 * of an arm with a diverged run is none. */
TEST(groups_of_k)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k2, k2_errors, 3);
    fixture_write_diverged(&fixture, k1, 1);
    write_from_logs(&fixture);
    expect_file(&fixture, "plots/over-k.tsv", "");

    fixture_write_arm(&fixture, k1, k1_errors, 2);
    fixture_write_diverged(&fixture, k1, 3);
    const double a[] = {30}, b[] = {32};
    fixture_add(&fixture, "cifar100/x/a", "[data]\nset = cifar100\n", a, 1);
    fixture_add(&fixture, "cifar100/x/b", "[data]\nset = cifar100\n[schedule]\nk = 2\n", b, 1);
    write_from_logs(&fixture);
    tables_plots(&fixture, "plots/over-k",
                 "# panel: CIFAR-10, preact-20 | polynomial, 2 epochs | n = 3, 1 diverged\n",
                 "k: 2", "pairs: 3 | mean: NaN | low: NaN | high: NaN");
    tables_plots(&fixture, "plots/budget", "# series: CIFAR-10, preact-20\n", "epochs: 2",
                 "pairs: 3 | mean: NaN | low: NaN | high: NaN");
    tables_plots(&fixture, "plots/budget", "# series: CIFAR-100, preact-20\n", "epochs: 2",
                 "pairs: 1 | mean: 2 | low: NaN | high: NaN");
    fixture_expect(&fixture, "plots/budget.tsv",
                   "# epochs\tdifference\n2\t-2\n2\t-1.1\n2\tNaN\n\n\n# series: CIFAR-100, ");
    fixture_expect(&fixture, "plots/budget.tsv", "# epochs\tdifference\n2\t2\n");
    fixture_end(&fixture);
}

static size_t occurrences(const char *text, const char *of)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, of)); at++)
        count++;
    return count;
}

/* One training under two names, which the fixture's equal seeds and errors are, is drawn once; and a
 * registered arm in no figure. */
TEST(no_run_twice)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 2);
    fixture_write_arm(&fixture, k2, k2_errors, 2);
    fixture_add(&fixture, "cifar10/again/k1", "[schedule]\ndecay = linear\n", k1_errors, 2);
    fixture_add(&fixture, "cifar10/again/k2", "[schedule]\ndecay = linear\nk = 2\n", k2_errors, 2);
    write_from_logs(&fixture);
    char *bytes = fixture_read(fixture.out, "plots/differences.tsv");
    assert_int_equal(occurrences(bytes, "\"CIFAR-10, preact-20, 2 epochs, k = 2\"\t2\t"), 1);
    free(bytes);
    bytes = fixture_read(fixture.out, "plots/budget.tsv");
    assert_int_equal(occurrences(bytes, "\n2\t2\t"), 1);
    free(bytes);

    /* another result is another training */
    fixture_write_arm(&fixture, "cifar10/again/k2", k1_errors + 2, 2);
#define PROTOCOL "protocol = 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
    fixture_add(&fixture, "cifar10/registered/k1", "[run]\n" PROTOCOL, k1_errors, 2);
    fixture_add(&fixture, "cifar10/registered/k3", "[run]\n" PROTOCOL "[schedule]\nk = 3\n",
                k2_errors, 2);
    write_from_logs(&fixture);
    bytes = fixture_read(fixture.out, "plots/differences.tsv");
    assert_int_equal(occurrences(bytes, "\"CIFAR-10, preact-20, 2 epochs, k = 2\"\t2\t"), 2);
    assert_int_equal(occurrences(bytes, "k = 3"), 0);
    free(bytes);
    fixture_end(&fixture);
}

/* Of each folder against its control; arms of another k or draw where they belong; no family
 * without a difference. */
TEST(families_of_differences)
{
    static const char *const arms[][2] = {
        {"pad-net/zero", ""},
        {"pad-net/reflect", "[network]\npadding = reflect\n"},
        {"weight-net/ordinary-c16", "[training]\nepochs = 3\n"},
        {"weight-net/bank-u32", "[training]\nepochs = 3\n[network]\nweights = bank\nrows = 32\n"},
        {"weight-net/bank-u32-s1",
         "[training]\nepochs = 3\n[network]\nweights = bank\nrows = 32\nweights_seed = 1\n"},
        {"schedules/k2.0/linear", "[training]\nepochs = 4\n[schedule]\nk = 2\n"},
        {"schedules/k2.0/cosine",
         "[training]\nepochs = 4\n[schedule]\ndecay = cosine\nk = 1.84\n"}};
    struct fixture fixture = fixture_begin();
    for (size_t i = 0; i < COUNT(arms); i++) {
        const double errors[] = {10 + (double)i};
        fixture_add(&fixture, arms[i][0], arms[i][1], errors, 1);
    }
    write_from_logs(&fixture);
    static const char *const families[][3] = {
        {"# family: 1 | base, at the mean rate of k = 2\n", "label: cosine, 4 epochs", "1"},
        {"# family: 1 | padding, 10 epochs\n", "label: reflect", "1"},
        {"# family: 2 | Weight Block\n", "label: bank-u32", "1"},
        {"# family: 2 | other draw\n", "label: bank-u32-s1", "1"}};
    for (size_t i = 0; i < COUNT(families); i++) {
        char *csv = tables_plot(&fixture, "plots/differences", families[i][0]);
        char *mean = tables_cell(csv, NULL, "mean"); /* of the only row */
        tables_plots(&fixture, "plots/differences", families[i][0], families[i][1],
                     "pairs: 1 | mean: 1 | low: NaN | high: NaN");
        assert_string_equal(mean, families[i][2]);
        free(mean);
        free(csv);
    }
    char *bytes = fixture_read(fixture.out, "plots/differences.tsv");
    assert_int_equal(occurrences(bytes, "# family: "), COUNT(families));
    free(bytes);
    fixture_end(&fixture);
}

/* The base of each group's arms against the plain linear one; arms without a run are told. */
TEST(bases_by_rate)
{
    struct fixture fixture = fixture_begin();
    fixture_add(&fixture, "schedules/plain/linear", "", k1_errors, 2);
    fixture_variant(&fixture, "schedules/plain/rex", "[schedule]\ndecay = rex\n");
    fixture_add(&fixture, "schedules/k2.0/linear", "[schedule]\nk = 2\n", k2_errors, 2);
    write_from_logs(&fixture);
    tables_plots(&fixture, "plots/rate-map", NULL, "base: linear | column: 0",
                 "pairs: 2 | difference: 0");
    tables_plots(&fixture, "plots/rate-map", NULL, "base: rex",
                 "column: 0 | pairs: 0 | difference: NaN");
    tables_plots(&fixture, "plots/rate-map", NULL, "base: linear | column: 1",
                 "pairs: 2 | difference: -1.55");
    char *bytes = fixture_read(fixture.out, "plots/rate-map.tsv");
    assert_int_equal(occurrences(bytes, "\n"), 4);
    free(bytes);
    fixture_end(&fixture);
}

/* 7,450 and 82,330 numbers of 8 and 128 rows; other seeds of what is fixed and other k are left
 * out; what is ordinary training by another name stands apart. A search stores its budget beside 2,458
 * other numbers, and has no one u. Making weights of u rows takes u 9 O I multiply-adds per convolution and minibatch. */
TEST(errors_over_parameters)
{
    static const char *const arms[][2] = {
        {"bank-u8", "[network]\nweights = bank\nrows = 8\n"},
        {"bank-u8-s1", "[network]\nweights = bank\nrows = 8\nweights_seed = 1\n"},
        {"expansion-u128", "[network]\nweights = expansion\nrows = 128\n"},
        {"expansion-u8", "[network]\nweights = expansion\nrows = 8\n"},
        {"expansion-u8-k2", "[network]\nweights = expansion\nrows = 8\n[schedule]\nk = 2\n"},
        {"ordinary-c16", ""},
        {"expansion-u1152", "[network]\nweights = expansion\nrows = 1152\n"}};
    struct fixture fixture = fixture_begin();
    for (size_t i = 0; i < COUNT(arms); i++) {
        char *arm = memory_text("weight-net/%s", arms[i][0]);
        fixture_add(&fixture, arm, arms[i][1], i == 5 ? k1_errors : k2_errors, i == 0 ? 1 : 3);
        free(arm);
    }
    fixture_add(&fixture, "weight-search/search",
                "[network]\nweights = search\nrows = 128\nbudget = 5000\n", k2_errors, 2);
    fixture_add(&fixture, "weight-search/draws/e10/r1",
                "[network]\nweights = bank\nbudget = 5000\nrows_draw = 1\n", k2_errors, 2);
    fixture_write_diverged(&fixture, "weight-net/ordinary-c16", 4);
    write_from_logs(&fixture);
    /* per minibatch of 128: u * 9 O I of the 18 convolutions but the stem; a search makes each slot of
     * 1 + log2(128) rows */
    const double pairs = 16 * 16 * 6 + 16 * 32 + 32 * 32 * 5 + 32 * 64 + 64 * 64 * 5;
    static const struct {
        const char *series, *row, *cells;
        double rows;
    } expected[] = {
        {"expansion", "label: u = 8", "stored: 7450 | n: 3 | mean: 9 | sd: 1", 8},
        {"expansion", "label: u = 128", "stored: 82330 | n: 3 | mean: 9 | sd: 1", 128},
        {"null-control", "label: u = 1152", "stored: 269722 | n: 3 | mean: 9 | sd: 1", 1152},
        {"bank", "label: u = 8", "stored: 7450 | n: 1 | mean: 8 | sd: NaN", 0},
        {"ordinary", "label: 16 channels", "stored: 269722 | n: 4 | mean: NaN | sd: NaN", 0},
        {"search", "label: search", "stored: 7458 | n: 2 | mean: 8.5", 8}};
    for (size_t i = 0; i < COUNT(expected); i++) {
        char *where = memory_text("# series: %s\n", expected[i].series);
        tables_plots(&fixture, "plots/error-parameters", where, expected[i].row, expected[i].cells);
        assert_true(fabs(tables_plotted(&fixture, "plots/error-parameters", where, expected[i].row,
                                        "macs") -
                         40551040 - expected[i].rows * 9 * pairs / 128) <
                    (expected[i].rows > 0 ? 1 : 1e-9));
        free(where);
    }
    char *bytes = fixture_read(fixture.out, "plots/error-parameters.tsv");
    static const char title[] =
        "# panel: CIFAR-10, preact-20 | 2 epochs | n = 1 to 4, 1 diverged\n";
    assert_memory_equal(bytes, title, sizeof title - 1);
    assert_int_equal(occurrences(bytes, "# series: "), 5);
    assert_int_equal(occurrences(bytes, "\n"), 3 + 5 * 2 + COUNT(expected) + 4 * 2);
    free(bytes);
    fixture_end(&fixture);

    fixture = fixture_begin();
    fixture_variant(&fixture, "weight-net/ordinary-c16", "");
    fixture_write_diverged(&fixture, "weight-net/ordinary-c16", 1);
    write_from_logs(&fixture);
    expect_file(&fixture, "plots/error-parameters.tsv", "");
    fixture_end(&fixture);
}

/* What the synthetic measures of a run say. */
struct measures {
    const char *arm;
    long seed;
    double border; /* rms of the first layer's outputs on the border, one more in each next layer;
                      2 three pixels inward */
    double tap;    /* of the filters' first number, twice and three times that of the next ones */
    int taps;      /* d = 0, 1, ... and the constant; 0: none */
};

/* The 6n convolutions of a preact-(6n+2), by layer = 0, 1, ...; text but for the numbers. */
static void add_place(struct text *text, const char *kind, int units, int layer)
{
    const int stage = layer / (2 * units), side = 32 >> stage;
    text_add(text, "%s\tstage%d.unit%d.conv%d\t%d\t%d\t", kind, stage + 1,
             layer % (2 * units) / 2 + 1, layer % 2 + 1, side, side);
}

static void add_layer(struct text *text, const struct measures *what, int units, int layer)
{
    const int stage = layer / (2 * units), side = 32 >> stage, channels = 16 << stage;
    const int inputs = stage > 0 && layer % (2 * units) == 0 ? channels / 2 : channels;
    for (int distance = 0; distance < 4; distance++) {
        const double rms = distance == 0 ? what->border + layer : distance == 3 ? 2 : 9;
        add_place(text, "output", units, layer);
        text_add(text, "%d\t-\t-\t%d\t0\t%g\t%g\t-1\t1\n", distance,
                 512 * channels * 4 * (side - 1 - 2 * distance), rms, rms);
    }
    if (side > 8) {
        add_place(text, "output", units, layer);
        text_add(text, "interior\t-\t-\t%d\t0\t9\t9\t-1\t1\n",
                 512 * channels * (side - 8) * (side - 8));
    }
    for (int t = 0; t < what->taps; t++) {
        add_place(text, "filter", units, layer);
        if (t + 1 < what->taps)
            text_add(text, "-\t%d\t0", t);
        else
            text_add(text, "-\tconstant\tconstant");
        text_add(text, "\t%d\t0\t%g\t%g\t-1\t1\n", inputs, what->tap * (t + 1),
                 what->tap * (t + 1));
    }
}

/* Of the first `layers` of a preact of so many units a stage, beside the log. */
static void write_measures(const struct fixture *fixture, const struct measures *what, int units,
                           int layers)
{
    char *path = log_path(fixture->results, what->arm, what->seed);
    struct log log;
    struct error error;
    expect_ok(log_read(path, &log, &error), &error);
    struct text text = {0};
    text_add(&text,
             "# kdecay borders: 1\n# arm: %s\n# seed: %ld\n# experiment-sha256: %s\n"
             "# test-sha256: %s\n# environment: %s\n# state-sha256: %s\n# pictures: 512\n"
             "kind\tlayer\theight\twidth\tdistance\tdepth\talong\tcount\tmean\trms\tsd\tmin\tmax\n",
             what->arm, what->seed, log.experiment_digest.hex, log.test.hex, log.environment,
             log.state.hex);
    for (int layer = 0; layer < layers; layer++)
        add_layer(&text, what, units, layer);
    char *file = memory_text("%.*s.borders.tsv", (int)(strlen(path) - strlen(".tsv")), path);
    file_write(file, text.bytes, text.length);
    free(file);
    free(text.bytes);
    log_free(&log);
    free(path);
}

/* A block of border-maps.tsv: on the border the first layer's ratio, half more on each next one; 9 / 2
 * at 1 and 2 pixels. */
static void add_map(struct text *text, const char *head, double border, int layers)
{
    text_add(text, "%s# layer\trms at 0, 1, 2, 3 pixels from the border\n", head);
    for (int l = 0; l < layers; l++)
        text_add(text, "%d\t%g\t4.5\t4.5\t1\n", l + 1, border + l / 2.);
}

/* A block of border-filters.tsv: all layers alike. */
static void add_tap(struct text *text, const char *head, double rms)
{
    text_add(text, "%s# layer\trms\n", head);
    for (int l = 0; l < 18; l++)
        text_add(text, "%d\t%g\n", l + 1, rms);
}

static void expect_text(const struct fixture *fixture, const char *name, struct text *text)
{
    expect_file(fixture, name, text->bytes);
    free(text->bytes);
    *text = (struct text){0};
}

/* Of three runs of zero two are measured: 1 and 3 over 2, and half more on each next layer. */
TEST(borders_of_pad_net)
{
    struct fixture fixture = fixture_begin();
    write_from_logs(&fixture);
    expect_file(&fixture, "plots/border-maps.tsv", "");
    expect_file(&fixture, "plots/border-filters.tsv", "");
    fixture_variant(&fixture, "pad-net/zero", "");
    fixture_variant(&fixture, "pad-net/learned",
                    "[network]\npadding = learned\npadding_depth = 2\n");
    fixture_variant(&fixture, "pad-net/learned-k2",
                    "[network]\npadding = learned\n[schedule]\nk = 2\n");
    fixture_write_arm(&fixture, "pad-net/zero", k2_errors, 3);
    fixture_write_arm(&fixture, "pad-net/learned", k2_errors, 2);
    fixture_write_arm(&fixture, "pad-net/learned-k2", k2_errors, 1);
    static const struct measures measured[] = {{"pad-net/zero", 1, 1, 0, 0},
                                               {"pad-net/zero", 3, 3, 0, 0},
                                               {"pad-net/learned", 1, 1, 0.5, 3},
                                               {"pad-net/learned", 2, 1, 1.5, 3},
                                               {"pad-net/learned-k2", 1, 1, 0.5, 2}};
    for (size_t i = 0; i < COUNT(measured); i++)
        write_measures(&fixture, &measured[i], 3, 18);
    write_from_logs(&fixture);
    struct text text = {0};
    add_map(&text, "# arm: learned, n = 2\n", 0.5, 18);
    add_map(&text, "\n\n# arm: zero, n = 2\n", 1, 18);
    expect_text(&fixture, "plots/border-maps.tsv", &text);
    add_tap(&text, "# arm: learned, n = 2\n# tap: 0, 0\n", 1);
    add_tap(&text, "\n\n# tap: 1, 0\n", 2);
    add_tap(&text, "\n\n# tap: b\n", 3);
    expect_text(&fixture, "plots/border-filters.tsv", &text);
    fixture_end(&fixture);
}

/* A measure that ends before the network does is refused, and so is one that only begins. */
TEST(short_borders)
{
    static const struct measures measures = {"pad-net/zero", 1, 1, 0, 0};
    static const int layers[] = {17, 0};
    struct fixture fixture = fixture_begin();
    fixture_add(&fixture, measures.arm, "", k2_errors, 1);
    struct ledger ledger;
    const struct experiment_files none = {0};
    struct error error;
    assert_int_equal(ledger_read(fixture.results, NULL, &ledger, &error), 0);
    for (size_t i = 0; i < COUNT(layers); i++) {
        write_measures(&fixture, &measures, 3, layers[i]);
        expect_failed(plot_data_write(&ledger, &none, fixture.out, &error), &error,
                      i == 0 ? "expected \"output stage3.unit3.conv2 8 8 0"
                             : "expected \"output stage1.unit1.conv1 32 ");
    }
    ledger_free(&ledger);
    fixture_end(&fixture);
}

/* 516 layers. */
TEST(borders_of_deep_network)
{
    static const struct measures measures = {"pad-net/deep", 1, 1, 0, 0};
    struct fixture fixture = fixture_begin();
    fixture_add(&fixture, measures.arm, "[network]\ndepth = 518\n", k2_errors, 1);
    write_measures(&fixture, &measures, 86, 516);
    write_from_logs(&fixture);
    struct text text = {0};
    add_map(&text, "# arm: deep, n = 1\n", 0.5, 516);
    expect_text(&fixture, "plots/border-maps.tsv", &text);
    fixture_end(&fixture);
}
