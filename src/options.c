#define _XOPEN_SOURCE 700
#include "options.h"

#include "base/error.h"
#include "base/memory.h"
#include "experiment/log.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- The table ---------------------------------------------------------------------------- */

enum type { FLAG, TEXT, TEXTS, CHOICE, INT, LONG, REAL };

/* One name may have several rows, each for other commands. */
struct option {
    const char *name;
    const char *value;    /* its name in the help; for a CHOICE, all choices; NULL for a FLAG */
    const char *commands; /* the commands that take it, separated by spaces */
    enum type type;
    size_t field;        /* in struct options */
    double low, high;    /* the range of a number, both included ... */
    int above;           /* ... except low, if this is 1 */
    int required;        /* it must be given */
    const char *initial; /* the default, as it would be typed; NULL: none */
    const char *needs;   /* the option that must be given with this one */
    const char *help;
};

#define FIELD(member) offsetof(struct options, member)

static const struct option table[] = {
    {"seed", "N", "train export probe borders", LONG, FIELD(seed), .high = UINT32_MAX,
     .required = 1, .help = "the run's seed"},
    {"seed", "N", "audit", LONG, FIELD(seed), .high = UINT32_MAX, .initial = "1",
     .help = "the seed that draws the runs"},
    {"seed", "N", "selftest", LONG, FIELD(seed), .high = UINT32_MAX, .initial = "1",
     .help = "the seed that draws the damages"},
    {"set", "SECTION.KEY=VALUE", "train describe schedule export probe borders bench", TEXTS,
     FIELD(overrides), .help = "use this value instead of the experiment file's; may be repeated"},
    {"threads", "N", "train probe bench audit", INT, FIELD(threads), .low = 1, .high = 1024,
     .help = "threads of training; by default all CPUs"},
    {"checkpoint-minutes", "N", "train", REAL, FIELD(checkpoint_minutes), .high = INFINITY,
     .initial = "10", .help = "write a checkpoint after at most N minutes of training"},
    {"data", "DIR", "train probe borders audit", TEXT, FIELD(data), .initial = "build/data",
     .help = "folder that holds cifar-10-batches-bin/ and cifar-100-binary/"},
    {"results", "DIR", "train", TEXT, FIELD(results),
     .help = "folder of the log; by default results, or build/tries/DIGEST with --set"},
    {"results", "DIR",
     "borders status power watch missing arrays collect cost report audit keep selftest trace",
     TEXT, FIELD(results), .initial = "results", .help = "folder of logs"},
    {"experiments", "DIR",
     "match status power missing arrays cost report audit keep selftest trace", TEXT,
     FIELD(experiments), .initial = "experiments", .help = "folder of experiment files"},
    {"checkpoints", "DIR", "train export probe borders audit watch", TEXT, FIELD(checkpoints),
     .initial = "build/checkpoints", .help = "folder of checkpoints and of fitted whitenings"},

    {"ranks", "N", "describe", INT, FIELD(ranks), .low = 1, .high = 1 << 20, .needs = "latency",
     .help = "predict the speed on 1, 2, 4 ... N MPI ranks, from a model of the messages"},
    {"latency", "US", "describe", REAL, FIELD(latency), .above = 1, .high = INFINITY,
     .needs = "bandwidth", .help = "microseconds per message"},
    {"bandwidth", "GBS", "describe", REAL, FIELD(bandwidth), .above = 1, .high = INFINITY,
     .needs = "ranks", .help = "gigabytes per second between ranks"},
    {"threads", "N", "describe", INT, FIELD(threads), .low = 1, .high = 1024, .needs = "ranks",
     .help = "threads of each rank; by default all CPUs"},
    {"images-per-second", "X", "describe", REAL, FIELD(images_per_second), .above = 1,
     .high = INFINITY, .needs = "ranks",
     .help = "speed of one rank; by default it is measured here"},
    {"once", NULL, "watch", FLAG, FIELD(once), .help = "show the runs once and end"},
    {"digits", "N", "schedule", INT, FIELD(digits), .low = 1, .high = 17, .initial = "17",
     .help = "significant digits of the learning rates"},
    {"k", "K", "match", REAL, FIELD(k), .low = 1, .high = 100, .above = 1, .required = 1,
     .help = "the others get the mean rate of the polynomial with this k"},
    {"steps", "N", "probe", LONG, FIELD(steps), .low = 2, .high = INT32_MAX, .initial = "50",
     .help = "steps of training; at most those of the run"},
    {"effect", "POINTS", "power", REAL, FIELD(effect), .above = 1, .high = 100, .initial = "0.5",
     .help = "the difference to be found, in points of test error"},
    {"power", "SHARE", "power", REAL, FIELD(power), .low = 0.1, .high = 0.999, .initial = "0.8",
     .help = "probability of finding it"},
    {"rounds", "N", "bench", INT, FIELD(rounds), .low = 1, .high = 1000, .initial = "3",
     .help = "measurements of each network"},
    {"seconds", "X", "bench", REAL, FIELD(seconds), .high = 3600, .initial = "3",
     .help = "least seconds of training in each measurement"},
    {"torch", "SCRIPT", "bench", TEXT, FIELD(torch),
     .help = "script that measures PyTorch as well"},
    {"python", "PROGRAM", "bench", TEXT, FIELD(python),
     .help = "interpreter of that script; without it, the script runs by itself"},

    {"scale", CONFIG_SCALES, "missing", CHOICE, FIELD(scale), .required = 1,
     .help = "scale of the experiments"},
    {"scale", CONFIG_SCALES, "arrays", CHOICE, FIELD(scale),
     .help = "scale of the experiments; by default all"},
    {"queue", "FILE", "status watch missing arrays", TEXT, FIELD(queue),
     .help = "output of squeue; without it, nothing counts as queued"},
    {"threads", "N", "arrays", INT, FIELD(threads), .low = 1, .high = 1024,
     .help = "CPUs of each rank; by default as many as here"},
    {"ranks", "N", "arrays", INT, FIELD(ranks), .low = 1, .high = 1 << 20, .initial = "1",
     .help = "MPI ranks per run"},
    {"safety", "X", "arrays", REAL, FIELD(safety), .low = 1, .high = 100, .initial = "2",
     .help = "time limits are X times the prediction"},
    {"hours", "N", "arrays", INT, FIELD(hours), .low = 1, .high = 24 * 365, .initial = "24",
     .help = "the longest time limit"},
    {"tasks", "N", "arrays", INT, FIELD(tasks), .low = 1, .high = INT32_MAX, .initial = "1000",
     .help = "largest number of tasks in an array"},

    {"replay", "DIR", "audit", TEXT, FIELD(replay),
     .help = "folder of logs of repeated runs, to compare"},
    {"drawn", "FILE", "audit keep", TEXT, FIELD(drawn),
     .help = "digests of the regenerated figures and paper (drawn.h)"},
    {"page", "FILE", "audit keep", TEXT, FIELD(page),
     .help = "digests of the regenerated data of the page (src/page/data.mjs)"},
    {"protocols", "FILE", "audit", TEXT, FIELD(protocols),
     .help = "commit dates of the protocols (registration.h)"},
    {"runs", "N", "audit", LONG, FIELD(runs), .high = 1000000, .initial = "0",
     .help = "number of runs whose first steps are trained again"},
    {"steps", "N", "audit", LONG, FIELD(steps), .low = 2, .high = LOG_STEP_LOSSES, .initial = "3",
     .help = "the number of these steps"},
    {"runs", "N", "selftest", LONG, FIELD(runs), .high = 1000000, .initial = "1000",
     .help = "number of damages"},
    {"out", "FILE", "export", TEXT, FIELD(out), .required = 1, .help = "file of the weights"},
    {"out", "DIR", "probe bench", TEXT, FIELD(out), .required = 1, .help = "folder to write to"},
    {"out", "DIR", "arrays", TEXT, FIELD(out), .required = 1, .help = "folder of the lists"},
    {"out", "DIR", "report", TEXT, FIELD(out), .initial = "build", .help = "folder to write to"},
    {"out", "DIR", "trace", TEXT, FIELD(out), .initial = "build",
     .help = "folder that the report wrote to"},
    {"out", "DIR", "audit", TEXT, FIELD(out), .initial = "build/audit",
     .help = "folder to work in; the reports are OUT.txt, OUT.json and OUT.xml"},
    {"out", "DIR", "keep", TEXT, FIELD(out), .initial = "build/audit", .help = "folder to work in"},
    {"out", "DIR", "selftest", TEXT, FIELD(out), .initial = "build/selftest",
     .help = "folder to work in"},
};

