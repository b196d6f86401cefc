#include "report/plot_data.h"

#include "base/file.h"
#include "base/memory.h"
#include "experiment/log.h"
#include "tests/results_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* last: cmocka has a macro of the name fail */
#include "tests/tests.h"

static void write_from_logs(const struct fixture *fixture)
{
    struct ledger ledger;
    struct error error;
    if (ledger_read(fixture->results, NULL, &ledger, &error) != 0 ||
        plot_data_write(&ledger, fixture->out, &error) != 0)
        fail_msg("%s", error.text);
    ledger_free(&ledger);
}

static const char k1[] = "cifar10/preact-20/poly-k1.0", k2[] = "cifar10/preact-20/poly-k2.0";

/* Means 10 and 9, deviations sqrt(0.025 / 5) and, of three, 1. */
static const double k1_errors[] = {10.00, 10.10, 9.90, 10.05, 9.95, 10.00};
static const double k2_errors[] = {8, 9, 10};

/* An experiment that changes poly-k1.0. */
static void add_experiment(const struct fixture *fixture, const char *arm, const char *changes)
{
    char *path = memory_text("%s/%s.ini", fixture->experiments, arm);
    char *text = memory_text("include = ../../cifar10/preact-20/poly-k1.0.ini\n%s", changes);
    file_write(path, text, strlen(text));
    free(text);
    free(path);
}

static void expect_file(const struct fixture *fixture, const char *name, const char *expected)
{
    char *bytes = fixture_read(fixture->out, name);
    assert_string_equal(bytes, expected);
    free(bytes);
}

static void no_logs(void **state)
{
    (void)state;
    struct fixture fixture = fixture_begin();
    write_from_logs(&fixture);
    expect_file(&fixture, "plots/error-k.tsv", "");
    expect_file(&fixture, "plots/error-area.tsv", "");
    fixture_end(&fixture);
}

/* The arm of another rate shares no base with the two, and one k alone is no panel. */
static void errors_over_k(void **state)
{
    (void)state;
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 6);
    fixture_write_arm(&fixture, k2, k2_errors, 3);
    fixture_experiment(&fixture, "cifar10/preact-20/other", 3, 0.2);
    fixture_write_arm(&fixture, "cifar10/preact-20/other", k2_errors, 2);
    add_experiment(&fixture, "cifar100/x/a", "[data]\nset = cifar100\n");
    add_experiment(&fixture, "cifar100/x/b", "[data]\nset = cifar100\n[schedule]\nk = 1.5\n");
    fixture_write_arm(&fixture, "cifar100/x/a", k2_errors, 1);
    fixture_write_arm(&fixture, "cifar100/x/b", k1_errors, 1);
    write_from_logs(&fixture);

    /* t of 5 degrees of freedom 2.5705818, of 2 degrees 4.3026527 */
    const double half1 = 2.5705818 * sqrt(0.025 / 5 / 6), half2 = 4.3026527 / sqrt(3);
    char *bytes = fixture_read(fixture.out, "plots/error-k.tsv");
    double shown[4];
    size_t n[2];
    int end = 0;
    assert_int_equal(sscanf(bytes,
                            "# panel: CIFAR-10, preact-20 | polynomial, 2 epochs | n = 3 to 6\n"
                            "# k\tn\tmean\tlow\thigh\n"
                            "1\t%zu\t10\t%lf\t%lf\n"
                            "2\t%zu\t9\t%lf\t%lf%n",
                            &n[0], &shown[0], &shown[1], &n[1], &shown[2], &shown[3], &end),
                     6);
    assert_true(n[0] == 6 && n[1] == 3);
    assert_true(fabs(shown[0] - (10 - half1)) < 1e-6 && fabs(shown[1] - (10 + half1)) < 1e-6);
    assert_true(fabs(shown[2] - (9 - half2)) < 1e-6 && fabs(shown[3] - (9 + half2)) < 1e-6);
    assert_string_equal(bytes + end,
                        "\n\n\n# k\terror\n"
                        "1\t10\n1\t10.1\n1\t9.9\n1\t10.05\n1\t9.95\n1\t10\n"
                        "2\t8\n2\t9\n2\t10\n"
                        "\n\n# panel: CIFAR-100, preact-20 | polynomial, 2 epochs | n = 1\n"
                        "# k\tn\tmean\tlow\thigh\n1\t1\t8\tNaN\tNaN\n1.5\t1\t10\tNaN\tNaN\n"
                        "\n\n# k\terror\n1\t8\n1.5\t10\n");
    free(bytes);
    fixture_end(&fixture);
}

