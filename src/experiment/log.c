#include "experiment/log.h"

#include "base/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char columns[] = "epoch\tstep\tlr\ttrain_loss\ttrain_error\ttest_loss\ttest_error\t"
                              "digest\twall_seconds\twall_images_per_s\n";

/* ---- Writing ------------------------------------------------------------------------------ */

/* "# key: LINE" for each line. */
static void add_lines(struct text *text, const char *key, const char *lines)
{
    char *copy = memory_text("%s", lines);
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
        text_add(text, "# %s: %s\n", key, line);
    free(copy);
}

void log_begin(struct log_writer *writer, const struct log_facts *facts)
{
    struct text identity = {0};
    text_add(&identity, "# arm: %s\n# seed: %ld\n", facts->experiment->arm, facts->seed);
    char *experiment = config_text(facts->experiment);
    add_lines(&identity, "experiment", experiment);
    free(experiment);
    const struct digest digest = config_digest(facts->experiment);
    text_add(&identity, "# experiment-sha256: %s\n", digest.hex);
    text_add(&identity, "# train-sha256: %s\n# test-sha256: %s\n", facts->train.hex,
             facts->test.hex);
    text_add(&identity, "# parameters: %lld\n# macs: %lld\n", facts->parameters, facts->macs);
    text_add(&identity, "# initial-sha256: %s\n", facts->initial.hex);
    writer->chain = digest_of(identity.bytes, identity.length);

    writer->text = (struct text){0};
    text_add(&writer->text, "# kdecay log: %d\n%s", LOG_VERSION, identity.bytes);
    free(identity.bytes);
    text_add(&writer->text, "# program: %s\n# compiler: %s\n", facts->program, facts->compiler);
    text_add(&writer->text, "# onednn: %s\n# environment: %s\n", facts->onednn, facts->environment);
    add_lines(&writer->text, "kernel", facts->kernels);
    text_add(&writer->text, "# threads: %d\n# started: %s\n", facts->threads, facts->started);
    if (facts->ranks > 1) {
        text_add(&writer->text, "# ranks: %d\n# mpi: %s\n", facts->ranks, facts->mpi);
        add_lines(&writer->text, "rank", facts->rank_lines);
    }
}

/* Add `link` to the chain and to the text. */
static void add_link(struct log_writer *writer, const char *link)
{
    writer->chain = digest_chain(writer->chain.hex, link);
    text_add(&writer->text, "%s", link);
}

void log_add_step_loss(struct log_writer *writer, long step, double loss)
{
    char *link = memory_text("# step-loss: %ld %.17g\n", step, loss);
    add_link(writer, link);
    free(link);
}

void log_add_columns(struct log_writer *writer)
{
    text_add(&writer->text, "%s", columns);
}

void log_add_row(struct log_writer *writer, const struct log_row *row)
{
    /* an error is a count out of at most 50,000 images: 10 digits are enough to read it back exactly */
    char *link =
        memory_text("%ld\t%ld\t%.17g\t%.17g\t%.10g\t%.17g\t%.10g", row->epoch, row->step, row->lr,
                    row->train_loss, row->train_error, row->test_loss, row->test_error);
    add_link(writer, link);
    free(link);
    text_add(&writer->text, "\t%.*s\t%.3f\t%.6g\n", LOG_ROW_DIGEST, writer->chain.hex,
             row->wall_seconds, row->wall_images_per_s);
}

void log_add_resumed(struct log_writer *writer, const char *how)
{
    text_add(&writer->text, "# resumed: %s\n", how);
}

void log_end(struct log_writer *writer, long diverged_at, const struct digest *state)
{
    char *link = diverged_at ? memory_text("# status: diverged at step %ld\n# state-sha256: %s\n",
                                           diverged_at, state->hex)
                             : memory_text("# status: finished\n# state-sha256: %s\n", state->hex);
    add_link(writer, link);
    free(link);
    text_add(&writer->text, "# run-sha256: %s\n", writer->chain.hex);
    const struct digest text = digest_of(writer->text.bytes, writer->text.length);
    text_add(&writer->text, "# text-sha256: %s\n", text.hex);
}

/* ---- Reading ------------------------------------------------------------------------------ */

struct cursor {
    const char *at; /* the next line */
    int line;       /* its number, from 1 */
    const char *path;
    struct error *error;
};

/* Go to the next line. Returns the newline at the end of this line. A last line without one means that
 * the file was cut: then returns NULL and stays. */
static const char *pass_line(struct cursor *cursor)
{
    const char *newline = strchr(cursor->at, '\n');
    cursor->line++;
    if (newline)
        cursor->at = newline + 1;
    return newline;
}

static int expected(const struct cursor *cursor, const char *what)
{
    return error_set(cursor->error, "%s:%d: expected %s; the log was changed or cut, restore it",
                     cursor->path, cursor->line, what);
}

