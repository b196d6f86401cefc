#include "base/memory.h"
#include "experiment/log.h"
#include "tests/expect.h"
#include "tests/scratch.h"
#include "tests/tests.h"

#include <stdlib.h>
#include <string.h>

static const char experiment_text[] =
    "run.scale = smoke\ndata.set = made-up\ndata.train_pictures = 64\ndata.test_pictures = 32\n"
    "data.augmentation = none\nnetwork.family = preact\nnetwork.depth = 8\ntraining.epochs = 3\n"
    "training.batch = 16\ntraining.last_batch = keep\ntraining.shards = 4\n"
    "training.momentum = 0.9\ntraining.nesterov = yes\ntraining.weight_decay = 0.0001\n"
    "schedule.decay = polynomial\nschedule.lr = 0.1\nschedule.lr_end = 0\nschedule.k = 2\n";

/* A log of `rows` epochs on `ranks` ranks, of which there are `lines` lines; ended or not. */
static struct log_writer write_ranks(int rows, int end, int ranks, int lines)
{
    struct text rank_lines = {0};
    text_add(&rank_lines, "%s", "");
    for (int r = 0; r < lines; r++)
        text_add(&rank_lines, "threads 1, Some CPU %d\n", r);
    struct experiment experiment;
    struct error error;
    assert_int_equal(config_parse(experiment_text, "test", &experiment, &error), 0);
    strcpy(experiment.arm, "some/arm");
    const struct digest digest = digest_of("x", 1);
    const struct log_facts facts = {.experiment = &experiment,
                                    .seed = 4,
                                    .train = digest,
                                    .test = digest,
                                    .parameters = 1234,
                                    .macs = 99999,
                                    .initial = digest,
                                    .program = "p",
                                    .compiler = "c",
                                    .onednn = "o",
                                    .environment = "e",
                                    .kernels = "stem: a, b, c\nnext: d, e, f\n",
                                    .threads = 2,
                                    .started = "2026-01-01T00:00:00Z",
                                    .ranks = ranks,
                                    .mpi = "Some MPI",
                                    .rank_lines = rank_lines.bytes};
    struct log_writer writer;
    log_begin(&writer, &facts);
    free(rank_lines.bytes);
    log_add_step_loss(&writer, 1, 2.25);
    log_add_resumed(&writer, "after step 1");
    log_add_step_loss(&writer, 2, 1.0 / 3.0);
    if (rows)
        log_add_columns(&writer);
    for (int epoch = 1; epoch <= rows; epoch++) {
        const struct log_row row = {.epoch = epoch,
                                    .step = 4L * epoch,
                                    .lr = 0.1 / 3,
                                    .train_loss = 1.0 / epoch,
                                    .train_error = 50,
                                    .test_loss = 2.0 / epoch,
                                    .test_error = 6.25,
                                    .wall_seconds = 1,
                                    .wall_images_per_s = 64};
        log_add_row(&writer, &row);
        if (epoch == 1)
            log_add_resumed(&writer, "after epoch 1");
    }
    if (end)
        log_end(&writer, 0, &digest);
    return writer;
}

static struct log_writer write_log(int rows, int end)
{
    return write_ranks(rows, end, 1, 0);
}

static int parse(const char *bytes, struct log *log, struct error *error)
{
    return log_parse(bytes, "l.tsv", log, error);
}

