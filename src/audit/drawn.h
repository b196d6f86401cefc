/*
 * drawn - are the figures and the paper the bytes that they were?
 *
 * Those depend on the packages that draw, so a list has a section for each system, whose name and
 * versions stand above the digests:
 *
 *     # debian 12
 *     # gnuplot-nox 5.4.4+dfsg1-2+b2
 *     SHA-256  figures/area.pdf
 *     SHA-256  paper/paper.pdf
 *     SHA-256  paper/words.txt      the words of the PDF, sorted
 *
 *     # debian 13
 *     # gnuplot-nox 6.0.2+dfsg1-1
 *     ...
 *
 * Under equal versions all files are compared; under others, or on a system that has no section, the
 * words alone, since lines, pages and compression may differ.
 */
#ifndef KDECAY_DRAWN_H
#define KDECAY_DRAWN_H

#include "base/memory.h"

#define DRAWN_WORDS "paper/words.txt"

struct drawn {
    long checked;         /* files */
    struct text failures; /* one a line */
    struct text note;     /* what was not compared and why; empty: all was */
};

/* Compare two such lists, files `kept` and `made`, of which the second has one section. Free both
 * texts' bytes. */
void drawn_compare(const char *kept, const char *made, struct drawn *drawn);

/* Put the section of `made` into `kept`, in the place of the one of the same system; sections stand
 * in the order of their first lines. 0, or -1 with *error set. */
int drawn_keep(const char *kept, const char *made, struct error *error);

#endif