static int at_key(const struct cursor *cursor, const char *key)
{
    const size_t length = strlen(key);
    return strncmp(cursor->at, "# ", 2) == 0 && strncmp(cursor->at + 2, key, length) == 0 &&
           strncmp(cursor->at + 2 + length, ": ", 2) == 0;
}

/* The value of the next line, "# key: value"; it ends at the newline before cursor->at. NULL with the
 * error set. */
static const char *pass(struct cursor *cursor, const char *key)
{
    if (!at_key(cursor, key)) {
        cursor->line++;
        char *what = memory_text("\"# %s: ...\"", key);
        expected(cursor, what);
        free(what);
        return NULL;
    }
    const char *value = cursor->at + 2 + strlen(key) + 2;
    if (!pass_line(cursor)) {
        expected(cursor, "a whole line");
        return NULL;
    }
    return value;
}

/* The same as a new string. */
static char *take(struct cursor *cursor, const char *key)
{
    const char *value = pass(cursor, key);
    return value ? memory_copy(value, (size_t)(cursor->at - 1 - value)) : NULL;
}

static int take_digest(struct cursor *cursor, const char *key, struct digest *digest)
{
    char *value = take(cursor, key);
    if (!value)
        return -1;
    const int good =
        strlen(value) == DIGEST_LENGTH && strspn(value, "0123456789abcdef") == DIGEST_LENGTH;
    if (good)
        memcpy(digest->hex, value, DIGEST_LENGTH + 1);
    free(value);
    return good ? 0 : expected(cursor, "a SHA-256 of 64 hexadecimal digits");
}

static int take_integer(struct cursor *cursor, const char *key, long long *number)
{
    char *value = take(cursor, key);
    if (!value)
        return -1;
    char *end = NULL;
    *number = strtoll(value, &end, 10);
    const int good = end != value && *end == '\0';
    free(value);
    return good ? 0 : expected(cursor, "a whole number");
}

/* Turn the lines "# experiment: ..." into a canonical text, and that into the experiment. */
static int take_experiment(struct cursor *cursor, struct log *log)
{
    struct text text = {0};
    text_add(&text, "%s", "");
    while (at_key(cursor, "experiment")) {
        char *value = take(cursor, "experiment");
        if (!value) {
            free(text.bytes);
            return -1;
        }
        text_add(&text, "%s\n", value);
        free(value);
    }
    char *name = memory_text("%s, its experiment", log->path);
    int status = config_parse(text.bytes, name, &log->experiment, cursor->error);
    free(name);
    if (status == 0 && take_digest(cursor, "experiment-sha256", &log->experiment_digest) != 0)
        status = -1;
    const struct digest digest = digest_of(text.bytes, text.length);
    if (status == 0 && strcmp(digest.hex, log->experiment_digest.hex) != 0)
        status = expected(cursor, "the digest of the experiment above it");
    free(text.bytes);
    return status;
}

static int parse_identity(struct cursor *cursor, struct log *log, struct digest *chain)
{
    const char *first = cursor->at;
    char *name = take(cursor, "arm");
    if (!name)
        return -1;
    long long seed = 0;
    int status = take_integer(cursor, "seed", &seed);
    log->seed = (long)seed;
    if (status == 0)
        status = take_experiment(cursor, log);
    if (status == 0 && strlen(name) >= sizeof log->experiment.arm)
        status = expected(cursor, "a shorter name of the arm");
    if (status == 0)
        memcpy(log->experiment.arm, name, strlen(name) + 1);
    free(name);
    if (status != 0 || take_digest(cursor, "train-sha256", &log->train) != 0 ||
        take_digest(cursor, "test-sha256", &log->test) != 0 ||
        take_integer(cursor, "parameters", &log->parameters) != 0 ||
        take_integer(cursor, "macs", &log->macs) != 0 ||
        take_digest(cursor, "initial-sha256", &log->initial) != 0)
        return -1;
    *chain = digest_of(first, (size_t)(cursor->at - first));
    return 0;
}

/* Skip the lines of one key; returns their number, or -1. */
static int pass_lines(struct cursor *cursor, const char *key)
{
    int lines = 0;
    for (; at_key(cursor, key); lines++)
        if (!pass(cursor, key))
            return -1;
    return lines;
}

static int parse_ranks(struct cursor *cursor, struct log *log)
{
    log->ranks = 1;
    if (!at_key(cursor, "ranks"))
        return 0;
    long long ranks = 0;
    if (take_integer(cursor, "ranks", &ranks) != 0)
        return -1;
    if (ranks < 2 || ranks > LOG_RANKS)
        return expected(cursor, "at least 2 ranks, or no such line");
    log->ranks = (int)ranks;
    if (!pass(cursor, "mpi"))
        return -1;
    const int lines = pass_lines(cursor, "rank");
    if (lines >= 0 && lines != log->ranks)
        return expected(cursor, "as many lines \"# rank\" as ranks");
    return lines < 0 ? -1 : 0;
}