enum { ROWS = sizeof table / sizeof table[0] };

static int takes(const struct command *command, const struct option *option)
{
    const size_t length = strlen(command->name);
    for (const char *at = option->commands; at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, command->name, length) == 0 && (at[length] == ' ' || !at[length]))
            return 1;
    }
    return 0;
}

/* The option's row for this command; NULL if the command does not take it. */
static const struct option *find(const struct command *command, const char *name)
{
    for (const struct option *o = table; o < table + ROWS; o++)
        if (strcmp(o->name, name) == 0 && takes(command, o))
            return o;
    return NULL;
}

/* ---- Mistakes ------------------------------------------------------------------------------- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The number of letters to insert, delete, replace or swap with the next one to turn a into b. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 32 };
    size_t d[LONGEST + 1][LONGEST + 1], m = strlen(a), n = strlen(b);
    if (m > LONGEST || n > LONGEST)
        return SIZE_MAX;
    for (size_t i = 0; i <= m; i++) {
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            const size_t other = a[i - 1] != b[j - 1];
            d[i][j] = least(d[i - 1][j - 1] + other, 1 + least(d[i - 1][j], d[i][j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[m][n];
}

/* Set *best to `name` if it is nearer to `word`, and at most a third of its letters are wrong. */
static void consider(const char *name, const char *word, const char **best)
{
    const size_t wrong = distance(name, word);
    if (wrong <= strlen(name) / 3 && (!*best || wrong < distance(*best, word)))
        *best = name;
}

