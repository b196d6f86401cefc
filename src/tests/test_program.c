/* The program as its user runs it: equal bits for any threads, kills and resumes; clear errors.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/file.h"
#include "base/memory.h"
#include "experiment/log.h"
#include "network/onednn.h"
#include "tests/expect.h"
#include "tests/scratch.h"
#include "tests/tests.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char experiment[] =
    "[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 300\ntest_pictures = 50\n"
    "augmentation = flip-crop\n[network]\nfamily = preact\ndepth = 8\n[training]\nepochs = 5\n"
    "batch = 32\nlast_batch = keep\nshards = 8\nmomentum = 0.9\nnesterov = yes\n"
    "weight_decay = 1e-4\n[schedule]\ndecay = polynomial\nlr = 0.1\nlr_end = 0\nk = 1.5\n";

/* One epoch of 60 steps, with dropout, which a step draws by its number. */
static const char long_epoch[] =
    "[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 1920\ntest_pictures = 50\n"
    "augmentation = flip-crop\n[network]\nfamily = wide-resnet\ndepth = 10\nwidth = 1\n"
    "dropout = 0.3\n[training]\nepochs = 1\nbatch = 32\nlast_batch = keep\nshards = 8\n"
    "momentum = 0.9\nnesterov = yes\nweight_decay = 1e-4\n[schedule]\ndecay = polynomial\n"
    "lr = 0.1\nlr_end = 0\n";
enum { LONG_EPOCH = 60 };

/* A precision that the CPU lacks is not tested, except for its error message. */
static const char *const precisions[] = {"f32", "bf16"};

static int precision_count(void)
{
    return onednn_check_precision(PRECISION_BF16, NULL) == 0 ? 2 : 1;
}

static char *train_command(const char *folder, const char *to, int threads)
{
    return memory_text("build/kdecay train %s/experiments/a.ini --seed 9 --threads %d "
                       "--results %s/%s --checkpoints %s/%s-checkpoints",
                       folder, threads, folder, to, folder, to);
}

static struct log read_log(const char *folder, const char *to)
{
    char *path = memory_text("%s/%s/a/seed-9.tsv", folder, to);
    struct log log;
    struct error error;
    expect_ok(log_read(path, &log, &error), &error);
    free(path);
    return log;
}

/* Parameters, momentum, BN statistics and all columns that do not tell the time. */
static void expect_same(const struct log *left, const struct log *right)
{
    assert_string_equal(left->state.hex, right->state.hex);
    assert_string_equal(left->run.hex, right->run.hex);
}

static struct log train(const char *folder, const char *to, int threads)
{
    char *command = train_command(folder, to, threads);
    free(scratch_output(0, "%s", command));
    free(command);
    return read_log(folder, to);
}

/* A folder with the experiment, and `lines` more. */
static char *start_with(const char *lines)
{
    char *folder = scratch_folder(), *text = memory_text("%s%s", experiment, lines);
    scratch_write(folder, "experiments/a.ini", text);
    free(text);
    return folder;
}

static char *start_in(const char *precision)
{
    char *lines = memory_text("[training]\nprecision = %s\n", precision);
    char *folder = start_with(lines);
    free(lines);
    return folder;
}

static char *start(void)
{
    return start_in("f32");
}

static void check_threads(const char *precision)
{
    char *folder = start_in(precision);
    struct log one = train(folder, "one", 1), two = train(folder, "two", 2),
               three = train(folder, "three", 3);
    assert_int_equal(one.status, LOG_FINISHED);
    assert_int_equal(three.threads, 3);
    expect_same(&one, &two);
    expect_same(&one, &three);
    log_free(&one);
    log_free(&two);
    log_free(&three);
    scratch_remove(folder);
}

TEST(same_bits_for_any_threads)
{
    for (int p = 0; p < precision_count(); p++)
        check_threads(precisions[p]);
}