static int parse_surroundings(struct cursor *cursor, struct log *log)
{
    long long threads = 0;
    if (!(log->program = take(cursor, "program")) || !(log->compiler = take(cursor, "compiler")) ||
        !(log->onednn = take(cursor, "onednn")) ||
        !(log->environment = take(cursor, "environment")))
        return -1;
    if (pass_lines(cursor, "kernel") < 0 || take_integer(cursor, "threads", &threads) != 0 ||
        !(log->started = take(cursor, "started")))
        return -1;
    log->threads = (int)threads;
    return parse_ranks(cursor, log);
}

/* Add the lines from `first` on as a link. */
static void add_link_read(const struct cursor *cursor, const char *first, struct digest *chain)
{
    *chain = digest_chain_bytes(chain->hex, first, (size_t)(cursor->at - first));
}

static int parse_step_loss(struct cursor *cursor, struct log *log, struct digest *chain)
{
    const char *link = cursor->at, *value = pass(cursor, "step-loss");
    if (!value)
        return -1;
    char *after_step, *end;
    const long step = strtol(value, &after_step, 10);
    const double loss = strtod(after_step, &end);
    if (step != log->step_loss_count + 1 || step > LOG_STEP_LOSSES || end == after_step ||
        end != cursor->at - 1)
        return expected(cursor, "the next step and its loss");
    log->step_losses[log->step_loss_count++] = loss;
    add_link_read(cursor, link, chain);
    return 0;
}

/* Read the columns of a row that ends at `newline`; sscanf() would take twice as long. Returns the
 * number of bytes that the chain covers, or 0 if the row has another form. */
static size_t scan_row(const char *line, const char *newline, struct log_row *row,
                       char digest[LOG_ROW_DIGEST + 1])
{
    long *const integers[] = {&row->epoch, &row->step};
    double *const reals[] = {
        &row->lr,         &row->train_loss,   &row->train_error,      &row->test_loss,
        &row->test_error, &row->wall_seconds, &row->wall_images_per_s};
    enum { INTEGERS = 2, COVERED_REALS = 5, REALS = 7 };
    const char *at = line;
    char *end;
    for (int i = 0; i < INTEGERS; i++, at = end + 1) {
        *integers[i] = strtol(at, &end, 10);
        if (end == at || *end != '\t')
            return 0;
    }
    size_t covered = 0;
    for (int i = 0; i < REALS; i++, at = end + 1) {
        if (i == COVERED_REALS) {
            covered = (size_t)(at - 1 - line);
            if (strspn(at, "0123456789abcdef") != LOG_ROW_DIGEST || at[LOG_ROW_DIGEST] != '\t')
                return 0;
            memcpy(digest, at, LOG_ROW_DIGEST);
            digest[LOG_ROW_DIGEST] = '\0';
            at += LOG_ROW_DIGEST + 1;
        }
        *reals[i] = strtod(at, &end);
        if (end == at || *end != (i + 1 < REALS ? '\t' : '\n'))
            return 0;
    }
    /* strtod() skips white space, also newlines */
    return end == newline ? covered : 0;
}

/* Lines that may stand above the first row and between rows. */
static int parse_steps(struct cursor *cursor, struct log *log, struct digest *chain)
{
    for (;;) {
        if (at_key(cursor, "step-loss")) {
            if (parse_step_loss(cursor, log, chain) != 0)
                return -1;
        } else if (at_key(cursor, "resumed")) {
            if (!pass(cursor, "resumed"))
                return -1;
        } else {
            return 0;
        }
    }
}

static int parse_row(struct cursor *cursor, struct log *log, struct digest *chain)
{
    const char *line = cursor->at, *newline = pass_line(cursor);
    if (!newline)
        return expected(cursor, "a whole row");
    struct log_row row = {.line = cursor->line};
    char digest[LOG_ROW_DIGEST + 1];
    const size_t covered = scan_row(line, newline, &row, digest);
    if (covered == 0)
        return expected(cursor, "ten columns");
    if (row.epoch != log->row_count + 1)
        return expected(cursor, "the epoch after the last row's");
    *chain = digest_chain_bytes(chain->hex, line, covered);
    if (strncmp(digest, chain->hex, LOG_ROW_DIGEST) != 0)
        return expected(cursor, "the row's digest to follow from the rows above");
    log->rows = memory_resize(log->rows, (size_t)log->row_count + 1, sizeof *log->rows);
    log->rows[log->row_count++] = row;
    return 0;
}