/* Differences 0, -1.1, -1.7 of k = 4 have the mean -2.8 / 3 and the deviation 0.862167810425171; of
 * k = 2 they are half a point less. Over log2 k = 0, 1, 2 the means 0, -2.8 / 3 + 0.5, -2.8 / 3 lie
 * around a line of the slope -2.8 / 6 through their mean at 1. */
static void errors_paired_by_seed(void **state)
{
    (void)state;
    static const char k4[] = "cifar10/preact-20/poly-k4.0";
    const double middle[] = {10.5, 9.5, 8.7, 5}, most[] = {10, 9, 8.2};
    struct fixture fixture = fixture_begin();
    add_experiment(&fixture, k4, "[schedule]\nk = 4\n");
    fixture_write_arm(&fixture, k1, k1_errors, 3);
    fixture_write_arm(&fixture, k2, middle, 3);
    fixture_write_arm(&fixture, k4, most, 3);
    write_from_logs(&fixture);
    const double mean = -2.8 / 3, half = 4.3026527 * 0.862167810425171 / sqrt(3), slope = mean / 2;
    const double center = (2 * mean + 0.5) / 3;
    char *bytes = fixture_read(fixture.out, "plots/pairs.tsv");
    double shown[8];
    int end = 0;
    assert_int_equal(sscanf(bytes,
                            "# panel: CIFAR-10, preact-20 | polynomial, 2 epochs | n = 3\n"
                            "# k\tpairs\tmean\tlow\thigh\n"
                            "2\t3\t%lf\t%lf\t%lf\n4\t3\t%lf\t%lf\t%lf\n\n\n"
                            "# trend\n# k\tdifference\n1\t%lf\n4\t%lf%n",
                            &shown[0], &shown[1], &shown[2], &shown[3], &shown[4], &shown[5],
                            &shown[6], &shown[7], &end),
                     8);
    const double expected[] = {mean + 0.5,  mean + 0.5 - half, mean + 0.5 + half, mean,
                               mean - half, mean + half,       center - slope,    center + slope};
    for (int i = 0; i < 8; i++)
        assert_true(fabs(shown[i] - expected[i]) < 1e-6);
    assert_ptr_equal(strstr(bytes + end, "\n\n\n# seed: 1\n# k\terror\tdifference\n"), bytes + end);
    double error, difference;
    assert_int_equal(sscanf(bytes + end,
                            " # seed: 1 # k error difference 1 10 0 2 10.5 0.5 4 10 0 # seed: 2"
                            " # k error difference 1 10.1 0 2 9.5 -0.6 4 9 %lf # seed: 3"
                            " # k error difference 1 9.9 0 2 8.7 -1.2 4 %lf -1.7",
                            &difference, &error),
                     2);
    assert_true(fabs(difference + 1.1) < 1e-9 && fabs(error - 8.2) < 1e-9);
    free(bytes);

    /* a fourth seed of the control pairs with nobody */
    fixture_write_arm(&fixture, k1, k1_errors, 4);
    write_from_logs(&fixture);
    bytes = fixture_read(fixture.out, "plots/pairs.tsv");
    assert_non_null(strstr(bytes, "# seed: 4\n# k\terror\tdifference\n1\t10.05\t0\n"));
    assert_non_null(strstr(bytes, "# trend\n# k\tdifference\n1\t"));
    free(bytes);

    /* but where another arm has it, too, that one's mean is of other seeds than the trend */
    fixture_write_arm(&fixture, k2, middle, 4);
    write_from_logs(&fixture);
    bytes = fixture_read(fixture.out, "plots/pairs.tsv");
    assert_non_null(strstr(bytes, "# seed: 4\n# k\terror\tdifference\n1\t10.05\t0\n2\t5\t-5.05\n"));
    assert_non_null(strstr(bytes, "# trend\n# k\tdifference\nNaN\tNaN\n\n\n# seed: 1\n"));
    free(bytes);
    fixture_end(&fixture);
}

