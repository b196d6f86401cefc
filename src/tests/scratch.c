#define _XOPEN_SOURCE 700
#include "tests/scratch.h"

#include "base/file.h"
#include "base/memory.h"
#include "tests/expect.h"
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

void scratch_edit(const char *folder, const char *name, const char *old, const char *new)
{
    char *path = memory_text("%s/%s", folder, name), *bytes = file_read(path, NULL, NULL);
    const char *at = bytes ? strstr(bytes, old) : NULL;
    if (!at)
        fail_msg("%s: there is no \"%s\"", path, old);
    char *edited = memory_text("%.*s%s%s", (int)(at - bytes), bytes, new, at + strlen(old));
    file_write(path, edited, strlen(edited));
    free(edited);
    free(bytes);
    free(path);
}

static char *output_of(int status, const char *format, va_list arguments)
{
    char command[4096], *output = NULL;
    const int length = vsnprintf(command, sizeof command, format, arguments);
    assert_in_range(length, 1, sizeof command - 1);
    const int found = scratch_run(command, &output);
    if (found != status)
        fail_msg("%s: expected status %d, found %d: %s", command, status, found, output);
    return output;
}

char *scratch_output(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *output = output_of(status, format, arguments);
    va_end(arguments);
    return output;
}

void scratch_expect(int status, const char *words, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *output = output_of(status, format, arguments);
    va_end(arguments);
    expect_words(output, words);
    free(output);
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