/* Start the program with its messages in the file `messages` and the signal as by default. */
static pid_t start_program(const char *command, const char *messages, int signal)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct sigaction action = {.sa_handler = SIG_DFL}; /* tests in the background */
        sigaction(signal, &action, NULL);
        char *line = memory_text("exec %s 2>%s", command, messages);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    return child;
}

static void wait_milliseconds(long milliseconds)
{
    const struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* Start the program, send it the signal after `milliseconds`; its status as waitpid() gives it. */
static int signal_after(const char *command, const char *messages, int signal, long milliseconds)
{
    const pid_t child = start_program(command, messages, signal);
    wait_milliseconds(milliseconds);
    kill(child, signal);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* Kill the run again and again, after 40, 160, 280 ... ms, with other numbers of threads, until one
 * call reaches the end. */
static void check_kills(char *folder)
{
    struct log whole = train(folder, "whole", 1);
    int kills = 0;
    for (long milliseconds = 40, threads = 1; milliseconds < 60000; milliseconds += 120) {
        char *command = train_command(folder, "killed", (int)threads);
        const int status = signal_after(command, "/dev/null", SIGKILL, milliseconds);
        free(command);
        if (!WIFSIGNALED(status))
            break;
        kills++;
        threads = threads % 3 + 1;
    }
    struct log killed = read_log(folder, "killed");
    assert_true(kills > 0);
    expect_same(&whole, &killed);
    log_free(&whole);
    log_free(&killed);
    scratch_remove(folder);
}

TEST(same_bits_after_kills)
{
    for (int p = 0; p < precision_count(); p++)
        check_kills(start_in(precisions[p]));
}

TEST(same_bits_after_kills_of_blocks_and_pads)
{
    check_kills(start_with("[network]\nweights = bank\nrows = 20\n"));
    check_kills(start_with("[network]\nweights = search\nrows = 32\nbudget = 2000\n"));
    check_kills(start_with("[network]\nweights = expansion\nrows = 20\npadding = learned\n"));
}

/* When the checkpoint below the folder was written; zeros: there is none. */
static struct timespec written_at(const char *folder)
{
    size_t count = 0;
    char **paths = file_list(folder, ".safetensors", &count);
    struct stat found = {0};
    for (size_t i = 0; i < count; i++) {
        stat(paths[i], &found);
        free(paths[i]);
    }
    free(paths);
    return found.st_mtim;
}

/* Start the program, send it the signal `milliseconds` after a new checkpoint; its status. */
static int signal_after_checkpoint(const char *command, const char *messages, int signal,
                                   const char *checkpoints, long milliseconds)
{
    const struct timespec before = written_at(checkpoints);
    const pid_t child = start_program(command, messages, signal);
    int status = 0, sent = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        const struct timespec now = written_at(checkpoints);
        if (!sent && (now.tv_sec != before.tv_sec || now.tv_nsec != before.tv_nsec)) {
            wait_milliseconds(milliseconds);
            kill(child, signal);
            sent = 1;
        }
        wait_milliseconds(1);
    }
    return status;
}

/* Every process ends within the one long epoch, and the next process begins at a later step. */
static void check_kills_within_an_epoch(const char *folder, const char *minutes,
                                        const struct log *whole)
{
    char *to = memory_text("killed-%s", minutes);
    char *checkpoints = memory_text("%s/%s-checkpoints", folder, to);
    char *messages = memory_text("%s/messages", folder);
    long step = 0, kills = 0;
    for (int ended = 0; !ended;) {
        char *base = train_command(folder, to, (int)(kills % 3 + 1));
        char *command = memory_text("%s --checkpoint-minutes %s", base, minutes);
        const int status =
            signal_after_checkpoint(command, messages, SIGKILL, checkpoints, (17 * kills + 3) % 60);
        char *text = file_read(messages, NULL, NULL);
        const char *after = strstr(text, "going on after step ");
        const long begun = after                                    ? strtol(after + 20, NULL, 10)
                           : strstr(text, "going on after epoch 1") ? LONG_EPOCH
                           : strstr(text, "done already") ? LONG_EPOCH + 1 /* killed at exit */
                                                          : 0;
        if (kills > 0 ? begun <= step : begun != 0)
            fail_msg("killed %ld times, from step %ld on, and again from %ld", kills, step, begun);
        step = begun;
        ended = WIFEXITED(status);
        if (ended && WEXITSTATUS(status) != 0)
            fail_msg("%s: %s", command, text);
        kills += !ended;
        free(text);
        free(command);
        free(base);
    }
    if (kills < 3)
        fail_msg("%ld kills: no checkpoint within the epoch", kills);
    struct log killed = read_log(folder, to);
    expect_same(whole, &killed);
    log_free(&killed);
    free(messages);
    free(checkpoints);
    free(to);
}

TEST(kills_within_an_epoch_go_on_there)
{
    char *folder = scratch_folder();
    scratch_write(folder, "experiments/a.ini", long_epoch);
    struct log whole = train(folder, "whole", 1);
    assert_int_equal(whole.rows[0].step, LONG_EPOCH);
    check_kills_within_an_epoch(folder, "0", &whole);
    check_kills_within_an_epoch(folder, "0.0005", &whole); /* 30 ms: a few steps */
    log_free(&whole);
    scratch_remove(folder);
}

/* Asked to stop again and again within one epoch: each call goes on after the step at which the
 * one before it stopped, and the last one ends with the bits of a run that never stopped. The
 * signal follows a checkpoint, not a clock, so that a fast machine is stopped as well. */
TEST(stops_lose_no_step)
{
    char *folder = scratch_folder(), *messages = memory_text("%s/messages", folder);
    char *checkpoints = memory_text("%s/stopped-checkpoints", folder);
    scratch_write(folder, "experiments/a.ini", long_epoch);
    struct log whole = train(folder, "whole", 1);
    long stopped = 0, stops = 0;
    for (int ended = 0; !ended;) {
        char *base = train_command(folder, "stopped", (int)(stops % 3 + 1));
        char *command = memory_text("%s --checkpoint-minutes 0", base);
        const int status = signal_after_checkpoint(command, messages, stops % 2 ? SIGINT : SIGTERM,
                                                   checkpoints, stops % 5);
        char *text = file_read(messages, NULL, NULL);
        const char *going_on = strstr(text, "going on after ");
        const char *stop = strstr(text, "kdecay: stopped after step ");
        if (stopped % LONG_EPOCH != 0) {
            const char *step = strstr(text, "going on after step ");
            assert_non_null(step);
            assert_int_equal(strtol(step + 20, NULL, 10), stopped);
        } else if (stops == 0) {
            assert_null(going_on);
        }
        assert_true(WIFEXITED(status));
        ended = WEXITSTATUS(status) == 0;
        if (!ended) {
            assert_int_equal(WEXITSTATUS(status), 4);
            assert_non_null(stop);
            stopped = strtol(stop + 27, NULL, 10);
            stops++;
        }
        free(text);
        free(command);
        free(base);
    }
    struct log ended = read_log(folder, "stopped");
    assert_true(stops >= 3);
    expect_same(&whole, &ended);
    log_free(&whole);
    log_free(&ended);
    free(messages);
    free(checkpoints);
    scratch_remove(folder);
}

/* Say in the checkpoint below the folder, which was written within an epoch, that this epoch took
 * 9e5 seconds so far. */
static void spend_ten_days(const char *folder)
{
    size_t count = 0, size = 0;
    char **paths = file_list(folder, ".safetensors", &count);
    assert_int_equal(count, 1);
    char *bytes = file_read(paths[0], &size, NULL);
    char *within = strstr(bytes + 8, "\"within\":\"") + 10;
    char *digest = strchr(within, '"') - 64, *seconds = digest - 1;
    while (seconds[-1] != ' ')
        seconds--;
    memset(seconds, '0', (size_t)(digest - 1 - seconds));
    memcpy(seconds, "9e", 2);
    digest[-2] = '5';
    char state[65] = {0}, *sums = memory_copy(within, (size_t)(digest - 1 - within));
    memcpy(state, strstr(bytes + 8, "\"state-sha256\":\"") + 16, 64);
    memcpy(digest, digest_chain(state, sums).hex, 64);
    file_write(paths[0], bytes, size);
    free(sums);
    free(bytes);
    free(paths[0]);
    free(paths);
}

/* The seconds before a stop count as well, and once: core-hours are summed up from the rows. */
TEST(an_epoch_with_a_stop_counts_all_its_seconds)
{
    char *folder = scratch_folder(), *checkpoints = memory_text("%s/one-checkpoints", folder);
    scratch_write(folder, "experiments/a.ini", long_epoch);
    scratch_edit(folder, "experiments/a.ini", "epochs = 1", "epochs = 2");
    char *base = train_command(folder, "one", 1);
    char *command = memory_text("%s --checkpoint-minutes 0", base);
    const int status = signal_after_checkpoint(command, "/dev/null", SIGTERM, checkpoints, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 4);
    spend_ten_days(checkpoints);
    struct log log = train(folder, "one", 1);
    assert_int_equal(log.row_count, 2);
    assert_true(log.rows[0].wall_seconds > 9e5);
    assert_true(log.rows[1].wall_seconds < 9e5);
    log_free(&log);
    free(command);
    free(base);
    free(checkpoints);
    scratch_remove(folder);
}

/* A queue's signal that comes while the images are read, here from a pipe, does not kill: the
 * program lives to find that they are not the official ones. */
TEST(a_stop_while_images_are_read)
{
    char *folder = start();
    char *train = train_command(folder, "early", 1);
    scratch_expect(1, "differ from the official ones",
                   "data=%s/data; at=$data/cifar-10-batches-bin; mkdir -p $at\n"
                   "truncate -s 30730000 $at/data_batch_1.bin $at/data_batch_2.bin "
                   "$at/data_batch_3.bin $at/data_batch_4.bin $at/data_batch_5.bin\n"
                   "mkfifo $at/test_batch.bin\n"
                   "%s --data $data --set run.scale=desk --set data.set=cifar10 "
                   "--set data.train_pictures=0 --set data.test_pictures=0 &\n"
                   "timeout 60 sh -c \"exec 3>$at/test_batch.bin; kill -TERM $!; "
                   "head -c 30730000 /dev/zero >&3\"\n"
                   "wait $!",
                   folder, train);
    free(train);
    scratch_remove(folder);
}

TEST(a_log_is_never_overwritten)
{
    char *folder = start();
    struct log log = train(folder, "one", 2);
    char *before = file_read(log.path, NULL, NULL);
    struct log again = train(folder, "one", 2);
    char *after = file_read(log.path, NULL, NULL);
    assert_string_equal(before, after);
    /* another text under the same name is refused */
    char *base = train_command(folder, "one", 2);
    scratch_expect(1, "never overwritten", "%s --set schedule.k=7", base);
    free(base);
    free(after);
    after = file_read(log.path, NULL, NULL);
    assert_string_equal(before, after);
    free(before);
    free(after);
    log_free(&log);
    log_free(&again);
    scratch_remove(folder);
}

TEST(divergence_is_recorded)
{
    char *folder = start();
    char *base = train_command(folder, "wild", 2);
    free(scratch_output(0, "%s --set schedule.lr=100 --set training.weight_decay=1", base));
    struct log log = read_log(folder, "wild");
    assert_int_equal(log.status, LOG_DIVERGED);
    assert_true(log.diverged_at > 0);
    log_free(&log);
    free(base);
    scratch_remove(folder);
}

/* One line on standard error, which holds `words`, and this status. */
static void expect_line(int status, const char *words, const char *command)
{
    char *output = scratch_output(status, "%s", command), *newline = strchr(output, '\n');
    expect_words(output, words);
    if (!newline || newline[1] != '\0' || strncmp(output, "kdecay: ", 8) != 0)
        fail_msg("%s: expected one line: \"%s\"", command, output);
    free(output);
}

/* Of a command about the experiment of a folder. */
static void expect_complaint(const char *folder, const char *command, const char *more,
                             const char *words)
{
    char *line = memory_text("build/kdecay %s %s/experiments/a.ini %s", command, folder, more);
    expect_line(1, words, line);
    free(line);
}

/* By its status `make smoke` tells it from a failure. */
TEST(a_cpu_without_bf16)
{
    char *folder = start_in("bf16"), *base = train_command(folder, "one", 2);
    char *command = memory_text("ONEDNN_MAX_CPU_ISA=AVX2 %s", base), *output = NULL;
    expect_line(3, "set training.precision = f32", command);
    expect_line(3, "needs avx512_core_bf16, oneDNN finds avx2", command);
    free(scratch_output(0, "%s --set training.precision=f32", command));
    free(command);
    /* of the project's own logs */
    command = memory_text(
        "ONEDNN_MAX_CPU_ISA=AVX2 build/kdecay audit --replay %s/none --out %s/out", folder, folder);
    scratch_run(command, &output);
    expect_words(output, "seed-1.tsv: skipped: training.precision = bf16: needs");
    free(output);
    free(command);
    free(base);
    scratch_remove(folder);
}

/* Each write is one packet, so output of other processes cannot come between its parts. */
TEST(a_complaint_is_one_write)
{
    static const char *const commands[] = {"build/kdecay train no.ini --seed -1",
                                           "build/kdecay audit --out /dev/null/a --results none"};
    for (size_t i = 0; i < COUNT(commands); i++) {
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            dup2(ends[1], STDERR_FILENO);
            char *line = memory_text("exec %s", commands[i]);
            execl("/bin/sh", "sh", "-c", line, (char *)NULL);
            _exit(127);
        }
        close(ends[1]);
        char packet[1024];
        const ssize_t size = read(ends[0], packet, sizeof packet);
        assert_true(size > 8 && memcmp(packet, "kdecay: ", 8) == 0 && packet[size - 1] == '\n');
        assert_int_equal(waitpid(child, NULL, 0), child);
        close(ends[0]);
    }
}

