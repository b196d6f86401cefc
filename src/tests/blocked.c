#include "tests/blocked.h"

#include "base/memory.h"
#include "tests/tests.h"

#include <stdlib.h>

size_t blocked_place(struct shape s, int block, size_t index)
{
    const size_t pixels = (size_t)(s.height * s.width), pixel = index % pixels;
    const size_t plane = index / pixels, b = (size_t)block, channels = (size_t)s.channels;
    const size_t n = plane / channels, c = plane % channels;
    return ((n * (channels / b) + c / b) * pixels + pixel) * b + c % b;
}

float *blocked_map(struct shape valid, int block, int images, const double *plain)
{
    const size_t each = shape_count(valid) / (size_t)valid.images;
    float *map = memory_floats(each * (size_t)images);
    for (size_t i = 0; i < each * (size_t)images; i++)
        map[i] = BLOCKED_REST;
    for (size_t i = 0; plain && i < shape_count(valid); i++)
        map[blocked_place(valid, block, i)] = (float)plain[i];
    return map;
}

void blocked_check(struct shape valid, int block, int images, const float *map,
                   const double *expected, double error, float beyond)
{
    const size_t count = shape_count(valid), each = count / (size_t)valid.images;
    double *plain = memory_zeroed(count, sizeof *plain);
    for (size_t i = 0; i < count; i++)
        plain[i] = (double)map[blocked_place(valid, block, i)];
    assert_true(reference_error(count, plain, expected) < error);
    for (size_t i = count; i < each * (size_t)images; i++)
        assert_true(map[i] == beyond);
    free(plain);
}

double *blocked_numbers(uint64_t *state, size_t count)
{
    double *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (double)(float)reference_number(state);
    return values;
}
