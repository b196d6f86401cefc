#include "base/file.h"
#include "base/memory.h"
#include "experiment/config.h"
#include "tests/expect.h"
#include "tests/scratch.h"
#include "tests/tests.h"

#include <stdlib.h>
#include <string.h>

static const char good[] = "[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 64\n"
                           "test_pictures = 32\naugmentation = none\n[network]\nfamily = preact\n"
                           "depth = 8\n[training]\nepochs = 2\nbatch = 16\nlast_batch = keep\n"
                           "shards = 4\nmomentum = 0.9\nnesterov = yes\nweight_decay = 1e-4\n"
                           "[schedule]\ndecay = cosine\nlr = 0.1\nlr_end = 0\nk = 2\n";

/* Load `text` as FOLDER/a.ini and expect an error that holds each of the words. */
static void expect_error(const char *text, const char *word, const char *second)
{
    char *folder = scratch_folder(), *path = memory_text("%s/a.ini", folder);
    scratch_write(folder, "a.ini", text);
    struct experiment experiment;
    struct error error = {""};
    assert_int_equal(config_load(path, NULL, 0, &experiment, &error), -1);
    expect_words(error.text, word);
    expect_words(error.text, second);
    assert_null(strchr(error.text, '\n'));
    free(path);
    scratch_remove(folder);
}

/* `good` with one line replaced. */
static char *with(const char *line, const char *instead)
{
    const char *at = strstr(good, line);
    assert_non_null(at);
    return memory_text("%.*s%s%s", (int)(at - good), good, instead, at + strlen(line));
}

static void expect_error_with(const char *line, const char *instead, const char *word,
                              const char *second)
{
    char *text = with(line, instead);
    expect_error(text, word, second);
    free(text);
}

TEST(values_and_defaults)
{
    char *folder = scratch_folder(), *path = memory_text("%s/experiments/x/y.ini", folder);
    scratch_write(folder, "experiments/x/y.ini", good);
    struct experiment e;
    struct error error;
    assert_int_equal(config_load(path, NULL, 0, &e, &error), 0);
    assert_string_equal(e.arm, "x/y");
    assert_int_equal(e.scale, SCALE_SMOKE);
    assert_int_equal(e.set, SET_SYNTHETIC);
    assert_int_equal(e.decay, DECAY_COSINE);
    assert_int_equal(e.shards, 4);
    assert_true(e.shape.power == 1 && e.k == 2 && e.weight_decay == 1e-4);
    const char *overrides[] = {"schedule.k=3.5", "training.epochs=7"};
    assert_int_equal(config_load(path, overrides, 2, &e, &error), 0);
    assert_true(e.k == 3.5 && e.epochs == 7);
    const char *bad[] = {"schedule.kk=3.5"};
    expect_failed(config_load(path, bad, 1, &e, &error), &error, "schedule.kk");
    const char *lines[] = {"schedule.k=2\n3"};
    assert_int_equal(config_load(path, lines, 1, &e, &error), -1);
    assert_string_equal(error.text, "--set schedule.k = 2?3: expected a number");
    free(path);
    scratch_remove(folder);
}

/* The canonical text reads back as the same experiment, and does not see order or comments. */
TEST(canonical_text)
{
    struct experiment first, second;
    struct error error;
    assert_int_equal(config_parse(good, "text", &first, &error), 0);
    char *text = config_text(&first);
    assert_int_equal(config_parse(text, "text", &second, &error), 0);
    char *again = config_text(&second);
    assert_string_equal(text, again);
    assert_non_null(strstr(text, "training.weight_decay = 0.0001\n"));
    assert_non_null(strstr(text, "schedule.k = 2\n"));
    assert_null(strstr(text, "schedule.power")); /* has its default */
    first.k = 1;
    char *base = config_text(&first);
    assert_null(strstr(base, "schedule.k"));
    free(base);
    first.k = 2;
    char *commented = with("k = 2\n", "k = 2 ; a comment\n");
    assert_int_equal(config_parse(commented, "text", &second, &error), 0);
    assert_string_equal(config_digest(&first).hex, config_digest(&second).hex);
    second.k = 2.0000001;
    assert_string_not_equal(config_digest(&first).hex, config_digest(&second).hex);
    free(commented);
    free(again);
    free(text);
}