TEST(complaints)
{
    expect_line(1, "no.ini: cannot be opened", "build/kdecay train no.ini --seed 1");
    char *folder = start();
    expect_complaint(folder, "describe", "--set network.depth=9", "8 and 14");
    expect_complaint(folder, "describe", "--set network.depth", "section.key=value");
    expect_complaint(folder, "schedule", "> /dev/full", "standard output");
    scratch_remove(folder);
}

/* While one process has the log or the checkpoint, another leaves; a dead one has nothing. */
TEST(two_processes)
{
    char *folder = start(), *command = train_command(folder, "one", 1);
    struct experiment e;
    struct error error;
    assert_int_equal(config_parse(experiment, "a", &e, &error), 0);
    for (int i = 0; i < 2; i++) {
        char *name =
            i ? memory_text("one-checkpoints/a/seed-9-%.8s.safetensors", config_digest(&e).hex)
              : memory_text("one/a/seed-9.tsv");
        char *path = memory_text("%s/%s", folder, name);
        struct file_lock lock = file_lock(path);
        expect_line(1, "another process works on it", command);
        file_unlock(&lock);
        const pid_t child = fork();
        if (child == 0) {
            file_lock(path);
            raise(SIGKILL);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        free(path);
        free(name);
    }
    struct log log = train(folder, "one", 1);
    char *listing =
        scratch_output(0, "find %s -name '*.lock' -o -name '*.part' -o -name '*.tmp'", folder);
    assert_string_equal(listing, "");
    free(listing);
    log_free(&log);
    free(command);
    scratch_remove(folder);
}

/* A checkpoint under the name of another seed, or damaged: it and the log so far stay. */
TEST(foreign_checkpoints)
{
    char *folder = start();
    struct log log = train(folder, "one", 1);
    log_free(&log);
    char *checkpoints = memory_text("%s/one-checkpoints/a", folder);
    free(scratch_output(0,
                        "cd %s && for c in seed-9-*; do cp $c seed-8-${c#seed-9-}; done && "
                        "echo rows > ../../one/a/seed-8.tsv.part",
                        checkpoints));
    char *more =
        memory_text("--seed 8 --results %s/one --checkpoints %s/one-checkpoints", folder, folder);
    const char *const words[] = {"belongs to another run", "is damaged"};
    for (int i = 0; i < 2; i++) {
        static const char sums[] = "cd %s && sha256sum seed-* ../../one/a/*";
        char *before = scratch_output(0, sums, checkpoints);
        expect_complaint(folder, "train", more, words[i]);
        char *after = scratch_output(0, sums, checkpoints);
        assert_string_equal(before, after);
        free(scratch_output(0,
                            "cd %s && printf x | dd of=$(echo seed-8-*) bs=1 seek=20000 "
                            "conv=notrunc status=none",
                            checkpoints));
        free(before);
        free(after);
    }
    free(more);
    free(checkpoints);
    scratch_remove(folder);
}

TEST(schedule_and_describe)
{
    char *output =
        scratch_output(0, "build/kdecay schedule experiments/cifar10/preact-20/poly-k2.0.ini");
    /* the mean by sum is half a step of 1173 above the area */
    expect_words(output, "by sum: 0.667092803\n# in closed form: 0.6666666667\n");
    expect_words(output, "\nstep\tepoch\tlr\tslope_per_step\n1\t1\t0.1");
    const char *last = strstr(output, "\n1173\t3\t");
    assert_non_null(last); /* 3 epochs of 391 steps; L(1172 / 1173) of k = 2 */
    const double s = 1172.0 / 1173.0;
    char *end = NULL;
    assert_true(fabs(strtod(last + 8, &end) - (1e-4 + 0.0999 * (1 - s * s))) < 1e-15);
    assert_true(fabs(strtod(end, NULL) + 0.0999 * 2 * s / 1173) < 1e-12);
    free(output);
    output = scratch_output(0, "build/kdecay schedule experiments/schedules/plain/cosine.ini "
                               "--set schedule.lr_end=0.1");
    expect_words(output, "by sum: not defined, since lr_end = lr\n");
    assert_null(strstr(output, "nan"));
    assert_null(strstr(output, "\t-0\n"));
    free(output);
    scratch_expect(0, "\n2\t1\t0.0997\t", /* 1e-4 + 0.0999 (1 - 1 / 391) */
                   "build/kdecay schedule experiments/schedules/plain/linear.ini "
                   "--set training.epochs=1 --digits 3");
    output = scratch_output(0, "build/kdecay schedule experiments/cifar10/preact-20/step.ini "
                               "> build/a.tsv && gnuplot -e \"input='build/a.tsv'; "
                               "output_file='build/a.svg'; format='svg'\" figures/schedule.gp "
                               "&& grep -c '<path' build/a.svg");
    assert_true(atoi(output) > 10);
    free(output);
    output = scratch_output(0, "build/kdecay describe experiments/cifar10/preact-20/poly-k2.0.ini");
    expect_words(output, "\nparameters 269722\nmacs 40551040\n");
    assert_null(strstr(output, "parameters_stored"));
    free(output);
    scratch_expect(0,
                   "\nparameters 721306\nmacs 40551040\nparameters_stored 269722\n"
                   "generation_macs 307888128\ngeneration_share 0.0593\n",
                   "build/kdecay describe experiments/weight-net/expansion-u1152.ini "
                   "--set training.precision=f32");
}
