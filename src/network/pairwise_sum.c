#include "network/pairwise_sum.h"

void pairwise_sum(float *first, size_t stride, int pieces, size_t count)
{
    for (int step = 1; step < pieces; step *= 2) {
        for (int p = 0; p + step < pieces; p += 2 * step) {
            float *into = first + (size_t)p * stride;
            const float *from = into + (size_t)step * stride;
            for (size_t i = 0; i < count; i++)
                into[i] += from[i];
        }
    }
}

int pairwise_divides(int pieces, int parts)
{
    if (parts < 1 || pieces % parts != 0)
        return 0;
    const int length = pieces / parts;
    return parts == 1 || (length & (length - 1)) == 0;
}