/* In the order of the ledger, behind the runs of an arm their mean; a run that diverged is left out
 * of both. */
static void numbers_over_epochs(void **state)
{
    (void)state;
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 2);
    fixture_write_diverged(&fixture, k1, 3);
    fixture_write_arm(&fixture, k2, k2_errors, 1);
    write_from_logs(&fixture);
    char *bytes = fixture_read(fixture.out, "plots/training.tsv");
    double lr[10];
    int end = 0;
    assert_int_equal(sscanf(bytes,
                            "# epoch\tlr\ttrain_loss\ttrain_error\ttest_loss\ttest_error\n"
                            "\"CIFAR-10, preact-20, polynomial, k = 1, seed 1\"\n"
                            "1\t%lf\t1.5\t40.5\t1.25\t9.5\n2\t%lf\t0.75\t40.5\t1.25\t10\n\n\n"
                            "\"CIFAR-10, preact-20, polynomial, k = 1, seed 2\"\n"
                            "1\t%lf\t1.5\t40.5\t1.25\t9.6\n2\t%lf\t0.75\t40.5\t1.25\t10.1\n\n\n"
                            "\"CIFAR-10, preact-20, polynomial, k = 1, n = 2\"\n"
                            "1\t%lf\t1.5\t40.5\t1.25\t9.55\n2\t%lf\t0.75\t40.5\t1.25\t10.05\n\n\n"
                            "\"CIFAR-10, preact-20, polynomial, k = 2, seed 1\"\n"
                            "1\t%lf\t1.5\t40.5\t1.25\t7.5\n2\t%lf\t0.75\t40.5\t1.25\t8\n\n\n"
                            "\"CIFAR-10, preact-20, polynomial, k = 2, n = 1\"\n"
                            "1\t%lf\t1.5\t40.5\t1.25\t7.5\n2\t%lf\t0.75\t40.5\t1.25\t8\n%n",
                            &lr[0], &lr[1], &lr[2], &lr[3], &lr[4], &lr[5], &lr[6], &lr[7], &lr[8],
                            &lr[9], &end),
                     10);
    assert_true(end > 0 && bytes[end] == '\0');
    for (int i = 0; i < 10; i++) {
        /* the last steps of two epochs of 391 */
        const double s = (i % 2 ? 781 : 390) / 782., warped = i < 6 ? s : s * s;
        assert_true(fabs(lr[i] - (0.1 - 0.0999 * warped)) < 1e-9);
    }
    free(bytes);
    fixture_end(&fixture);
}

static void diverged_runs_are_told(void **state)
{
    (void)state;
    struct fixture fixture = fixture_begin();
    fixture_write_diverged(&fixture, k1, 1);
    fixture_write_diverged(&fixture, k2, 1);
    write_from_logs(&fixture);
    expect_file(&fixture, "plots/error-k.tsv", "");
    expect_file(&fixture, "plots/error-area.tsv", "");

    fixture_write_arm(&fixture, k1, k2_errors, 1);
    write_from_logs(&fixture);
    expect_file(&fixture, "plots/error-k.tsv",
                "# panel: CIFAR-10, preact-20 | polynomial, 2 epochs | n = 1, 1 diverged\n"
                "# k\tn\tmean\tlow\thigh\n1\t1\t8\tNaN\tNaN\n2\t1\tNaN\tNaN\tNaN\n"
                "\n\n# k\terror\n1\t8\n2\tNaN\n");
    fixture_end(&fixture);
}