static int parse_rows(struct cursor *cursor, struct log *log, struct digest *chain)
{
    if (strncmp(cursor->at, columns, strlen(columns)) != 0) {
        cursor->line++;
        return expected(cursor, "the names of the columns");
    }
    pass_line(cursor);
    do {
        if (parse_steps(cursor, log, chain) != 0)
            return -1;
        if (!(cursor->at[0] >= '0' && cursor->at[0] <= '9'))
            return 0;
    } while (parse_row(cursor, log, chain) == 0);
    return -1;
}

static int parse_end(struct cursor *cursor, const char *bytes, struct log *log,
                     struct digest *chain)
{
    const char *link = cursor->at;
    char *status = take(cursor, "status");
    if (!status)
        return -1;
    log->status_line = cursor->line;
    char rest;
    if (strcmp(status, "finished") == 0)
        log->status = LOG_FINISHED;
    else if (sscanf(status, "diverged at step %ld%c", &log->diverged_at, &rest) == 1)
        log->status = LOG_DIVERGED;
    free(status);
    if (log->status == LOG_RUNNING)
        return expected(cursor, "\"finished\" or \"diverged at step N\"");
    if (log->status == LOG_FINISHED && log->row_count != log->experiment.epochs)
        return expected(cursor, "as many rows as training.epochs");
    if (take_digest(cursor, "state-sha256", &log->state) != 0)
        return -1;
    add_link_read(cursor, link, chain);
    if (take_digest(cursor, "run-sha256", &log->run) != 0)
        return -1;
    if (strcmp(log->run.hex, chain->hex) != 0)
        return expected(cursor, "the last link of the chain");
    const struct digest above = digest_of(bytes, (size_t)(cursor->at - bytes));
    if (take_digest(cursor, "text-sha256", &log->text) != 0)
        return -1;
    if (strcmp(log->text.hex, above.hex) != 0)
        return expected(cursor, "the digest of all bytes above");
    return 0;
}

/* Read the whole log; leaves the last link in *chain. */
static int parse(const char *bytes, const char *path, struct log *log, struct digest *chain,
                 struct error *error)
{
    memset(log, 0, sizeof *log);
    log->path = memory_text("%s", path);
    struct cursor cursor = {.at = bytes, .line = 0, .path = path, .error = error};
    long long version = 0;
    if (take_integer(&cursor, "kdecay log", &version) != 0)
        return -1;
    if (version != LOG_VERSION)
        return expected(&cursor, "version 1 of the format");
    if (parse_identity(&cursor, log, chain) != 0 || parse_surroundings(&cursor, log) != 0 ||
        parse_steps(&cursor, log, chain) != 0)
        return -1;
    if (!(at_key(&cursor, "status") || *cursor.at == '\0') && parse_rows(&cursor, log, chain) != 0)
        return -1;
    if (*cursor.at != '\0' && parse_end(&cursor, bytes, log, chain) != 0)
        return -1;
    if (*cursor.at == '\0')
        return 0;
    cursor.line++;
    return expected(&cursor, "the end of the file");
}

int log_parse(const char *bytes, const char *path, struct log *log, struct error *error)
{
    struct digest chain;
    if (parse(bytes, path, log, &chain, error) == 0)
        return 0;
    log_free(log);
    return -1;
}

int log_read(const char *path, struct log *log, struct error *error)
{
    size_t size = 0;
    char *bytes = file_read(path, &size, error);
    if (!bytes)
        return -1;
    int status = 0;
    if (strlen(bytes) != size)
        status = error_set(error, "%s: holds a NUL byte; the log was changed, restore it", path);
    if (status == 0)
        status = log_parse(bytes, path, log, error);
    if (status == 0 && log->status == LOG_RUNNING) {
        log_free(log);
        status = error_set(error, "%s: has no end; the log was cut, restore it", path);
    }
    free(bytes);
    return status;
}

void log_free(struct log *log)
{
    free(log->path);
    free(log->program);
    free(log->compiler);
    free(log->onednn);
    free(log->environment);
    free(log->started);
    free(log->rows);
    memset(log, 0, sizeof *log);
}

int log_restore(struct log_writer *writer, const char *bytes, const char *path, struct error *error)
{
    struct log log;
    struct digest chain;
    const int status = parse(bytes, path, &log, &chain, error);
    const int running = status == 0 && log.status == LOG_RUNNING;
    log_free(&log);
    if (status != 0)
        return status;
    if (!running)
        return error_set(error, "%s: the run has ended already", path);
    *writer = (struct log_writer){.chain = chain};
    text_add(&writer->text, "%s", bytes);
    return 0;
}

char *log_path(const char *folder, const char *arm, long seed)
{
    return memory_text("%s/%s/seed-%ld.tsv", folder, arm, seed);
}
