#define _XOPEN_SOURCE 700
#include "report/plot.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* At most so many points a curve: more than a screen has columns. */
enum { POINTS = 2000 };

static const char *terminal_of(const char *path)
{
    static const char *const known[][2] = {
        {".svg", "svg size 800,700 enhanced background '#ffffff'"},
        {".pdf", "pdfcairo size 16cm,14cm"},
        {".png", "pngcairo size 1000,875 background '#ffffff'"}};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(dot, known[i][0]) == 0)
            return known[i][1];
    die("--plot %s: expected a name that ends in .svg, .pdf or .png", path);
}

/* In gnuplot's single quotes a quote is doubled, and nothing else means anything. */
static void put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++)
        fprintf(out, *text == '\'' ? "''" : "%c", *text);
    fputc('\'', out);
}

/* Returns whether the slope is 0 throughout. */
static int put_points(FILE *out, const struct schedule *schedule)
{
    int flat = 1;
    const long step = (schedule->steps + POINTS - 1) / POINTS;
    fputs("$points << END\n", out);
    for (long t = 0; t < schedule->steps; t += step) {
        const double slope = schedule_slope(schedule, (double)t);
        flat &= slope == 0;
        fprintf(out, "%.9g %.9g ", (double)t / (double)schedule->steps_per_epoch,
                schedule_lr(schedule, (double)t));
        fprintf(out, isfinite(slope) ? "%.9g\n" : "NaN\n",
                slope * (double)schedule->steps_per_epoch);
    }
    fputs("END\n", out);
    return flat;
}

void plot_schedule(const struct schedule *schedule, const char *title, const char *path)
{
    const char *terminal = terminal_of(path);
    FILE *out = popen("gnuplot", "w");
    if (!out)
        die_errno("gnuplot cannot be started");
    fprintf(out, "set terminal %s\nset output ", terminal);
    put_quoted(out, path);
    fputc('\n', out);
    const int flat = put_points(out, schedule);
    fputs("set multiplot layout 2,1\nset grid\nset tics nomirror\nset border 3\nunset key\n"
          "set lmargin 12\nset xlabel 'epoch'\nset ylabel 'learning rate'\n"
          "set yrange [0:*]\nset title ",
          out);
    put_quoted(out, title);
    fprintf(out,
            " noenhanced\nplot $points using 1:2 with lines lc rgb 'black' lw 2\nunset title\n"
            "set ylabel 'derivative, per epoch'\nset yrange [%s]\n"
            "plot $points using 1:3 with lines lc rgb 'black' lw 2\nunset multiplot\n",
            flat ? "-1:1" : "*:*");
    if (pclose(out) != 0)
        die("gnuplot failed, or is not installed; `make setup` installs it");
}