static size_t occurrences(const char *text, const char *of)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, of)); at++)
        count++;
    return count;
}

/* Five runs of two k, against six of one k and four of two with another padding: but for the one of
 * them that diverged. */
static void runs_over_epochs(void **state)
{
    (void)state;
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, "pad-net/replicate", "[network]\npadding = replicate\n");
    fixture_variant(&fixture, "pad-net/replicate-k2",
                    "[network]\npadding = replicate\n[schedule]\nk = 2\n");
    fixture_variant(&fixture, "pad-net/reflect", "[network]\npadding = reflect\n");
    fixture_write_arm(&fixture, "pad-net/reflect", k1_errors, 6);
    write_from_logs(&fixture);
    expect_file(&fixture, "plots/training.tsv", "");
    fixture_write_arm(&fixture, "pad-net/replicate", k2_errors, 2);
    fixture_write_arm(&fixture, "pad-net/replicate-k2", k2_errors, 2);
    fixture_write_arm(&fixture, k1, k1_errors, 3);
    fixture_write_arm(&fixture, k2, k2_errors, 2);
    fixture_write_diverged(&fixture, k2, 3);
    write_from_logs(&fixture);
    char *bytes = fixture_read(fixture.out, "plots/training.tsv");
    assert_int_equal(occurrences(bytes, "\"CIFAR-10, preact-20, polynomial, k = 1, seed "), 3);
    assert_int_equal(occurrences(bytes, "\"CIFAR-10, preact-20, polynomial, k = 2, seed "), 2);
    assert_int_equal(occurrences(bytes, "\"CIFAR-10, preact-20, polynomial, k = 2, n = 2\"\n"), 1);
    assert_int_equal(occurrences(bytes, "\"CIFAR-10"), 5 + 2);
    free(bytes);
    fixture_write_arm(&fixture, "pad-net/replicate-k2", k1_errors, 4);
    write_from_logs(&fixture);
    bytes = fixture_read(fixture.out, "plots/training.tsv");
    assert_int_equal(occurrences(bytes, "\"CIFAR-10, preact-20-pad-replicate, polynomial, "),
                     6 + 2);
    assert_int_equal(occurrences(bytes, "\"CIFAR-10"), 6 + 2);
    free(bytes);
    bytes = fixture_read(fixture.out, "plots/error-k.tsv");
    assert_ptr_equal(strstr(bytes, "# panel: "), bytes);
    assert_ptr_equal(strstr(bytes, "# panel: CIFAR-10, preact-20-pad-replicate | "), bytes);
    assert_int_equal(occurrences(bytes, "# panel: "), 2);
    free(bytes);
    fixture_end(&fixture);
}

/* Three schedules of one setting, against two of another with more epochs. Over T = 782 steps the
 * linear base has the mean (T + 1) / 2T, a constant at half the rate a factor of half a range; two
 * cosine cycles of 391 steps have (391 + 1) / (2 x 391). */