void options_die(const struct command *command, const char *what, const char *word)
{
    die("%s%s; `kdecay %s --help` shows what it takes", what, word, command->name);
}

static _Noreturn void die_unknown(const struct command *command, const char *name)
{
    const char *near = NULL;
    for (const struct option *o = table; o < table + ROWS; o++) {
        if (strcmp(o->name, name) == 0)
            die("%s does not take --%s; `kdecay %s --help` shows what it takes", command->name,
                name, command->name);
        if (takes(command, o))
            consider(o->name, name, &near);
    }
    if (near)
        die("unknown option --%s; did you mean --%s?", name, near);
    options_die(command, "unknown option --", name);
}

void options_die_command(const struct command *commands, size_t count, const char *word)
{
    const char *near = NULL;
    for (size_t i = 0; i < count; i++)
        consider(commands[i].name, word + strspn(word, "-"), &near);
    if (near)
        die("no such command: %s; did you mean %s?", word, near);
    die("no such command: %s; `kdecay help` lists all commands", word);
}

/* ---- Values --------------------------------------------------------------------------------- */

/* Add "a whole number from 1 to 1024"; nothing for an option that takes any text. */
static void add_range(const struct option *o, struct text *text)
{
    if (o->type == CHOICE)
        text_add(text, "one of %s", o->value);
    if (o->type < INT)
        return;
    text_add(text, "a %snumber ", o->type == REAL ? "" : "whole ");
    text_add(text,
             o->above         ? "above %.10g"
             : isinf(o->high) ? "not below %.10g"
                              : "from %.10g",
             o->low);
    if (!isinf(o->high))
        text_add(text, o->above ? ", %.10g at most" : " to %.10g", o->high);
}

static _Noreturn void die_value(const struct option *o, const char *value)
{
    struct text range = {0};
    add_range(o, &range);
    die("--%s %s: expected %s", o->name, value, range.bytes);
}

static double take_number(const struct option *o, const char *value)
{
    const char *letters =
        o->type == REAL ? "+-.0123456789eE" : "-0123456789"; /* not 0x, inf, nan */
    char *end = NULL;
    const double number = strtod(value, &end);
    if (value[strspn(value, letters)] || end == value || *end || !isfinite(number) ||
        !(o->above ? number > o->low : number >= o->low) || !(number <= o->high))
        die_value(o, value);
    return number;
}

