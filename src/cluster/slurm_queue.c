#define _XOPEN_SOURCE 700
#include "cluster/slurm_queue.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/tsv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char prefix[] = "kdecay-";
enum { NAME_DIGITS = 16 };

static char *list_path(const char *folder, const char *name)
{
    return memory_text("%s/%s.list", folder, name);
}

/* ---- Writing ------------------------------------------------------------------------------ */

void slurm_queue_add_line(struct text *list, const char *experiment, long seed)
{
    text_add(list, "%ld\t%s\n", seed, experiment);
}

char *slurm_queue_write_list(const char *folder, const struct text *list)
{
    char *inside = memory_text("%s/lists", folder);
    file_make_parents(inside);
    free(inside);
    char *absolute = realpath(folder, NULL);
    if (!absolute)
        die_errno("%s: cannot be resolved", folder);
    char *name =
        memory_text("%s%.*s", prefix, NAME_DIGITS, digest_chain(absolute, list->bytes).hex);
    char *path = list_path(folder, name);
    file_update(path, list->bytes, list->length);
    free(path);
    free(absolute);
    return name;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static int is_list_name(const char *name)
{
    const size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 &&
           strspn(name + length, "0123456789abcdef") == NAME_DIGITS &&
           name[length + NAME_DIGITS] == '\0';
}

/* A whole number that ends before `end`; -1 if it is none. */
static long number_before(const char *text, char end)
{
    char *behind = NULL;
    errno = 0;
    const long number = strtol(text, &behind, 10);
    return errno || behind == text || *behind != end || number < 0 ? -1 : number;
}

/* Line `task` of a list. 0, or -1 with *error. */
static int find_task(const char *path, long task, struct slurm_queue_run *run, struct error *error)
{
    struct tsv tsv;
    if (tsv_open(&tsv, path, NULL, 2, error) != 0)
        return -1;
    int status = 1;
    while (tsv.line < task && status == 1)
        status = tsv_next(&tsv);
    if (status == 1 && tsv_whole(tsv.field[0]) >= 0) {
        run->seed = tsv_whole(tsv.field[0]);
        run->experiment = memory_text("%s", tsv.field[1]);
        status = 0;
    } else {
        status =
            error_set(error, "%s: expected line %ld, SEED<TAB>EXPERIMENT, of a task in the queue",
                      path, task);
    }
    tsv_close(&tsv);
    return status;
}

/* 1 if the line is about one of our runs, 0 if it is another's job, -1 with *error. */
static int read_line(const char *line, const char *folder, struct slurm_queue_run *run,
                     struct error *error)
{
    const char *task = strchr(line, ' '), *name = task ? strchr(task + 1, ' ') : NULL;
    if (!name)
        return error_set(error, "\"%s\": expected STATE TASK NAME, as squeue prints it", line);
    if (!is_list_name(name + 1))
        return 0;
    const long number = number_before(task + 1, ' ');
    if (number < 1)
        return error_set(error, "\"%s\": expected the number of one task", line);
    char *path = list_path(folder, name + 1);
    int found = file_exists(path);
    if (found && find_task(path, number, run, error) != 0)
        found = -1;
    /* PD: waits; RQ, RH, RF, RD: goes back to wait. All others have a node. */
    run->waits = strncmp(line, "PD ", 3) == 0 || (line[0] == 'R' && line[1] != ' ');
    free(path);
    return found;
}

int slurm_queue_read(const char *path, struct slurm_queue *queue, struct error *error)
{
    *queue = (struct slurm_queue){0};
    char *bytes = file_read(path, NULL, error), *rest = NULL;
    if (!bytes)
        return -1;
    const char *slash = strrchr(path, '/');
    char *folder = slash ? memory_copy(path, (size_t)(slash - path)) : memory_text(".");
    int status = 0;
    for (char *line = strtok_r(bytes, "\n", &rest); line && status >= 0;
         line = strtok_r(NULL, "\n", &rest)) {
        struct slurm_queue_run run = {0};
        status = read_line(line, folder, &run, error);
        if (status == 1) {
            queue->run = memory_resize(queue->run, queue->count + 1, sizeof run);
            queue->run[queue->count++] = run;
        }
    }
    free(folder);
    free(bytes);
    if (status < 0)
        slurm_queue_free(queue);
    return status < 0 ? -1 : 0;
}

void slurm_queue_free(struct slurm_queue *queue)
{
    for (size_t i = 0; i < queue->count; i++)
        free(queue->run[i].experiment);
    free(queue->run);
    *queue = (struct slurm_queue){0};
}

const struct slurm_queue_run *slurm_queue_find(const struct slurm_queue *queue,
                                               const char *experiment, long seed)
{
    for (size_t i = 0; i < queue->count; i++)
        if (queue->run[i].seed == seed && strcmp(queue->run[i].experiment, experiment) == 0)
            return &queue->run[i];
    return NULL;
}
