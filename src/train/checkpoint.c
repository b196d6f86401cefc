#include "train/checkpoint.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8 };

/* ---- Header -------------------------------------------------------------------------------- */

/* A JSON string of text without control characters other than newline and tab. */
static void add_string(struct text *json, const char *value)
{
    text_add(json, "\"");
    for (; *value; value++) {
        if (*value == '\n')
            text_add(json, "\\n");
        else if (*value == '\t')
            text_add(json, "\\t");
        else if (*value == '"' || *value == '\\')
            text_add(json, "\\%c", *value);
        else
            text_add(json, "%c", *value);
    }
    text_add(json, "\"");
}

/* The contents of a file. */
enum content { CONTENT_STATE, CONTENT_WEIGHTS };

static int is_in(const struct tensor *tensor, enum tensor_state state, enum content content)
{
    return content == CONTENT_STATE ? parameters_is_kept(tensor, state)
                                    : state == TENSOR_WEIGHT && !tensor->block;
}

/* `,"name":{...}` for every tensor, in the order of their data: values, then momentum. */
static void add_tensors(struct text *json, const struct parameters *p, enum content content,
                        size_t *bytes)
{
    *bytes = 0;
    for (enum tensor_state state = TENSOR_WEIGHT; state <= TENSOR_MOMENTUM; state++) {
        for (int i = 0; i < p->count; i++) {
            const struct tensor *tensor = &p->tensors[i];
            if (!is_in(tensor, state, content))
                continue;
            text_add(json, ",\"%s%s\":{\"dtype\":\"F32\",\"shape\":[",
                     state == TENSOR_MOMENTUM ? "momentum." : "", tensor->name);
            for (int d = 0; d < tensor->dim_count; d++)
                text_add(json, "%s%d", d ? "," : "", tensor->dims[d]);
            const size_t end = *bytes + tensor->count * sizeof(float);
            text_add(json, "],\"data_offsets\":[%zu,%zu]}", *bytes, end);
            *bytes = end;
        }
    }
}

/* Copy all tensors from or to the parameters, in the order of add_tensors(). */
static void move_tensors(struct parameters *into, const struct parameters *p, enum content content,
                         float *data)
{
    for (enum tensor_state state = TENSOR_WEIGHT; state <= TENSOR_MOMENTUM; state++) {
        for (int i = 0; i < p->count; i++) {
            if (!is_in(&p->tensors[i], state, content))
                continue;
            if (into)
                parameters_set(into, i, state, data);
            else
                parameters_get(p, i, state, data);
            data += p->tensors[i].count;
        }
    }
}

/* Close the header after its metadata and write the file; frees the text. */
static void write_file(const char *path, struct text *json, const struct parameters *parameters,
                       enum content content)
{
    size_t bytes = 0;
    add_tensors(json, parameters, content, &bytes);
    text_add(json, "}");
    while (json->length % LENGTH_BYTES != 0)
        text_add(json, " ");

    const size_t start = LENGTH_BYTES + json->length;
    uint8_t *file = memory_zeroed(start + bytes, 1);
    for (int i = 0; i < LENGTH_BYTES; i++)
        file[i] = (uint8_t)((uint64_t)json->length >> (8 * i));
    memcpy(file + LENGTH_BYTES, json->bytes, json->length);
    float *data = memory_floats(bytes / sizeof(float));
    move_tensors(NULL, parameters, content, data);
    memcpy(file + start, data, bytes);
    file_write(path, file, start + bytes);
    free(data);
    free(file);
    free(json->bytes);
}

char *checkpoint_path(const char *folder, const struct experiment *experiment, long seed)
{
    return memory_text("%s/%s/seed-%ld-%.8s.safetensors", folder, experiment->arm, seed,
                       config_digest(experiment).hex);
}

void checkpoint_save(const char *path, const struct parameters *parameters,
                     const struct progress *progress, const char *log)
{
    const struct digest state = parameters_digest(parameters);
    struct text json = {0};
    text_add(&json,
             "{\"__metadata__\":{\"format\":\"pt\",\"epoch\":\"%ld\",\"state-sha256\":\"%s\"",
             progress->epoch, state.hex);
    if (progress->steps) {
        char *sums = memory_text("%ld %.17g %ld %ld %.3f", progress->steps, progress->loss_sum,
                                 progress->wrong, progress->images, progress->seconds);
        text_add(&json, ",\"within\":\"%s %s\"", sums, digest_chain(state.hex, sums).hex);
        free(sums);
    }
    text_add(&json, ",\"log\":");
    add_string(&json, log);
    text_add(&json, "}");
    write_file(path, &json, parameters, CONTENT_STATE);
}