/* A registered arm's protocol is in its text, so in each log; other texts stay the same. */
TEST(registration)
{
    static const char digest[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    char *keys = memory_text("scale = smoke\nfirst_seed = 7\nseeds = 8\nprotocol = %s\n", digest);
    char *registered = with("scale = smoke\n", keys);
    struct experiment e;
    struct error error;
    assert_int_equal(config_parse(good, "text", &e, &error), 0);
    assert_true(e.first_seed == 1 && e.seeds == 0 && e.protocol.hex[0] == '\0');
    char *text = config_text(&e);
    assert_null(strstr(text, "seed"));
    assert_null(strstr(text, "protocol"));
    free(text);
    assert_int_equal(config_parse(registered, "text", &e, &error), 0);
    assert_true(e.first_seed == 7 && e.seeds == 8);
    assert_string_equal(e.protocol.hex, digest);
    text = config_text(&e);
    char *expected = memory_text("run.first_seed = 7\nrun.seeds = 8\nrun.protocol = %s\n", digest);
    assert_non_null(strstr(text, expected));
    free(expected);
    free(text);
    free(registered);
    free(keys);
    expect_error_with("scale = smoke\n", "scale = smoke\nprotocol = 00ff\n",
                      "a.ini:3:", "64 digits");
    keys = memory_text("scale = smoke\nprotocol = %.63sG\n", digest);
    expect_error_with("scale = smoke\n", keys, "a.ini:3:", "0-9 and a-f");
    free(keys);
}

TEST(includes)
{
    char *folder = scratch_folder(), *path = memory_text("%s/arms/a.ini", folder);
    scratch_write(folder, "family.ini", good);
    scratch_write(folder, "arms/a.ini", "include = ../family.ini\n[schedule]\nk = 5\n");
    struct experiment e;
    struct error error;
    assert_int_equal(config_load(path, NULL, 0, &e, &error), 0);
    assert_true(e.k == 5 && e.depth == 8);
    scratch_write(folder, "arms/a.ini", "include = a.ini\n");
    expect_failed(config_load(path, NULL, 0, &e, &error), &error, "circle");
    scratch_write(folder, "arms/a.ini", "include = ../missing.ini\n");
    expect_failed(config_load(path, NULL, 0, &e, &error), &error, "missing.ini");
    scratch_write(folder, "family.ini", "[network]\ndepht = 8\n");
    scratch_write(folder, "arms/a.ini", "include = ../family.ini\n");
    expect_failed(config_load(path, NULL, 0, &e, &error), &error, "family.ini:2: network.depht");
    free(path);
    scratch_remove(folder);
}

TEST(malformed_files)
{
    expect_error_with("depth = 8\n", "depth = eight\n", "a.ini:10:", "a number");
    expect_error_with("depth = 8\n", "depth = 8.5\n", "a.ini:10:", "whole number");
    expect_error_with("depth = 8\n", "depth = 8x\n", "a.ini:10:", "a number");
    expect_error_with("depth = 8\n", "depth =\n", "a.ini:10:", "a number");
    expect_error_with("depth = 8\n", "dephth = 8\n", "a.ini:10:", "no such key");
    expect_error_with("depth = 8\n", "depth = 8\ndepth = 8\n", "a.ini:11:", "twice");
    expect_error_with("depth = 8\n", "depth 8\n", "a.ini:10:", "key = value");
    expect_error_with("depth = 8\n", "", "network.depth", "missing");
    expect_error_with("lr = 0.1\n", "lr = nan\n", "schedule.lr", "a number");
    expect_error_with("lr = 0.1\n", "lr = 1e999\n", "schedule.lr", "a number");
    expect_error_with("k = 2\n", "k = 0\n", "schedule.k", "from");
    expect_error_with("lr_end = 0\n", "lr_end = 0.2\n", "lr_end", "at most");
    expect_error_with("decay = cosine\n", "decay = slow\n", "schedule.decay", "kdecay keys");
    expect_error_with("k = 2\n", "k = 2\nhold = 0.7\n", "schedule.hold does not belong", "cosine");
    expect_error_with("decay = cosine\n", "decay = exponential\n", "lr_end above 0", "lr");
    expect_error_with("k = 2\n", "k = 2\nwarmup = linear\n", "schedule.warmup", "warmup_steps");
    expect_error_with("batch = 16\n", "batch = 18\n", "multiple", "shards");
    expect_error_with("set = made-up\n", "set = cifar10\n", "data.train_pictures", "remove");
    expect_error_with("train_pictures = 64\n", "", "data.train_pictures", "above 0");
    expect_error_with("scale = smoke\n", "scale = desk\n", "made-up", "smoke");
    expect_error_with("k = 2\n", "include = other.ini\nk = 2\n", "schedule.include", "no such key");
    expect_error("", "run.scale", "missing");
    expect_error("\001\002\377[[[", "a.ini:1:", "key = value");
}

/* ---- Lines -------------------------------------------------------------------------------- */

enum { LIMIT = 198 }; /* bytes of a line: inih's 200 without newline and NUL */

/* A line of so many bytes: `head`, x's, and `tail` at its end. */
static char *line_of(int bytes, const char *head, const char *tail)
{
    const int middle = bytes - (int)strlen(head) - (int)strlen(tail);
    assert_true(middle > 0);
    char *line = memory_text("%s%*s%s", head, middle, "", tail);
    memset(line + strlen(head), 'x', (size_t)middle);
    return line;
}

/* `good` and one more line after it, line 24; with all that may be around the line. */
static void expect_long_line(const char *before, const char *head, const char *tail,
                             const char *after)
{
    for (int bytes = LIMIT - 1; bytes <= LIMIT + 1; bytes++) {
        char *line = line_of(bytes, head, tail);
        char *text = memory_text("%s%s%s%s", good, before, line, after);
        struct experiment e;
        struct error error = {""};
        const int status = config_parse(text, "a.ini", &e, &error);
        if (bytes > LIMIT) {
            assert_int_equal(status, -1);
            assert_string_equal(error.text,
                                "a.ini:24: a line of 199 bytes without the white space around it, "
                                "expected at most 198; break a long comment into lines that each "
                                "begin with `;`");
        } else {
            assert_string_equal(error.text, "");
            assert_int_equal(status, 0);
            assert_true(e.shape.power == 1 && e.k == 2);
        }
        free(text);
        free(line);
    }
}

/* inih by itself reads text from the 200th byte on, such as `lr = 9`, as a new line. */
TEST(long_lines)
{
    static const char *const ends[] = {"", "\n", "\r\n", "\n\n", " \t\n", "\n; the end\n"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        expect_long_line("", "; ", "x", ends[i]);
        expect_long_line("", "# ", " lr = 9", ends[i]);
        expect_long_line("   \t ", ";", "lr = 9", ends[i]);
        expect_long_line("", "update = step ; ", " lr = 9", ends[i]);
        expect_long_line("", "[schedule] ; ", "[run]", ends[i]);
    }
    /* the fault as it was found: the mean factor became that of another power */
    char *comment = line_of(198 + 9, "; ", "power = 5"), *text = with("k = 2\n", "k = 1\n");
    char *both = memory_text("%s%s", text, comment);
    expect_error(both, "a.ini:24: a line of 207 bytes", "at most 198");
    free(both);
    free(text);
    /* a line that is too long counts before all keys, and so does one of no form */
    both = memory_text("[run]\nscale = none\n%s\n", comment);
    expect_error(both, "a.ini:3: a line of 207 bytes", "");
    free(both);
    expect_error("[run]\nscale smoke\nscal = smoke\n", "a.ini:2: expected", "key = value");
    free(comment);
}

/* In a text that is included, line and file are its own. */
TEST(long_lines_of_an_included_file)
{
    char *folder = scratch_folder(), *path = memory_text("%s/a.ini", folder);
    char *line = line_of(250, "include = ", ".ini");
    char *text = memory_text("%s\n", line);
    scratch_write(folder, "family.ini", text);
    scratch_write(folder, "a.ini", "; the arm\ninclude = family.ini\n");
    struct experiment e;
    struct error error = {""};
    expect_failed(config_load(path, NULL, 0, &e, &error), &error,
                  "family.ini:1: a line of 250 bytes");
    free(text);
    free(line);
    free(path);
    scratch_remove(folder);
}

/* What inih would pass over in silence: bytes that are no text, and what stands behind a section.
 * */
TEST(bytes_that_are_no_text)
{
    expect_error_with("k = 2\n", "k = 2\001\n", "a.ini:23: the byte 0x01", "remove it");
    expect_error_with("k = 2\n", "; a comment\rk = 5\n", "a.ini:23: the byte 0x0d", "remove it");
    expect_error_with("[schedule]\n", "[schedule] power = 5\n", "a.ini:19:", "behind `[section]`");
    expect_error_with("[schedule]\n", "[schedule]power = 5\n", "a.ini:19:", "behind `[section]`");
    char *folder = scratch_folder(), *path = memory_text("%s/a.ini", folder);
    const size_t size = sizeof good - 1;
    char *bytes = memory_text("%s?k = 5\n", good);
    bytes[size] = '\0';
    file_write(path, bytes, size + 7);
    struct experiment e;
    struct error error = {""};
    expect_failed(config_load(path, NULL, 0, &e, &error), &error, "a.ini:24: the byte 0x00");
    free(bytes);
    free(path);
    scratch_remove(folder);
}

/* `good` after a byte order mark, with other ends of line, or indented: the same experiment. */
TEST(white_space_means_nothing)
{
    static const struct {
        const char *start, *indent, *end;
    } layouts[] = {{"\xef\xbb\xbf", "", "\n"},
                   {"", "", "\r\n"},
                   {"", "    ", "\n"},
                   {"", "\t", "\n"},
                   {"", "  \t ", " \r\n"},
                   {"\xef\xbb\xbf", "    ", "\r\n"},
                   {"", "", "\n\n"}};
    struct experiment first, second;
    struct error error = {""};
    assert_int_equal(config_parse(good, "text", &first, &error), 0);
    for (size_t i = 0; i < COUNT(layouts); i++) {
        struct text text = {0};
        text_add(&text, "%s", layouts[i].start);
        for (const char *at = good; *at; at = strchr(at, '\n') + 1)
            text_add(&text, "%s%.*s%s", layouts[i].indent, (int)strcspn(at, "\n"), at,
                     layouts[i].end);
        assert_int_equal(config_parse(text.bytes, "text", &second, &error), 0);
        assert_string_equal(config_digest(&first).hex, config_digest(&second).hex);
        free(text.bytes);
    }
    /* an indented line is one of its own, with its own number */
    char *text = with("lr_end = 0\n", "   lr_end = 0.01\n");
    assert_int_equal(config_parse(text, "text", &second, &error), 0);
    assert_true(second.lr == 0.1 && second.lr_end == 0.01);
    free(text);
    expect_error_with("k = 2\n", "k = 2\n   k = 3\n", "a.ini:24: schedule.k", "twice");
    expect_error_with("k = 2\n", "k = 2\n   and more\n", "a.ini:24:", "key = value");
}

/* ---- Files of the project ----------------------------------------------------------------- */

/* The experiment file of experiments/README.md, copied with its indentation to where the README puts
 * it. Only the decay, which its reader is to write, is not there. */
TEST(experiment_of_the_readme)
{
    struct error error = {""};
    char *readme = file_read("experiments/README.md", NULL, &error);
    assert_non_null(readme);
    const char *start = strstr(readme, "       include = ");
    assert_non_null(start);
    const char *end = strstr(start, "\n\n");
    assert_non_null(end);
    char *block = memory_text("%.*s\n", (int)(end - start), start);
    char *folder = scratch_folder();
    char *path = memory_text("%s/experiments/cifar10/preact-20/mine-k1.0.ini", folder);
    scratch_write(folder, "experiments/cifar10/preact-20/mine-k1.0.ini", block);
    free(scratch_output(0, "ln -s \"$PWD/experiments/families\" %s/experiments", folder));
    struct experiment e;
    expect_failed(config_load(path, NULL, 0, &e, &error), &error,
                  "mine-k1.0.ini:6: schedule.decay = mine: no such decay");
    char *mine = strstr(block, "decay = mine");
    assert_non_null(mine);
    mine[strlen("decay = ")] = '\0';
    char *linear = memory_text("%slinear\n", block);
    scratch_write(folder, "experiments/cifar10/preact-20/mine-k1.0.ini", linear);
    assert_int_equal(config_load(path, NULL, 0, &e, &error), 0);
    assert_string_equal(e.arm, "cifar10/preact-20/mine-k1.0");
    assert_string_equal(decays[e.decay].name, "linear");
    free(linear);
    free(block);
    free(readme);
    free(path);
    scratch_remove(folder);
}

TEST(missing_file)
{
    struct experiment experiment;
    struct error error;
    expect_failed(config_load("build/no/such.ini", NULL, 0, &experiment, &error), &error,
                  "build/no/such.ini");
}
