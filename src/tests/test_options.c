/* The command line. This file lists the options of each command again, by hand. */
#define _POSIX_C_SOURCE 200809L
#include "base/memory.h"
#include "tests/scratch.h"
#include "tests/tests.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *options;
} commands[] = {
    {"train", "seed threads data set results checkpoints checkpoint-minutes"},
    {"describe", "set ranks latency bandwidth threads images-per-second"},
    {"schedule", "set digits"},
    {"match", "k experiments"},
    {"export", "seed out set checkpoints"},
    {"keys", ""},
    {"probe", "seed steps out data threads set checkpoints"},
    {"borders", "seed data results checkpoints set"},
    {"bench", "out threads rounds seconds torch python set"},
    {"status", "results experiments queue"},
    {"watch", "results checkpoints queue once"},
    {"missing", "scale results experiments queue"},
    {"arrays", "out scale queue threads ranks safety hours tasks results experiments"},
    {"collect", "results"},
    {"cost", "results experiments"},
    {"report", "results experiments out"},
    {"audit", "results experiments replay drawn page protocols out seed runs steps data threads "
              "checkpoints"},
    {"keep", "results experiments drawn page out"},
    {"selftest", "results experiments out seed runs"},
    {"trace", "results experiments out"},
    {"version", ""},
    {"help", ""},
};

static const struct {
    const char *name, *value;
} options[] = {
    {"seed", "1"},       {"threads", "1"},
    {"data", "none"},    {"set", "a.b=1"},
    {"results", "none"}, {"checkpoints", "none"},
    {"replay", "none"},  {"drawn", "none"},
    {"page", "none"},    {"protocols", "none"},
    {"once", ""},        {"experiments", "none"},
    {"steps", "2"},      {"runs", "1"},
    {"out", "none"},     {"digits", "9"},
    {"torch", "none"},   {"rounds", "1"},
    {"seconds", "1"},    {"k", "2"},
    {"queue", "none"},   {"scale", "smoke"},
    {"hours", "1"},      {"tasks", "1"},
    {"safety", "2"},     {"checkpoint-minutes", "1"},
    {"ranks", "1"},      {"latency", "1"},
    {"bandwidth", "1"},  {"images-per-second", "1"},
};

static int has_word(const char *words, const char *word)
{
    char *all = memory_text(" %s ", words), *one = memory_text(" %s ", word);
    const int found = strstr(all, one) != NULL;
    free(all);
    free(one);
    return found;
}

/* The program with these words; `text` is all that it printed. */
static void expect(const char *words, int expected, const char *text)
{
    char *command = memory_text("build/kdecay %s", words), *output = NULL;
    const int status = scratch_run(command, &output);
    if (status != expected || strcmp(output, text) != 0)
        fail_msg("%s: expected status %d and\n%s\nfound %d and\n%s", command, expected, text,
                 status, output);
    free(output);
    free(command);
}

/* Status 1 and one line. */
static void expect_refusal(const char *words, const char *text)
{
    char *line = memory_text("kdecay: %s\n", text);
    expect(words, 1, line);
    free(line);
}

/* Words are taken from left to right: where the complaint is of the last one, those before it are
 * right, and nothing was done. */
#define STOP " --no-such-option"
#define TAKEN "unknown option --no-such-option; `kdecay %s --help` shows what it takes"

TEST(each_command_takes_its_options_alone)
{
    for (size_t c = 0; c < COUNT(commands); c++) {
        const char *name = commands[c].name;
        struct text words = {0}, expected = {0};
        for (size_t o = 0; o < COUNT(options); o++) {
            text_add(&words, "build/kdecay %s --%s %s" STOP " || echo %s $?; ", name,
                     options[o].name, options[o].value, options[o].name);
            text_add(&expected, "kdecay: ");
            if (has_word(commands[c].options, options[o].name))
                text_add(&expected, TAKEN, name);
            else
                text_add(&expected, "%s does not take --%s; `kdecay %s --help` shows what it takes",
                         name, options[o].name, name);
            text_add(&expected, "\n%s 1\n", options[o].name);
        }
        char *found = NULL;
        scratch_run(words.bytes, &found);
        assert_string_equal(found, expected.bytes);
        free(found);
        free(words.bytes);
        free(expected.bytes);
    }
}

