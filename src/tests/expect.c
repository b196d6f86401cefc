#include "tests/expect.h"

#include "tests/tests.h"
#include <string.h>

void expect_words(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" is not in:\n%s", words, text);
}

void expect_ok(int status, const struct error *error)
{
    if (status != 0)
        fail_msg("%s", error->text);
}

void expect_failed(int status, const struct error *error, const char *words)
{
    if (status != -1)
        fail_msg("an error was expected: %s", words);
    expect_words(error->text, words);
}
