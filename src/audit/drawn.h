/*
 * drawn - are the figures and the paper the bytes that they were?
 *
 * Those depend on the packages that draw, so the versions stand above the digests:
 *
 *     # gnuplot-nox 5.4.4+dfsg1-2+b2
 *     SHA-256  figures/area.pdf
 *     SHA-256  paper/paper.pdf
 *     SHA-256  paper/words.txt      the words of the PDF, sorted
 *
 * Under equal versions all files are compared; under others the words alone, since lines, pages and
 * compression may differ.
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

/* Compare two such lists, files `kept` and `made`. Free both texts' bytes. */
void drawn_compare(const char *kept, const char *made, struct drawn *drawn);

#endif
