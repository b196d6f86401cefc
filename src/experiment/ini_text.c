#include "experiment/ini_text.h"

#include <ini.h>
#include <string.h>

/* The state of a reading. */
struct lines {
    const char *next, *end;
    int count; /* lines begun */
    int bad;   /* the line that inih cannot read, or whose key was refused; 0: none */
    struct error *error;
    ini_text_taker *take;
    void *user;
};

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static int is_control(char byte)
{
    return ((unsigned char)byte < ' ' && byte != '\t') || byte == 127;
}

/* Whether inih would read a line correctly; with newline and NUL it has room for `room` bytes. */
static int check_line(const char *start, const char *end, int room, struct error *error)
{
    for (const char *at = start; at < end; at++)
        if (is_control(*at))
            return error_set(error,
                             "the byte 0x%02x, which is not text: expected `[section]` or `key = "
                             "value`; remove it",
                             (unsigned)(unsigned char)*at);
    if (end - start >= room - 1)
        return error_set(
            error,
            "a line of %td bytes without the white space around it, expected at most %d; "
            "break a long comment into lines that each begin with `;`",
            end - start, room - 2);
    const char *bracket =
        start < end && *start == '[' ? memchr(start, ']', (size_t)(end - start)) : NULL;
    if (bracket) {
        do
            bracket++;
        while (bracket < end && is_blank(*bracket));
        if (bracket < end && *bracket != ';' && *bracket != '#')
            return error_set(error,
                             "expected nothing but a comment behind `[section]`; begin a new "
                             "line there");
    }
    return 0;
}

/* inih's reader: the next line, or NULL after the last line and after a bad one. The line ends with a
 * newline, since inih 59 takes a full buffer without one for the start of a too long line. */
static char *next_line(char *line, int room, void *stream)
{
    struct lines *lines = stream;
    if (lines->bad || lines->next == lines->end)
        return NULL;
    const char *start = lines->next;
    const char *newline = memchr(start, '\n', (size_t)(lines->end - start));
    const char *end = newline ? newline : lines->end;
    lines->next = newline ? newline + 1 : lines->end;
    lines->count++;
    if (end > start && end[-1] == '\r')
        end--;
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    if (check_line(start, end, room, lines->error) != 0) {
        lines->bad = lines->count;
        return NULL;
    }
    memcpy(line, start, (size_t)(end - start));
    line[end - start] = '\n';
    line[end - start + 1] = '\0';
    return line;
}

static int pass_over(void *user, const char *section, const char *name, const char *value)
{
    (void)user, (void)section, (void)name, (void)value;
    return 1;
}

static int take_key(void *user, const char *section, const char *name, const char *value)
{
    struct lines *lines = user;
    if (!lines->take(lines->user, section, name, value))
        lines->bad = lines->count;
    return 1;
}

int ini_text_read(const char *text, size_t size, ini_text_taker *take, void *user,
                  struct error *error)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of byte order, in UTF-8 */
    const size_t skipped = size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    const struct lines start = {
        .next = text + skipped, .end = text + size, .error = error, .take = take, .user = user};
    /* inih continues after a line that it cannot read; so the reader checks all lines before any key
     * counts. */
    struct lines form = start;
    const int malformed = ini_parse_stream(next_line, &form, pass_over, &form);
    if (malformed < 0)
        die("no memory for a line of an experiment file");
    if (malformed > 0) {
        error_set(error, "expected `[section]` or `key = value`");
        return malformed;
    }
    if (form.bad)
        return form.bad;
    struct lines keys = start;
    if (ini_parse_stream(next_line, &keys, take_key, &keys) != 0)
        BUG("a text that inih reads in two ways");
    return keys.bad;
}