TEST(help_shows_what_is_taken)
{
    for (size_t c = 0; c < COUNT(commands); c++) {
        char *shown = NULL, *words = memory_text("build/kdecay %s --help | sed -n 's/^  --"
                                                 "\\([^ ]*\\).*/\\1/p' | sort | paste -sd ' '",
                                                 commands[c].name);
        assert_int_equal(scratch_run(words, &shown), 0);
        char *expected = NULL,
             *sorted =
                 memory_text("echo %s | tr ' ' '\\n' | sort | paste -sd ' '", commands[c].options);
        assert_int_equal(scratch_run(sorted, &expected), 0);
        assert_string_equal(shown, expected);
        free(expected);
        free(sorted);
        free(shown);
        free(words);
    }
}

TEST(help_is_everywhere)
{
    char *help = NULL;
    assert_int_equal(scratch_run("build/kdecay help 2>&-", &help), 0);
    for (size_t c = 0; c < COUNT(commands); c++) {
        char *line = memory_text("\n  %-10s", commands[c].name);
        assert_non_null(strstr(help, line));
        free(line);
    }
    expect("2>&-", 0, help);
    expect("--help 2>&-", 0, help);
    expect("-h 2>&-", 0, help);
    free(help);
    for (size_t c = 0; c < COUNT(commands); c++) {
        char *words = memory_text("build/kdecay help %s 2>&-", commands[c].name);
        assert_int_equal(scratch_run(words, &help), 0);
        char *start = memory_text("usage: kdecay %s", commands[c].name);
        assert_memory_equal(help, start, strlen(start));
        static const char *const asked[] = {"--help", "-h", "none --bogus 1 --help"};
        for (size_t i = 0; i < COUNT(asked); i++) {
            char *call = memory_text("%s %s 2>&-", commands[c].name, asked[i]);
            expect(call, 0, help);
            free(call);
        }
        free(start);
        free(words);
        free(help);
    }
    expect_refusal("help > /dev/full", "standard output: No space left on device");
    expect_refusal("train --help > /dev/full", "standard output: No space left on device");
    expect_refusal("help nothing", "no such command: nothing; `kdecay help` lists all commands");
}

TEST(help_of_a_command)
{
    expect("describe --help", 0,
           "usage: kdecay describe EXPERIMENT.ini [--set SECTION.KEY=VALUE]... [--ranks N]\n"
           "                [--latency US] [--bandwidth GBS] [--threads N]\n"
           "                [--images-per-second X]\n"
           "\n"
           "show every layer: shape, parameters, multiply-adds, oneDNN kernels; with\n"
           "--ranks, predict the training speed on several MPI ranks instead\n"
           "\n"
           "  EXPERIMENT.ini             must be given\n"
           "  --set SECTION.KEY=VALUE    use this value instead of the experiment file's;\n"
           "                             may be repeated\n"
           "  --ranks N                  predict the speed on 1, 2, 4 ... N MPI ranks, from\n"
           "                             a model of the messages\n"
           "                             (a whole number from 1 to 1048576; needs --latency)\n"
           "  --latency US               microseconds per message\n"
           "                             (a number above 0; needs --bandwidth)\n"
           "  --bandwidth GBS            gigabytes per second between ranks\n"
           "                             (a number above 0; needs --ranks)\n"
           "  --threads N                threads of each rank; by default all CPUs\n"
           "                             (a whole number from 1 to 1024; needs --ranks)\n"
           "  --images-per-second X      speed of one rank; by default it is measured here\n"
           "                             (a number above 0; needs --ranks)\n"
           "  -h, --help                 show this help and do nothing else\n");
    expect("match --help", 0,
           "usage: kdecay match --k K [--experiments DIR]\n"
           "\n"
           "write EXPERIMENTS/schedules/kK/: the other bases with the mean rate of this k\n"
           "\n"
           "  --experiments DIR          folder of experiment files\n"
           "                             (default experiments)\n"
           "  --k K                      the others get the mean rate of the polynomial with\n"
           "                             this k\n"
           "                             (a number above 1, 100 at most; must be given)\n"
           "  -h, --help                 show this help and do nothing else\n");
}

TEST(version_is_an_option_too)
{
    char *version = NULL;
    assert_int_equal(scratch_run("build/kdecay version 2>&-", &version), 0);
    assert_memory_equal(version, "kdecay ", 7);
    expect("--version 2>&-", 0, version);
    free(version);
    expect_refusal("--version --hours 3",
                   "version does not take --hours; `kdecay version --help` shows what it takes");
    expect_refusal("version 3",
                   "unexpected argument: 3; `kdecay version --help` shows what it takes");
}

