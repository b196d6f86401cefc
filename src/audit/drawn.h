/*
 * drawn - checks that figures and paper, drawn again, have the same bytes as before.
 *
 * Their bytes depend on the packages that draw. So a list has a section for each system, with the
 * system's name and versions above the digests:
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
 * With equal versions all files are compared. With other versions, or on a system that has no section,
 * only the words are compared, since lines, pages and compression may differ.
 */
#ifndef KDECAY_DRAWN_H
#define KDECAY_DRAWN_H

#include "base/memory.h"

#define DRAWN_WORDS "paper/words.txt"

struct drawn {
    long checked;         /* files */
    struct text failures; /* one a line */
    struct text note;     /* what was not compared, and why; empty if all was compared */
};

/* Compare two such lists, the files `kept` and `made`; `made` has one section. Free the bytes of both
 * texts. */
void drawn_compare(const char *kept, const char *made, struct drawn *drawn);

/* Put the section of `made` into `kept`, where it replaces the section of the same system. Sections are
 * sorted by their first lines. 0, or -1 with *error set. */
int drawn_keep(const char *kept, const char *made, struct error *error);

#endif
