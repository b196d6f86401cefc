/*
 * report - makes all files that paper and figures read, from logs and published numbers.
 *
 *     OUT/tables/table-5-2.txt ...     see thesis_table.h; also of table-5-3
 *     OUT/tables/table-schedules.txt|csv|tex   see schedule_table.h
 *     OUT/tables/table-precision.txt|csv|tex   see study_tables.h; also of -campaign, -weight-net
 *                                      and -pad-net
 *     OUT/tables/table-exploratory.txt|csv|tex   see exploratory.h
 *     OUT/tables/claims.txt ...        see claims.h
 *     OUT/tables/runs.txt|csv|tex      the ledger: every run of any scale, finished or diverged;
 *                                      unfinished ones (*.part) come last
 *     OUT/tables/environments.txt|tex  see environments.h
 *     OUT/tables/scaling.txt|csv|tex   see scaling_report.h
 *     OUT/tables/NAME.sources.tsv      for each CSV the sources of its numbers, see trace.h
 *     OUT/tables/table-confirmation.txt ...   see confirmation.h
 *     OUT/tables/macros.tex            numbers of the paper's text; also number-macros.tex, see
 *                                      numbers.h, and confirmation-macros.tex
 *     OUT/tables/NAME.values.tex       a table's numbers by their value ids, for the text, see
 *                                      table.h
 *     OUT/plots/schedules.tsv ...      see plot_data.h
 *
 * The output depends only on the files that are read: not on the clock, the locale, or an absolute
 * path that was not given. Paths are shown as given, so give them relative to the project.
 *
 * In LaTeX a number from a log is a link. The paper defines
 *     \fromlog{PATH}{LINE}{8.37}        to a line of a log
 *     \fromruns{ARM}{8.37}              from a mean over an arm's runs to the ledger ...
 *     \runanchor{ARM}                   ... which holds this anchor at the arm's first run
 *     \fromledger{13}                  from logs of many arms to the ledger
 *     \frompublished{PATH}{LINE}{6.37}  to a line of a file of published numbers
 * and loads booktabs, array and, for runs.tex, environments.tex and claims-numbers.tex, longtable.
 *
 * macros.tex defines \LogCount, \FullRunCount, \DeskRunCount, \SmokeRunCount, \DivergedRunCount,
 * \RepeatCount, the logs that repeat another's training bit for bit under another arm's name;
 * \CampaignHours, the core-hours logged below campaign/; of the trend over k of preact-20 on
 * CIFAR-10 there, \CampaignPairs, \CampaignTrend, \CampaignInterval and \CampaignVerdict; without k
 * = 1, \CampaignRestTrend and \CampaignRestInterval; \CampaignLowest, the k of the lowest mean;
 * dashes where there is none; and, for each desk arm without diverged runs, \DeskMean...,
 * \DeskSd... (n >= 2) and \DeskN..., followed by the arm's name in letters:
 * cifar10/preact-20/poly-k2.0 gives \DeskMeanCifarOneZeroPreactTwoZeroPolyKTwoPointZero.
 */
#ifndef KDECAY_REPORT_H
#define KDECAY_REPORT_H

#include "base/error.h"
#include "report/ledger.h"

/* Write all files below `out`, each whole or not at all. A file whose bytes would stay the same is
 * not touched. 0; or -1 with *error set if a source cannot be read. Dies if a file cannot be
 * written. */
int report_write(const struct project *project, const char *out, struct error *error);

/* The same from logs that were read before: all of them, as ledger_read() returns them. */
int report_write_from(const struct project *project, const struct ledger *ledger, const char *out,
                      struct error *error);

#endif