TEST(the_nearest_name)
{
    static const char *const near[][2] = {
        {"train a.ini --theads 2", "unknown option --theads; did you mean --threads?"},
        {"train a.ini --thread 2", "unknown option --thread; did you mean --threads?"},
        {"train a.ini --theards=2", "unknown option --theards; did you mean --threads?"},
        {"train a.ini --sed 2", "unknown option --sed; did you mean --seed?"},
        {"describe a.ini --image-per-secnd 2",
         "unknown option --image-per-secnd; did you mean --images-per-second?"},
        {"audit --resluts none", "unknown option --resluts; did you mean --results?"},
        {"trian a.ini", "no such command: trian; did you mean train?"},
        {"staus", "no such command: staus; did you mean status?"},
        {"--versoin", "no such command: --versoin; did you mean version?"},
        {"selftset", "no such command: selftset; did you mean selftest?"},
        /* nothing is near */
        {"keys --theads 2", "unknown option --theads; `kdecay keys --help` shows what it takes"},
        {"match --x 2", "unknown option --x; `kdecay match --help` shows what it takes"},
        {"train a.ini --lr 2", "unknown option --lr; `kdecay train --help` shows what it takes"},
        {"train a.ini -t 2", "unknown option -t; `kdecay train --help` shows what it takes"},
        {"train a.ini --seedseedseed 2",
         "unknown option --seedseedseed; `kdecay train --help` shows what it takes"},
        {"frobnicate", "no such command: frobnicate; `kdecay help` lists all commands"},
        {"''", "no such command: ; `kdecay help` lists all commands"},
        {"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
         "no such command: abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz; `kdecay help` "
         "lists all commands"},
    };
    for (size_t i = 0; i < COUNT(near); i++)
        expect_refusal(near[i][0], near[i][1]);
}

static void check_value(const char *command, const char *option, const char *value,
                        const char *range)
{
    char *words = memory_text("%s --%s '%s'" STOP, command, option, value);
    char *text = range ? memory_text("--%s %s: expected %s", option, value, range)
                       : memory_text(TAKEN, command);
    expect_refusal(words, text);
    free(text);
    free(words);
}