void checkpoint_export(const char *path, const struct parameters *parameters, const char *log)
{
    struct text json = {0};
    text_add(&json, "{\"__metadata__\":{\"format\":\"pt\",\"log\":");
    add_string(&json, log);
    text_add(&json, "}");
    write_file(path, &json, parameters, CONTENT_WEIGHTS);
}

/* ---- Reading ------------------------------------------------------------------------------- */

/* The JSON string that add_string() wrote after `prefix` at *at; NULL if there is none. */
static char *take_string(const char **at, const char *prefix)
{
    const size_t length = strlen(prefix);
    if (strncmp(*at, prefix, length) != 0 || (*at)[length] != '"')
        return NULL;
    const char *from = *at + length + 1;
    char *value = memory_zeroed(strlen(from) + 1, 1), *to = value;
    for (; *from && *from != '"'; from++) {
        if (*from == '\\') {
            from++;
            *to++ = *from == 'n' ? '\n' : *from == 't' ? '\t' : *from;
            if (!*from)
                break;
        } else {
            *to++ = *from;
        }
    }
    if (*from != '"') {
        free(value);
        return NULL;
    }
    *at = from + 1;
    return value;
}

/* Read the progress from `within`, which is chained to the digest `state`. */
static int parse_within(char *within, const char *state, struct progress *progress)
{
    char *space = strrchr(within, ' ');
    if (!space)
        return -1;
    *space = '\0';
    int end = 0;
    const int good = sscanf(within, "%ld %lf %ld %ld %lf%n", &progress->steps, &progress->loss_sum,
                            &progress->wrong, &progress->images, &progress->seconds, &end) == 5 &&
                     within[end] == '\0' && progress->steps > 0 && progress->images > 0 &&
                     strcmp(space + 1, digest_chain(state, within).hex) == 0;
    return good ? 0 : -1;
}

/* Our own header, read back strictly: metadata, then exactly the tensors of these parameters. */
static int parse_header(const char *json, const struct parameters *parameters,
                        struct progress *progress, char **digest, char **log, size_t *bytes)
{
    const char *at = json;
    char *format = take_string(&at, "{\"__metadata__\":{\"format\":");
    char *number = format ? take_string(&at, ",\"epoch\":") : NULL;
    *digest = number ? take_string(&at, ",\"state-sha256\":") : NULL;
    char *within = *digest ? take_string(&at, ",\"within\":") : NULL;
    *log = *digest ? take_string(&at, ",\"log\":") : NULL;
    *progress = (struct progress){.epoch = number ? strtol(number, NULL, 10) : 0};
    struct text rest = {0};
    text_add(&rest, "}");
    add_tensors(&rest, parameters, CONTENT_STATE, bytes);
    text_add(&rest, "}");
    const int good = *log && progress->epoch >= 0 &&
                     (!within || parse_within(within, *digest, progress) == 0) &&
                     strncmp(at, rest.bytes, rest.length) == 0 &&
                     strspn(at + rest.length, " ") == strlen(at + rest.length);
    free(format);
    free(number);
    free(within);
    free(rest.bytes);
    return good ? 0 : -1;
}

int checkpoint_load(const char *path, struct parameters *parameters, struct progress *progress,
                    char **log, struct error *error)
{
    size_t size = 0;
    char *file = file_read(path, &size, error);
    if (!file)
        return -1;
    uint64_t length = 0;
    for (size_t i = 0; i < LENGTH_BYTES && i < size; i++)
        length |= (uint64_t)(uint8_t)file[i] << (8 * i);
    char *digest = NULL;
    *log = NULL;
    int good = size > LENGTH_BYTES && length <= size - LENGTH_BYTES;
    if (good) {
        char *json = memory_copy(file + LENGTH_BYTES, length);
        size_t bytes = 0;
        good = parse_header(json, parameters, progress, &digest, log, &bytes) == 0 &&
               size == LENGTH_BYTES + length + bytes;
        free(json);
        if (good) {
            float *data = memory_floats(bytes / sizeof(float));
            memcpy(data, file + LENGTH_BYTES + length, bytes);
            move_tensors(parameters, parameters, CONTENT_STATE, data);
            free(data);
            good = strcmp(digest, parameters_digest(parameters).hex) == 0;
        }
    }
    free(digest);
    free(file);
    if (good)
        return 0;
    free(*log);
    *log = NULL;
    return error_set(
        error, "%s: is damaged or of another network; remove it to train from the beginning", path);
}