static void errors_over_area(void **state)
{
    (void)state;
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 6);
    add_experiment(&fixture, "cifar10/s/constant",
                   "[schedule]\ndecay = constant\nlr = 0.05\nlr_end = 1e-3\n");
    fixture_write_arm(&fixture, "cifar10/s/constant", k2_errors, 1);
    add_experiment(&fixture, "cifar10/s/sgdr", "[schedule]\ndecay = cosine\ncycle = 1\n");
    fixture_write_arm(&fixture, "cifar10/s/sgdr", k2_errors, 3);
    add_experiment(&fixture, "cifar10/l/linear", "[training]\nepochs = 3\n");
    fixture_write_arm(&fixture, "cifar10/l/linear", k2_errors, 3);
    add_experiment(&fixture, "cifar10/l/cosine",
                   "[training]\nepochs = 3\n[schedule]\ndecay = cosine\n");
    fixture_write_arm(&fixture, "cifar10/l/cosine", k2_errors, 3);
    write_from_logs(&fixture);

    char *bytes = fixture_read(fixture.out, "plots/error-area.tsv");
    double factor[3], sd;
    int end = 0;
    assert_int_equal(sscanf(bytes,
                            "# panel: CIFAR-10, preact-20 | 2 epochs | n = 1 to 6\n\n\n"
                            "# base: polynomial\n# factor\tk\tn\tmean\tsd\n%lf\t1\t6\t10\t%lf\n\n\n"
                            "# base: constant\n# factor\tk\tn\tmean\tsd\n%lf\t1\t1\t8\tNaN\n\n\n"
                            "# base: sgdr\n# factor\tk\tn\tmean\tsd\n%lf\t1\t3\t9\t1\n%n",
                            &factor[0], &sd, &factor[1], &factor[2], &end),
                     4);
    assert_true(end > 0 && bytes[end] == '\0');
    assert_true(fabs(factor[0] - 783. / 1564) < 1e-8);
    assert_true(fabs(factor[1] - 0.049 / 0.099) < 1e-8);
    assert_true(fabs(factor[2] - 392. / 782) < 1e-8);
    assert_true(fabs(sd - sqrt(0.005)) < 1e-8);
    free(bytes);

    /* the same experiment under another name is no arm; without a range there is no factor */
    add_experiment(&fixture, "cifar10/s/again", "");
    fixture_write_arm(&fixture, "cifar10/s/again", k2_errors, 3);
    add_experiment(&fixture, "cifar10/s/constant",
                   "[schedule]\ndecay = constant\nlr = 0.1\nlr_end = 0.1\n");
    fixture_write_arm(&fixture, "cifar10/s/constant", k2_errors, 1);
    write_from_logs(&fixture);
    bytes = fixture_read(fixture.out, "plots/error-area.tsv");
    assert_int_equal(occurrences(bytes, "\t1\t6\t10\t"), 1);
    assert_int_equal(occurrences(bytes, "\t1\t3\t9\t1\n"), 1);
    assert_non_null(strstr(bytes, "# factor\tk\tn\tmean\tsd\nNaN\t1\t1\t8\tNaN\n"));
    free(bytes);
    fixture_end(&fixture);
}

/* 7,450 and 82,330 numbers of 8 and 128 rows; other seeds of what is fixed and other k are left
 * out. */