TEST(ranges)
{
    static const char seed[] = "a whole number from 0 to 4294967295";
    static const struct {
        const char *command, *option, *taken, *refused, *range;
    } rows[] = {
        {"train", "seed", "0 1 4294967295 007",
         "-1 4294967296 99999999999999999999 1e3 0x1 +1 1.0 1.5 x 1x nan", seed},
        {"selftest", "seed", "0 4294967295", "-1 4294967296", seed},
        {"audit", "seed", "0 4294967295", "-1 4294967296", seed},
        {"train", "threads", "1 1024", "0 -1 1025 2,5", "a whole number from 1 to 1024"},
        {"arrays", "threads", "1 1024", "0 1025", "a whole number from 1 to 1024"},
        {"describe", "threads", "1 1024", "0 1025", "a whole number from 1 to 1024"},
        {"train", "checkpoint-minutes", "0 0.001 10", "-1 nan inf 2x", "a number not below 0"},
        {"describe", "ranks", "1 1048576", "0 1048577", "a whole number from 1 to 1048576"},
        {"arrays", "ranks", "1 1048576", "0 1048577", "a whole number from 1 to 1048576"},
        {"describe", "latency", "1e-300 0.5 1e308 +2 .5 3.",
         "0 -1 1e309 1e-999 inf nan 0x1p3 infinity 1e 1_0", "a number above 0"},
        {"describe", "bandwidth", "1e-3 12.5", "0 -0 x", "a number above 0"},
        {"describe", "images-per-second", "1e-3 12.5", "0 -1", "a number above 0"},
        {"match", "k", "1.0000001 2 100", "1 0 -2 100.001 2x nan", "a number above 1, 100 at most"},
        {"probe", "steps", "2 2147483647", "1 2147483648", "a whole number from 2 to 2147483647"},
        {"audit", "steps", "2 100", "1 101", "a whole number from 2 to 100"},
        {"audit", "runs", "0 1000000", "-1 1000001", "a whole number from 0 to 1000000"},
        {"selftest", "runs", "0 1000000", "-1 1000001", "a whole number from 0 to 1000000"},
        {"bench", "rounds", "1 1000", "0 1001", "a whole number from 1 to 1000"},
        {"bench", "seconds", "0 0.5 3600", "-1 3600.1 inf", "a number from 0 to 3600"},
        {"arrays", "safety", "1 1.5 100", "0.5 100.1 2x", "a number from 1 to 100"},
        {"arrays", "hours", "1 8760", "0 8761", "a whole number from 1 to 8760"},
        {"arrays", "tasks", "1 2147483647", "0 2147483648", "a whole number from 1 to 2147483647"},
        {"arrays", "scale", "smoke desk full", "smok fulll smoke|desk Full 0",
         "one of smoke|desk|full"},
        {"missing", "scale", "smoke desk full", "x", "one of smoke|desk|full"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (int good = 0; good < 2; good++) {
            char *values = memory_text("%s", good ? rows[i].taken : rows[i].refused), *rest = NULL;
            for (char *v = strtok_r(values, " ", &rest); v; v = strtok_r(NULL, " ", &rest))
                check_value(rows[i].command, rows[i].option, v, good ? NULL : rows[i].range);
            free(values);
        }
    }
    check_value("train", "seed", " 1", seed);
    check_value("train", "seed", "1 ", seed);
    check_value("describe", "latency", " 1", "a number above 0");
}

TEST(values)
{
    static const char *const bad[][2] = {
        {"train a.ini --seed", "--seed needs a value N"},
        {"train a.ini --seed --threads 2", "--seed needs a value N"},
        {"watch --once=1", "--once takes no value"},
        {"train a.ini --data --threads 2", "--data needs a value DIR"},
        {"train a.ini --data ''", "--data: expected DIR, found nothing"},
        {"train a.ini --data= --seed 1", "--data: expected DIR, found nothing"},
        {"train a.ini --seed=", "--seed: expected N, found nothing"},
        {"train a.ini --seed=1 --seed 1", "--seed is given twice"},
        {"report --out a --results b --out c", "--out is given twice"},
        {"train a.ini --seed \"$(printf '1\\n2')\"",
         "--seed 1 2: expected a whole number from 0 to 4294967295"},
        {"train", "expected: EXPERIMENT.ini; `kdecay train --help` shows what it takes"},
        {"train a.ini", "train needs --seed N"},
        {"bench --out none",
         "expected: EXPERIMENT.ini...; `kdecay bench --help` shows what it takes"},
        {"bench a.ini b.ini", "bench needs --out DIR"},
        {"export a.ini --seed 1", "export needs --out FILE"},
        {"missing", "missing needs --scale smoke|desk|full"},
        {"missing a b --scale smoke",
         "unexpected argument: b; `kdecay missing --help` shows what it takes"},
        {"match", "match needs --k K"},
        {"describe a.ini --ranks 4", "--ranks needs --latency US"},
        {"describe a.ini --ranks 4 --latency 1", "--latency needs --bandwidth GBS"},
        {"describe a.ini --latency 1 --bandwidth 1", "--bandwidth needs --ranks N"},
        {"describe a.ini --threads 1", "--threads needs --ranks N"},
        {"describe a.ini --images-per-second 1", "--images-per-second needs --ranks N"},
        {"train -- --seed", "train needs --seed N"},
        {"train --seed 1 -- --seed", "--seed: cannot be opened: No such file or directory"},
        {"train --seed 1 -", "-: cannot be opened: No such file or directory"},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        expect_refusal(bad[i][0], bad[i][1]);
}

/* With an equals sign, before the argument, and --set twice: the later one wins. */
TEST(forms)
{
    static const char *const calls[] = {
        "%s --set training.epochs=2",
        "--set=training.epochs=2 %s",
        "--set training.epochs=2 -- %s",
        "--set training.epochs=1 %s --set training.epochs=2",
    };
    char *expected = NULL;
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct text words = {0};
        const char *file = strstr(calls[i], "%s");
        text_add(&words, "build/kdecay schedule %.*sexperiments/smoke/preact-8/poly-k2.0.ini%s",
                 (int)(file - calls[i]), calls[i], file + 2);
        char *found = NULL;
        assert_int_equal(scratch_run(words.bytes, &found), 0);
        assert_non_null(strstr(found, "\t2\t"));
        assert_null(strstr(found, "\t3\t"));
        if (expected)
            assert_string_equal(found, expected);
        else
            expected = memory_text("%s", found);
        free(found);
        free(words.bytes);
    }
    free(expected);
}