/* The two examples of FIPS 180-2 for SHA-256. */
TEST(digests_are_sha256)
{
    assert_string_equal(digest_of("abc", 3).hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    static const char two_blocks[] =
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
    assert_string_equal(
        digest_chain("abcdbcdecdefdefgefghfghighij", "hijkijkljklmklmnlmnomnopnopq").hex,
        two_blocks);
}

TEST(what_is_written_is_read)
{
    struct log_writer writer = write_log(3, 1);
    struct log log;
    struct error error;
    expect_ok(parse(writer.text.bytes, &log, &error), &error);
    assert_string_equal(log.experiment.arm, "some/arm");
    assert_int_equal(log.seed, 4);
    assert_int_equal(log.parameters, 1234);
    assert_int_equal(log.status, LOG_FINISHED);
    assert_int_equal(log.row_count, 3);
    assert_int_equal(log.step_loss_count, 2);
    assert_true(log.step_losses[1] == 1.0 / 3.0);
    assert_true(log.rows[2].lr == 0.1 / 3 && log.rows[2].test_loss == 2.0 / 3);
    assert_true(log.experiment.k == 2);
    /* the line number leads to the row */
    const char *line = writer.text.bytes;
    for (int i = 1; i < log.rows[2].line; i++)
        line = strchr(line, '\n') + 1;
    assert_memory_equal(line, "3\t12\t", 5);
    log_free(&log);
    free(writer.text.bytes);
}

/* The ranks do not belong to the identity of a run: the chain is that of one rank. */
TEST(ranks)
{
    struct log_writer one = write_log(3, 1), four = write_ranks(3, 1, 4, 4);
    assert_null(strstr(one.text.bytes, "rank"));
    assert_non_null(strstr(four.text.bytes, "\n# ranks: 4\n# mpi: Some MPI\n# rank: threads 1, "
                                            "Some CPU 0\n"));
    struct log log;
    struct error error;
    assert_int_equal(parse(one.text.bytes, &log, &error), 0);
    assert_int_equal(log.ranks, 1);
    const struct digest run = log.run;
    log_free(&log);
    assert_int_equal(parse(four.text.bytes, &log, &error), 0);
    assert_int_equal(log.ranks, 4);
    assert_string_equal(log.run.hex, run.hex);
    log_free(&log);
    free(one.text.bytes);
    free(four.text.bytes);
    for (int lines = 3; lines <= 5; lines += 2) {
        struct log_writer wrong = write_ranks(3, 1, 4, lines);
        expect_failed(parse(wrong.text.bytes, &log, &error), &error,
                      "as many lines \"# rank\" as ranks");
        free(wrong.text.bytes);
    }
}

static void check_changed_bytes(struct log_writer writer)
{
    char *bytes = writer.text.bytes;
    for (size_t i = 0; i < writer.text.length; i++) {
        const char kept = bytes[i];
        bytes[i] = (char)(kept ^ 1);
        struct log log;
        struct error error = {""};
        if (parse(bytes, &log, &error) == 0)
            fail_msg("byte %zu changed from '%c' and nobody noticed", i, kept);
        assert_non_null(strstr(error.text, "l.tsv"));
        bytes[i] = kept;
    }
    free(bytes);
}

/* Every single changed byte of a log is an error. */
TEST(every_changed_byte_is_seen)
{
    check_changed_bytes(write_log(3, 1));
    check_changed_bytes(write_ranks(1, 1, 2, 2));
}

/* Put a newline in the place of the first byte of `number`. */
static void check_broken_line(const char *number, const char *expected)
{
    struct log_writer writer = write_log(3, 1);
    *strstr(writer.text.bytes, number) = '\n';
    struct log log;
    struct error error;
    expect_failed(parse(writer.text.bytes, &log, &error), &error, expected);
    free(writer.text.bytes);
}

/* A number on the next line is none of this one, though strtod() would read it. */
TEST(numbers_are_of_their_line)
{
    check_broken_line(" 2.25\n", "the next step and its loss");
    check_broken_line("0.0333", "ten columns");
}

/* Every cut file is an error; if it is cut at the end of a row, it is a running log. */
TEST(every_cut_is_seen)
{
    struct log_writer writer = write_log(3, 1);
    for (size_t length = writer.text.length - 1; length > 0; length--) {
        writer.text.bytes[length] = '\0';
        struct log log;
        struct error error;
        if (parse(writer.text.bytes, &log, &error) == 0) {
            assert_int_equal(log.status, LOG_RUNNING);
            assert_int_equal(writer.text.bytes[length - 1], '\n');
            log_free(&log);
        }
    }
    free(writer.text.bytes);
}

TEST(restored_log_goes_on_with_the_same_links)
{
    struct log_writer whole = write_log(3, 0), part = write_log(1, 0), restored;
    struct error error;
    assert_int_equal(log_restore(&restored, part.text.bytes, "c", &error), 0);
    assert_string_equal(restored.chain.hex, part.chain.hex);
    assert_string_not_equal(restored.chain.hex, whole.chain.hex);
    struct log_writer ended = write_log(3, 1);
    struct log_writer refused;
    assert_int_equal(log_restore(&refused, ended.text.bytes, "c", &error), -1);
    free(whole.text.bytes);
    free(part.text.bytes);
    free(restored.text.bytes);
    free(ended.text.bytes);
}

TEST(diverged_run)
{
    struct log_writer writer = write_log(1, 0);
    const struct digest digest = digest_of("x", 1);
    log_end(&writer, 7, &digest);
    struct log log;
    struct error error;
    assert_int_equal(parse(writer.text.bytes, &log, &error), 0);
    assert_int_equal(log.status, LOG_DIVERGED);
    assert_int_equal(log.diverged_at, 7);
    log_free(&log);
    free(writer.text.bytes);
}

/* A finished log with too few rows, though all digests follow. */
TEST(finished_means_all_epochs)
{
    struct log_writer writer = write_log(2, 1);
    struct log log;
    struct error error;
    expect_failed(parse(writer.text.bytes, &log, &error), &error, "training.epochs");
    free(writer.text.bytes);
}
