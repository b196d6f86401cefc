#include "base/decimal.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

char *decimal_text(double value, const char *sign, int decimals)
{
    const double tie = 1e-7;
    long long unit = 1;
    for (int i = 0; i < decimals; i++)
        unit *= 10;
    const long double scaled = fabsl((long double)value) * (long double)unit;
    if (!isfinite(value) || scaled >= 1e15L)
        return *sign ? memory_text("%+.*f", decimals, value) : memory_text("%.*f", decimals, value);
    const long long whole = (long long)(scaled + 0.5L + (long double)tie);
    const char *front = signbit(value) ? "-" : sign;
    return decimals ? memory_text("%s%lld.%0*lld", front, whole / unit, decimals, whole % unit)
                    : memory_text("%s%lld", front, whole);
}

char *decimal_interval(double low, double high, int decimals)
{
    char *from = decimal_text(low, "+", decimals), *to = decimal_text(high, "+", decimals);
    char *interval = memory_text("[%s, %s]", from, to);
    free(to);
    free(from);
    return interval;
}