static void errors_over_parameters(void **state)
{
    (void)state;
    static const char *const arms[][2] = {
        {"bank-u8", "[network]\nweights = bank\nrows = 8\n"},
        {"bank-u8-s1", "[network]\nweights = bank\nrows = 8\nweights_seed = 1\n"},
        {"expansion-u128", "[network]\nweights = expansion\nrows = 128\n"},
        {"expansion-u8", "[network]\nweights = expansion\nrows = 8\n"},
        {"expansion-u8-k2", "[network]\nweights = expansion\nrows = 8\n[schedule]\nk = 2\n"},
        {"ordinary-c16", ""}};
    struct fixture fixture = fixture_begin();
    write_from_logs(&fixture);
    expect_file(&fixture, "plots/error-parameters.tsv", "");
    for (size_t i = 0; i < sizeof arms / sizeof arms[0]; i++) {
        char *arm = memory_text("weight-net/%s", arms[i][0]);
        fixture_variant(&fixture, arm, arms[i][1]);
        fixture_write_arm(&fixture, arm, k2_errors, i == 0 ? 1 : 3);
        free(arm);
    }
    fixture_write_diverged(&fixture, "weight-net/ordinary-c16", 4);
    write_from_logs(&fixture);
    expect_file(&fixture, "plots/error-parameters.tsv",
                "# panel: CIFAR-10, preact-20 | 2 epochs | n = 1 to 4, 1 diverged\n\n\n"
                "# series: expansion\n# stored\tn\tmean\tsd\n7450\t3\t9\t1\n82330\t3\t9\t1\n\n\n"
                "# series: bank\n# stored\tn\tmean\tsd\n7450\t1\t8\tNaN\n\n\n"
                "# series: ordinary\n# stored\tn\tmean\tsd\n269722\t4\tNaN\tNaN\n");
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
    if (log_read(path, &log, &error) != 0)
        fail_msg("%s", error.text);
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

/* A block of border-maps.tsv: ratios of the first layer, half more on each next one. */
static void add_map(struct text *text, const char *head, double mean, double least, double largest,
                    int layers)
{
    text_add(text, "%s# layer\tmean\tleast\tlargest\n", head);
    for (int l = 0; l < layers; l++)
        text_add(text, "%d\t%g\t%g\t%g\n", l + 1, mean + l / 2., least + l / 2., largest + l / 2.);
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
static void borders_of_pad_net(void **state)
{
    (void)state;
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
    for (size_t i = 0; i < sizeof measured / sizeof measured[0]; i++)
        write_measures(&fixture, &measured[i], 3, 18);
    write_from_logs(&fixture);
    struct text text = {0};
    add_map(&text, "# arm: learned, n = 2\n", 0.5, 0.5, 0.5, 18);
    add_map(&text, "\n\n# arm: zero, n = 2\n", 1, 0.5, 1.5, 18);
    expect_text(&fixture, "plots/border-maps.tsv", &text);
    add_tap(&text, "# arm: learned, n = 2\n# tap: 0, 0\n", 1);
    add_tap(&text, "\n\n# tap: 1, 0\n", 2);
    add_tap(&text, "\n\n# tap: b\n", 3);
    expect_text(&fixture, "plots/border-filters.tsv", &text);
    fixture_end(&fixture);
}

/* A measure that ends before the network does is refused, and so is one that only begins. */
static void short_borders(void **state)
{
    (void)state;
    static const struct measures measures = {"pad-net/zero", 1, 1, 0, 0};
    static const int layers[] = {17, 0};
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, measures.arm, "");
    fixture_write_arm(&fixture, measures.arm, k2_errors, 1);
    struct ledger ledger;
    struct error error;
    assert_int_equal(ledger_read(fixture.results, NULL, &ledger, &error), 0);
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        write_measures(&fixture, &measures, 3, layers[i]);
        assert_int_equal(plot_data_write(&ledger, fixture.out, &error), -1);
        assert_non_null(strstr(error.text, i == 0 ? "expected \"output stage3.unit3.conv2 8 8 0"
                                                  : "expected \"output stage1.unit1.conv1 32 "));
    }
    ledger_free(&ledger);
    fixture_end(&fixture);
}

/* 516 layers. */
static void borders_of_deep_network(void **state)
{
    (void)state;
    static const struct measures measures = {"pad-net/deep", 1, 1, 0, 0};
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, measures.arm, "[network]\ndepth = 518\n");
    fixture_write_arm(&fixture, measures.arm, k2_errors, 1);
    write_measures(&fixture, &measures, 86, 516);
    write_from_logs(&fixture);
    struct text text = {0};
    add_map(&text, "# arm: deep, n = 1\n", 0.5, 0.5, 0.5, 516);
    expect_text(&fixture, "plots/border-maps.tsv", &text);
    fixture_end(&fixture);
}

const struct CMUnitTest plot_runs_tests[] = {
    cmocka_unit_test(no_logs),
    cmocka_unit_test(errors_over_k),
    cmocka_unit_test(errors_paired_by_seed),
    cmocka_unit_test(numbers_over_epochs),
    cmocka_unit_test(diverged_runs_are_told),
    cmocka_unit_test(runs_over_epochs),
    cmocka_unit_test(errors_over_area),
    cmocka_unit_test(errors_over_parameters),
    cmocka_unit_test(borders_of_pad_net),
    cmocka_unit_test(short_borders),
    cmocka_unit_test(borders_of_deep_network),
};
const size_t plot_runs_test_count = sizeof plot_runs_tests / sizeof plot_runs_tests[0];
