/*
 * plot - an image of one schedule: learning rate and derivative over the epochs, by gnuplot.
 *
 * The figures of the paper are scripts in figures/ over plot data of the report; this is for a look
 * at an experiment file before it is run.
 */
#ifndef KDECAY_PLOT_H
#define KDECAY_PLOT_H

#include "experiment/schedule.h"

/* Write the image to `path`, which ends in .svg, .pdf or .png. Dies where it does not, or where
 * gnuplot is missing or fails. `title` is shown as it is. */
void plot_schedule(const struct schedule *schedule, const char *title, const char *path);

#endif
