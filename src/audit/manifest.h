/*
 * manifest - lists of SHA-256 as sha256sum writes them, with a line "DIGEST  NAME\n" per file.
 *
 * A kept list and a new one must have the same bytes. If not, the comparison names the files that
 * differ, are missing or are listed twice.
 */
#ifndef KDECAY_MANIFEST_H
#define KDECAY_MANIFEST_H

#include "audit/check.h"
#include "base/error.h"
#include "base/memory.h"

/* Add the line of the file at `path` under `name`. 0, or -1 with *error set. */
int manifest_add(struct text *lines, const char *path, const char *name, struct error *error);

/* Compare the list kept at `path` with `made`; every line of `made` counts as checked. `differs`
 * says what a wrong digest means: "made anew it differs from the kept digest". */
void manifest_compare(const char *path, const char *made, const char *differs, struct check *check);

#endif
