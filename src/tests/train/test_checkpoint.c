#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "tests/expect.h"
#include "tests/scratch.h"
#include "tests/tests.h"
#include "train/checkpoint.h"

#include <stdlib.h>
#include <string.h>

/* Two tensors, one of them in a layout of its own (reversed), and running statistics. */
static struct parameters make_parameters(uint32_t seed)
{
    struct parameters p = {0};
    struct layout reversed = layout_create(6, 2, 3, 1);
    for (uint32_t o = 0; o < 2; o++)
        reversed.out[o] = 3 * (1 - o);
    for (uint32_t i = 0; i < 3; i++)
        reversed.in[i] = 2 - i;
    const struct tensor weight = {.name = "a.weight",
                                  .dims = {2, 3, 1, 1},
                                  .dim_count = 4,
                                  .trained = 1,
                                  .initial = INITIAL_HE_OUT,
                                  .layouts = {.weights = reversed}};
    const struct tensor running = {.name = "a.running_mean", .dims = {4}, .dim_count = 1};
    parameters_add(&p, &weight);
    parameters_add(&p, &running);
    parameters_allocate(&p, 1);
    parameters_initialise(&p, seed);
    const float momentum[6] = {1, 2, 3, 4, 5, 6}, mean[4] = {-1, -2, -3, (float)seed};
    parameters_set(&p, 0, TENSOR_MOMENTUM, momentum);
    parameters_set(&p, 1, TENSOR_WEIGHT, mean);
    return p;
}

static const char log_text[] = "# a \"quoted\" line\\\n1\t2\n";

TEST(saved_state_comes_back)
{
    char *folder = scratch_folder(), *path = memory_text("%s/c/d.safetensors", folder);
    struct parameters saved = make_parameters(1), loaded = make_parameters(2);
    assert_string_not_equal(parameters_digest(&saved).hex, parameters_digest(&loaded).hex);
    const struct progress place = {.epoch = 12}, within = {3, 7, 0.1 + 0.2, 5, 448, 12.125};
    struct progress back;
    checkpoint_save(path, &saved, &place, log_text);
    char *log = NULL;
    struct error error;
    assert_int_equal(checkpoint_load(path, &loaded, &back, &log, &error), 0);
    assert_memory_equal(&back, &place, sizeof place);
    assert_string_equal(log, log_text);
    assert_string_equal(parameters_digest(&saved).hex, parameters_digest(&loaded).hex);
    free(log);
    checkpoint_save(path, &saved, &within, log_text);
    assert_int_equal(checkpoint_load(path, &loaded, &back, &log, &error), 0);
    assert_memory_equal(&back, &within, sizeof within);
    assert_string_equal(log, log_text);
    free(log);
    parameters_free(&saved);
    parameters_free(&loaded);
    free(path);
    scratch_remove(folder);
}

/* The format as safetensors' README states it, checked by hand: 8 bytes of length, a header that is
 * a multiple of 8, offsets from the end of the header, little-endian floats in canonical order. */
TEST(bytes_of_the_format)
{
    char *folder = scratch_folder(), *path = memory_text("%s/d.safetensors", folder);
    struct parameters saved = make_parameters(1);
    checkpoint_save(path, &saved, &(struct progress){.epoch = 1}, log_text);
    size_t size = 0;
    struct error error;
    char *bytes = file_read(path, &size, &error);
    assert_non_null(bytes);
    size_t length = 0;
    for (int i = 7; i >= 0; i--)
        length = length * 256 + (uint8_t)bytes[i];
    assert_int_equal(length % 8, 0);
    assert_int_equal(size, 8 + length + (6 + 4 + 6) * sizeof(float));
    assert_non_null(strstr(bytes + 8, "\"a.weight\":{\"dtype\":\"F32\",\"shape\":[2,3,1,1],"
                                      "\"data_offsets\":[0,24]}"));
    assert_non_null(strstr(bytes + 8, "\"momentum.a.weight\":{\"dtype\":\"F32\","
                                      "\"shape\":[2,3,1,1],\"data_offsets\":[40,64]}"));
    float second = 0, weights[6];
    memcpy(&second, bytes + 8 + length + 40 + sizeof second, sizeof second);
    assert_true(second == 2);
    rng_normal((struct rng){1, RNG_INITIALISE}, 0, 1.0, weights, 6); /* sqrt(2 / out), out = 2 */
    assert_memory_equal(bytes + 8 + length, weights, sizeof weights);
    free(bytes);
    parameters_free(&saved);
    free(path);
    scratch_remove(folder);
}

/* Any changed byte, any cut, and another network: one clear error, no crash. */
TEST(damaged_files_are_refused)
{
    char *folder = scratch_folder(), *path = memory_text("%s/d.safetensors", folder);
    struct parameters p = make_parameters(1);
    const struct progress within = {3, 7, 2.5, 5, 448, 12.125};
    struct progress place;
    checkpoint_save(path, &p, &within, log_text);
    size_t size = 0;
    struct error error;
    char *bytes = file_read(path, &size, &error), *log = NULL;
    size_t header = 0;
    for (int i = 7; i >= 0; i--)
        header = header * 256 + (uint8_t)bytes[i];
    for (size_t i = 8 + header; i < size; i++) {
        bytes[i] = (char)(bytes[i] ^ 4);
        file_write(path, bytes, size);
        expect_failed(checkpoint_load(path, &p, &place, &log, &error), &error, path);
        bytes[i] = (char)(bytes[i] ^ 4);
    }
    char *sums = strstr(bytes + 8, "\"within\":\"7 2.5 5 448 12.125 ");
    assert_non_null(sums);
    for (char *c = sums + 10; *c != '"'; c++) {
        *c = (char)(*c ^ 1); /* another digit, mostly */
        file_write(path, bytes, size);
        assert_int_equal(checkpoint_load(path, &p, &place, &log, &error), -1);
        *c = (char)(*c ^ 1);
    }
    for (size_t length = 0; length < size; length += 7) {
        file_write(path, bytes, length);
        assert_int_equal(checkpoint_load(path, &p, &place, &log, &error), -1);
    }
    file_write(path, bytes, size);
    p.tensors[0].dims[0] = 3;
    assert_int_equal(checkpoint_load(path, &p, &place, &log, &error), -1);
    free(bytes);
    parameters_free(&p);
    free(path);
    scratch_remove(folder);
}