static void set(const struct option *o, const char *value, struct options *options)
{
    void *field = (char *)options + o->field;
    if (!*value)
        die("--%s: expected %s, found nothing", o->name, o->value);
    switch (o->type) {
    case FLAG:
        BUG("a flag with a value");
    case TEXT:
        *(const char **)field = value;
        break;
    case TEXTS:
        options->overrides[options->override_count++] = value;
        break;
    case CHOICE:
        *(int *)field = config_word(o->value, value);
        if (*(int *)field < 0)
            die_value(o, value);
        break;
    case INT:
        *(int *)field = (int)take_number(o, value);
        break;
    case LONG:
        *(long *)field = (long)take_number(o, value);
        break;
    case REAL:
        *(double *)field = take_number(o, value);
    }
}

/* ---- The line ------------------------------------------------------------------------------- */

int options_ask_help(int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return 1;
    return 0;
}

/* Take the option argv[at], and the next word as its value unless "=" gives it. Returns the index
 * of the last word taken. */
static int take_option(const struct command *command, int argc, char **argv, int at, char *given,
                       struct options *options)
{
    const char *word = argv[at] + 2, *equals = strchr(word, '=');
    char *name = memory_copy(word, equals ? (size_t)(equals - word) : strlen(word));
    const struct option *o = find(command, name);
    if (!o)
        die_unknown(command, name);
    free(name);
    if (given[o - table] && o->type != TEXTS)
        die("--%s is given twice", o->name);
    given[o - table] = 1;
    if (o->type == FLAG) {
        if (equals)
            die("--%s takes no value", o->name);
        *(int *)((char *)options + o->field) = 1;
        return at;
    }
    if (!equals && (++at == argc || strncmp(argv[at], "--", 2) == 0))
        die("--%s needs a value %s", o->name, o->value);
    set(o, equals ? equals + 1 : argv[at], options);
    return at;
}

static void check_arguments(const struct command *command, const struct options *options)
{
    const char *wanted = command->arguments;
    const size_t most = !wanted ? 0 : strstr(wanted, "...") ? SIZE_MAX : 1;
    if (options->argument_count > most)
        options_die(command, "unexpected argument: ", options->arguments[most]);
    if (wanted && *wanted != '[' && options->argument_count == 0)
        options_die(command, "expected: ", wanted);
}

/* Set the defaults of the options that were not given; die where one is missing. */
static void complete(const struct command *command, const char *given, struct options *options)
{
    for (const struct option *o = table; o < table + ROWS; o++) {
        const int is_given = given[o - table];
        if (!takes(command, o))
            continue;
        if (o->required && !is_given)
            die("%s needs --%s %s", command->name, o->name, o->value);
        if (o->initial && !is_given)
            set(o, o->initial, options);
        const struct option *other = o->needs && is_given ? find(command, o->needs) : NULL;
        if (other && !given[other - table])
            die("--%s needs --%s %s", o->name, other->name, other->value);
    }
    if (options->threads == 0)
        options->threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
}

void options_parse(const struct command *command, int argc, char **argv, struct options *options)
{
    char given[ROWS] = {0};
    *options = (struct options){.arguments = memory_zeroed((size_t)argc, sizeof(char *)),
                                .overrides = memory_zeroed((size_t)argc, sizeof(char *)),
                                .scale = -1};
    int ended = 0;
    for (int i = 2; i < argc; i++) {
        if (ended || argv[i][0] != '-' || !argv[i][1])
            options->arguments[options->argument_count++] = argv[i];
        else if (argv[i][1] != '-')
            options_die(command, "unknown option ", argv[i]);
        else if (!argv[i][2])
            ended = 1;
        else
            i = take_option(command, argc, argv, i, given, options);
    }
    options->argument = options->arguments[0];
    check_arguments(command, options);
    complete(command, given, options);
}

