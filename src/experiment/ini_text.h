/*
 * ini_text - the keys of a text in INI form, as inih reads them.
 *
 * inih by itself reads some texts otherwise than people do, and says nothing: it takes what follows
 * the 199th byte of a line for a line of its own (or drops it, from version 58 on), an indented line for more of the value above it,
 * and passes over what follows a NUL byte or stands behind `[section]`. So it gets the text line by
 * line, without the white space around a line, and a line that it would misread is an error.
 * Indentation thus means nothing, and a block copied from an indented page reads as it looks.
 */
#ifndef KDECAY_INI_TEXT_H
#define KDECAY_INI_TEXT_H

#include "base/error.h"

#include <stddef.h>

/* Gets a key, with the section that it stands in ("": none), and returns 1; or 0, having said why
 * elsewhere, and is not called again. */
typedef int ini_text_taker(void *user, const char *section, const char *name, const char *value);

/* Check the form of all `size` bytes, then hand each key to `take`, in order. Returns 0; or the
 * number of the first bad line, with *error set (without file and line) unless `take` refused the
 * line. A byte order mark at the start is passed over, and CR LF ends a line as LF does. */
int ini_text_read(const char *text, size_t size, ini_text_taker *take, void *user,
                  struct error *error);

#endif
