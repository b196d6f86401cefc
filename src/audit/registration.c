#include "audit/registration.h"

#include "base/file.h"
#include "base/memory.h"
#include "report/registered.h"

#include <stdlib.h>
#include <string.h>

char *registration_path(const char *experiments, const char *arm)
{
    char *folder = memory_text("/%s", arm), *path = NULL;
    for (char *slash = strrchr(folder, '/'); slash && !path; slash = strrchr(folder, '/')) {
        *slash = '\0';
        path = memory_text("%s%s/PROTOCOL.md", experiments, folder);
        if (!file_exists(path)) {
            free(path);
            path = NULL;
        }
    }
    free(folder);
    return path;
}

static void check_file(const char *experiments, const struct experiment_file *file,
                       struct check *check)
{
    char *path = registration_path(experiments, file->experiment.arm);
    struct error error;
    size_t size = 0;
    char *bytes = path ? file_read(path, &size, &error) : NULL;
    check->checked++;
    if (!path)
        check_fail(check, "%s: run.protocol is set, but no folder above has a PROTOCOL.md",
                   file->path);
    else if (!bytes)
        check_fail(check, "%s", error.text);
    else if (strcmp(digest_of(bytes, size).hex, file->experiment.protocol.hex) != 0)
        check_fail(check,
                   "%s: is not the protocol that registered %s; restore it, a protocol is never "
                   "changed",
                   path, file->path);
    free(bytes);
    free(path);
}

/* The date of the protocol in the lines "digest  date  path"; free() it. NULL if none is there. */
static char *date_of(const char *lines, const char *digest)
{
    for (const char *line = lines; line && *line;) {
        const char *end = line + strcspn(line, "\n");
        const char *date = line + DIGEST_LENGTH + 2;
        if (end > date && memcmp(line, digest, DIGEST_LENGTH) == 0)
            return memory_copy(date, strcspn(date, " \n"));
        line = *end ? end + 1 : end;
    }
    return NULL;
}

/* 2026-11-27T12:00:00Z: dates of one form, all of UTC, which sort as text does. */
static int is_date(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return 0;
    return 1;
}

static void check_log(const struct log *log, const struct experiment_file *file, const char *date,
                      struct check *check)
{
    check->checked++;
    if (!file)
        check_fail(check, "%s: a registered run, but its arm %s is gone", log->path,
                   log->experiment.arm);
    else if (strcmp(log->experiment.protocol.hex, file->experiment.protocol.hex) != 0)
        check_fail(check, "%s: run.protocol is not that of %s", log->path, file->path);
    if (!is_date(log->started))
        check_fail(check, "%s: started at \"%s\": expected a date as 2026-11-27T12:00:00Z",
                   log->path, log->started);
    else if (date && strcmp(log->started, date) < 0)
        check_fail(check, "%s: started at %s, before its protocol was committed at %s", log->path,
                   log->started, date);
}

void registration_check(const char *experiments, const struct experiment_files *files,
                        const struct ledger *ledger, const char *dates, struct check *check)
{
    struct error error;
    char *lines = dates ? file_read(dates, NULL, &error) : NULL;
    long undated = 0;
    if (dates && !lines)
        check_fail(check, "%s", error.text);
    for (size_t i = 0; i < files->count; i++)
        if (registered_is(&files->file[i].experiment))
            check_file(experiments, &files->file[i], check);
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        const struct experiment_file *file = ledger_find_experiment(files, log->experiment.arm);
        if (!registered_is(&log->experiment) && !(file && registered_is(&file->experiment)))
            continue;
        char *date = date_of(lines, log->experiment.protocol.hex);
        undated += !date;
        check_log(log, file, date, check);
        free(date);
    }
    if (check->checked == 0)
        check_skip(check, "no arm is registered by a protocol");
    if (undated)
        check_note(check,
                   "%ld registered logs: the date of their protocol's commit is unknown, since "
                   "this is no whole clone of the project's history",
                   undated);
    free(lines);
}