const char *options_path(struct options *options, const char *name)
{
    size_t i = 0;
    while (options->paths[i])
        if (++i == sizeof options->paths / sizeof options->paths[0])
            BUG("more paths than there is room for");
    return options->paths[i] = memory_text("%s/%s", options->results, name);
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < sizeof options->paths / sizeof options->paths[0]; i++)
        free(options->paths[i]);
    free(options->arguments);
    free(options->overrides);
}

/* ---- Help ----------------------------------------------------------------------------------- */

/* Text that is broken into lines between words; further lines are indented. */
struct paragraph {
    FILE *out;
    int indent, column;
};

static void put(struct paragraph *p, const char *word, int length)
{
    enum { WIDTH = 80 };
    if (p->column > p->indent && p->column + 1 + length > WIDTH) {
        fprintf(p->out, "\n%*s", p->indent, "");
        p->column = p->indent;
    } else if (p->column > p->indent) {
        p->column += fprintf(p->out, " ");
    }
    p->column += fprintf(p->out, "%.*s", length, word);
}

static void put_words(struct paragraph *p, const char *words)
{
    for (int length; *words; words += length + (words[length] == ' ')) {
        length = (int)strcspn(words, " ");
        put(p, words, length);
    }
}

/* "usage: kdecay train EXPERIMENT.ini --seed N [--threads N]". No line break parts an option from its
 * value. */
static void print_synopsis(const struct command *command, FILE *out)
{
    enum { INDENT = 16 };
    struct paragraph p = {out, INDENT, 0};
    p.column = fprintf(out, "usage: kdecay %s", command->name);
    if (command->arguments)
        p.column += fprintf(out, " %s", command->arguments);
    for (int required = 1; required >= 0; required--) {
        for (const struct option *o = table; o < table + ROWS; o++) {
            if (o->required != required || !takes(command, o))
                continue;
            char *word = memory_text("%s--%s%s%s%s%s", required ? "" : "[", o->name,
                                     o->value ? " " : "", o->value ? o->value : "",
                                     required ? "" : "]", o->type == TEXTS ? "..." : "");
            put(&p, word, (int)strlen(word));
            free(word);
        }
    }
    fputs("\n\n", out);
}

/* Name and help; below them, in brackets, range, default and other facts. */
static void print_entry(const char *name, const char *help, const struct text *more, FILE *out)
{
    enum { INDENT = 29 };
    struct paragraph p = {out, INDENT, INDENT};
    fprintf(out, "  %-*s", INDENT - 2, name);
    put_words(&p, help);
    if (more->length)
        fprintf(out, "\n%*s(%s)", INDENT, "", more->bytes);
    fputc('\n', out);
}

static void print_option(const struct option *o, FILE *out)
{
    struct text more = {0};
    add_range(o, &more);
    const char *comma = more.length ? "; " : "";
    if (o->required)
        text_add(&more, "%smust be given", comma);
    if (o->initial)
        text_add(&more, "%sdefault %s", comma, o->initial);
    if (o->needs)
        text_add(&more, "%sneeds --%s", comma, o->needs);
    char *name = memory_text("--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    print_entry(name, o->help, &more, out);
    free(name);
    free(more.bytes);
}

void options_print_command(const struct command *command, FILE *out)
{
    print_synopsis(command, out);
    struct paragraph p = {out, 0, 0};
    put_words(&p, command->summary);
    fputs("\n\n", out);
    if (command->arguments)
        print_entry(command->arguments,
                    *command->arguments == '[' ? "may be left out" : "must be given",
                    &(struct text){0}, out);
    for (const struct option *o = table; o < table + ROWS; o++)
        if (takes(command, o))
            print_option(o, out);
    print_entry("-h, --help", "show this help and do nothing else", &(struct text){0}, out);
}

void options_print_commands(const struct command *commands, size_t count, FILE *out)
{
    enum { INDENT = 12 };
    fputs("usage: kdecay COMMAND [ARGUMENT]... [--OPTION VALUE]...\n\n", out);
    for (size_t i = 0; i < count; i++) {
        struct paragraph p = {out, INDENT, INDENT};
        fprintf(out, "  %-*s", INDENT - 2, commands[i].name);
        put_words(&p, commands[i].summary);
        fputc('\n', out);
    }
    fputs("\n`kdecay COMMAND --help` shows its arguments and options.\n", out);
}
