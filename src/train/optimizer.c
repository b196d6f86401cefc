#include "train/optimizer.h"

struct sgd sgd_of(const struct experiment *experiment)
{
    return (struct sgd){.momentum = (float)experiment->momentum,
                        .weight_decay = (float)experiment->weight_decay,
                        .nesterov = experiment->nesterov};
}

void sgd_step(const struct sgd *sgd, double lr, size_t count, float *restrict value,
              float *restrict momentum, const float *restrict gradient)
{
    const float rate = (float)lr, mu = sgd->momentum, decay = sgd->weight_decay;
    for (size_t i = 0; i < count; i++) {
        const float d = gradient[i] + decay * value[i];
        const float m = mu * momentum[i] + d;
        momentum[i] = m;
        value[i] -= rate * (sgd->nesterov ? d + mu * m : m);
    }
}
