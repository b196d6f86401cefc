#include "cluster/collect.h"

#include "base/file.h"
#include "experiment/log.h"
#include "report/ledger.h"

#include <stdlib.h>
#include <string.h>

enum outcome { COPIED, KNOWN, AGREES, REFUSED };

/* Read a whole log, finished or diverged, whose path fits its arm and seed. 0, or -1 with *error. */
static int read_whole(const char *path, const char *folder, struct log *log, struct error *error)
{
    if (log_read(path, log, error) != 0)
        return -1;
    int status = ledger_check_place(log, folder, error);
    if (status == 0 && log->status == LOG_RUNNING)
        status = error_set(error, "%s: has no end; collect it when its run is finished", path);
    if (status != 0)
        log_free(log);
    return status;
}

static enum outcome compare(const struct log *log, const char *here, const char *results,
                            struct error *error)
{
    struct log old;
    if (read_whole(here, results, &old, error) != 0)
        return REFUSED;
    enum outcome outcome = REFUSED;
    if (strcmp(old.text.hex, log->text.hex) == 0)
        outcome = KNOWN;
    else if (strcmp(old.run.hex, log->run.hex) == 0)
        outcome = AGREES;
    else
        error_set(error, "%s: differs from %s, which stays; both say they are %s, seed %ld",
                  log->path, here, log->experiment.arm, log->seed);
    log_free(&old);
    return outcome;
}

static enum outcome collect_one(const char *path, const char *from, const char *results,
                                struct error *error)
{
    struct log log;
    size_t size = 0;
    if (read_whole(path, from, &log, error) != 0)
        return REFUSED;
    char *here = log_path(results, log.experiment.arm, log.seed);
    enum outcome outcome = COPIED;
    if (file_exists(here)) {
        outcome = compare(&log, here, results, error);
    } else {
        char *bytes = file_read(path, &size, error);
        if (!bytes)
            die("%s", error->text);
        file_write(here, bytes, size);
        free(bytes);
    }
    free(here);
    log_free(&log);
    return outcome;
}

long collect(const char *from, const char *results, FILE *out)
{
    static const char *const words[] = {"copied", "known", "agrees", "REFUSED"};
    long number[REFUSED + 1] = {0};
    /* a folder that was given with a slash at its end */
    char *folder = memory_text("%s", from);
    for (size_t length = strlen(folder); length > 1 && folder[length - 1] == '/';)
        folder[--length] = '\0';
    char *published = memory_text("%s/published", folder);
    size_t count = 0;
    char **path = ledger_files(folder, published, ".tsv", &count);
    if (count == 0)
        die("%s: no log there; name a folder such as a copy of results/", from);
    for (size_t i = 0; i < count; i++) {
        struct error error;
        const enum outcome outcome = collect_one(path[i], folder, results, &error);
        number[outcome]++;
        if (outcome != KNOWN)
            fprintf(out, "%-8s %s\n", words[outcome], outcome == REFUSED ? error.text : path[i]);
        free(path[i]);
    }
    fprintf(out, "%ld copied, %ld known, %ld agree, %ld refused\n", number[COPIED], number[KNOWN],
            number[AGREES], number[REFUSED]);
    free(path);
    free(published);
    free(folder);
    return number[REFUSED];
}
