#define _XOPEN_SOURCE 700
#include "tests/scratch.h"

#include "base/file.h"
#include "base/memory.h"
#include "tests/tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

char *scratch_folder(void)
{
    char *folder = memory_text("build/scratch/XXXXXX");
    file_make_parents(folder);
    assert_non_null(mkdtemp(folder));
    return folder;
}

void scratch_remove(char *folder)
{
    char *command = memory_text("rm -rf '%s'", folder);
    assert_int_equal(scratch_run(command, NULL), 0);
    free(command);
    free(folder);
}

void scratch_write(const char *folder, const char *name, const char *text)
{
    char *path = memory_text("%s/%s", folder, name);
    file_write(path, text, strlen(text));
    free(path);
}

int scratch_run(const char *command, char **output)
{
    char *both = memory_text("{ %s\n} 2>&1", command);
    FILE *pipe = popen(both, "r");
    assert_non_null(pipe);
    free(both);
    struct text text = {0};
    text_add(&text, "%s", "");
    char piece[4096];
    for (size_t got; (got = fread(piece, 1, sizeof piece - 1, pipe)) > 0;) {
        piece[got] = '\0';
        text_add(&text, "%s", piece);
    }
    const int status = pclose(pipe);
    if (output)
        *output = text.bytes;
    else
        free(text.bytes);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
