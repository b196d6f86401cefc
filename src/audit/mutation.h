/*
 * mutation - ways to forge or damage a project, for the selftest of the audit.
 *
 * A kind is plain (it only changes bytes), sealed (it also computes the chain and the digests of the
 * forged log again) or listed (it also adjusts the list of sources, so that only checks that know the
 * meaning of a log can find it). A mutation always changes the bytes of some file: a draw that changes
 * none is drawn again.
 */
#ifndef KDECAY_MUTATION_H
#define KDECAY_MUTATION_H

#include "audit/audit.h"

#include <stddef.h>
#include <stdint.h>

struct mutation_project {
    const struct audit_options *audit; /* the folders */
    char **files;                      /* all below results and experiments */
    size_t count;
};

/* The files as they were before, and a description of the change. */
enum { MUTATION_FILES = 3 };
struct mutation {
    char *what; /* "results/...: bit 3 of byte 17" */
    struct {
        char *path, *bytes; /* bytes NULL: there was no such file */
        size_t size;
    } before[MUTATION_FILES];
    size_t count;
};

size_t mutation_kinds(void);
const char *mutation_kind_name(size_t kind);

/* Change the files, by the numbers of (seed, run); mutation_undo() puts them back. */
void mutation_do(const struct mutation_project *project, size_t kind, uint32_t seed, uint32_t run,
                 struct mutation *mutation);
void mutation_undo(struct mutation *mutation);

#endif
