/*
 * expect - checks that show the text in question where they fail.
 */
#ifndef KDECAY_TESTS_EXPECT_H
#define KDECAY_TESTS_EXPECT_H

#include "base/error.h"

/* `text` holds these words. */
void expect_words(const char *text, const char *words);

/* The status of a call is 0. */
void expect_ok(int status, const struct error *error);

/* The status of a call is -1, and the error's text holds these words. */
void expect_failed(int status, const struct error *error, const char *words);

#endif
