/*
 * precision - how the numbers of feature maps are stored: as floats, or as bf16.
 *
 * A bf16 is the upper half of a float: its sign, its 8 bits of exponent and 7 of its 23 of
 * fraction. Reading one is exact. Writing rounds to the nearest, ties to even: the error is at most
 * 2^-8 of the value. A value that is too large becomes infinite, as in float; a NaN stays one.
 * Arithmetic is never done in bf16: a convolution's products are summed in float.
 *
 * A map is a `void *`; the precision that comes with it says what it points to, and in which order
 * (map.h). Arrays with an entry per channel, weights and sums are not maps: they are float or
 * double as their type says.
 */
#ifndef KDECAY_PRECISION_H
#define KDECAY_PRECISION_H

#include "experiment/config.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t bf16;

static inline float bf16_widen(bf16 stored)
{
    const uint32_t bits = (uint32_t)stored << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline bf16 bf16_round(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value)
        return (bf16)(bits >> 16 | 0x40); /* a quiet one, lest its lower half was all it had */
    return (bf16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* Bytes of one number. */
static inline size_t precision_bytes(enum precision precision)
{
    return precision == PRECISION_BF16 ? sizeof(bf16) : sizeof(float);
}

/* The map from its number `index` on. As with strchr(), the caller keeps a const map const. */
static inline void *map_plus(enum precision precision, const void *map, size_t index)
{
    return (char *)(uintptr_t)map + index * precision_bytes(precision);
}

static inline float map_get(enum precision precision, const void *map, size_t index)
{
    return precision == PRECISION_BF16 ? bf16_widen(((const bf16 *)map)[index])
                                       : ((const float *)map)[index];
}

static inline void map_set(enum precision precision, void *map, size_t index, float value)
{
    if (precision == PRECISION_BF16)
        ((bf16 *)map)[index] = bf16_round(value);
    else
        ((float *)map)[index] = value;
}

#endif
