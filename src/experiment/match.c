#include "experiment/match.h"

#include "base/file.h"
#include "base/memory.h"
#include "experiment/decay.h"
#include "experiment/schedule.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define KEY(key, field) key, offsetof(struct experiment, field)

const struct match matches[] = {
    {"polynomial", KEY("power", shape.power), 1e-3, 20},
    {"cosine", KEY("k", k), 0.05, 50},
    {"exponential", KEY("k", k), 0.05, 50},
    {"tanh", KEY("tanh_low", shape.tanh_low), -50, 2.9},
    {"rex", KEY("rex", shape.rex), 0, 0.999},
    {"knee", KEY("hold", shape.hold), 0, 0.999},
    {"wsd", KEY("hold", shape.hold), 0, 0.999},
};
const size_t match_count = sizeof matches / sizeof matches[0];

/* ---- Search ------------------------------------------------------------------------------- */

static double area_with(const struct match *match, const struct experiment *plain, double value)
{
    struct experiment experiment = *plain;
    experiment.decay = decay_index(match->decay, strlen(match->decay));
    *(double *)((char *)&experiment + match->offset) = value;
    const struct schedule schedule = schedule_of(&experiment, 1);
    return schedule_area(&schedule);
}

double match_area(const struct match *match, const struct experiment *plain, double area)
{
    double low = match->low, high = match->high;
    const double at_low = area_with(match, plain, low), at_high = area_with(match, plain, high);
    if ((area - at_low) * (area - at_high) > 0)
        return NAN;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if ((area_with(match, plain, middle) < area) == (at_low < at_high))
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* ---- Files -------------------------------------------------------------------------------- */

static void write_arm(const char *folder, double k, const char *decay, const char *key,
                      double value)
{
    char *path = memory_text("%s/k%.1f/%s.ini", folder, k, decay);
    struct text text = {0};
    text_add(
        &text,
        "; Written by `kdecay match --k %g`: the mean factor is %.6g, that of the linear base\n"
        "; with this k.\n"
        "include = ../../families/schedules.ini\n[schedule]\ndecay = %s\n%s = %.8g\n",
        k, k / (k + 1), decay, key, value);
    file_write(path, text.bytes, text.length);
    free(text.bytes);
    free(path);
}

void match_write(double k, const struct experiment *plain, const char *folder)
{
    const double area = k / (k + 1);
    write_arm(folder, k, "linear", "k", k);
    write_arm(folder, k, "constant", "lr", plain->lr_end + area * (plain->lr - plain->lr_end));
    for (size_t i = 0; i < match_count; i++) {
        const double value = match_area(&matches[i], plain, area);
        if (!isnan(value))
            write_arm(folder, k, matches[i].decay, matches[i].key, value);
    }
}
