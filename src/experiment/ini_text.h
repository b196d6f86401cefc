/*
 * ini_text - the keys of a text in INI form, as inih reads them.
 *
 * inih silently reads some texts in another way than people do. It takes the rest of a line after its
 * 199th byte for a new line (from version 58 on it drops this rest), and an indented line for more of
 * the value above it. It ignores everything after a NUL byte or after `[section]`. So this reader gives
 * inih the text line by line, without the white space around a line, and refuses a line that inih
 * would misread. Indentation therefore means nothing: a block copied from an indented page works.
 */
#ifndef KDECAY_INI_TEXT_H
#define KDECAY_INI_TEXT_H

#include "base/error.h"

#include <stddef.h>

/* Called for each key with its section ("": none). Returns 1; or 0 to refuse the key and stop the
 * reading, after it has stored the reason itself. */
typedef int ini_text_taker(void *user, const char *section, const char *name, const char *value);

/* Check the form of all `size` bytes, then call `take` for each key, in order. Returns 0; or the
 * number of the first bad line, with *error set (without file and line) unless `take` refused the
 * line. A byte order mark at the start is ignored, and CR LF ends a line as LF does. */
int ini_text_read(const char *text, size_t size, ini_text_taker *take, void *user,
                  struct error *error);

#endif
