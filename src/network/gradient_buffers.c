#include "network/gradient_buffers.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS = 2 };

/* The state of planning: who still needs which buffer. */
struct planner {
    struct flow *flow;
    const size_t *value_floats;
    int *references;     /* of each buffer */
    int (*parts)[PARTS]; /* of each value's gradient, so far */
};

/* A free buffer: the smallest that is large enough, or the largest one, made larger. */
static int take_buffer(struct planner *p, int value)
{
    struct flow *flow = p->flow;
    const size_t floats = p->value_floats[value];
    int best = NO_BUFFER;
    for (int b = 0; b < flow->buffer_count; b++) {
        if (p->references[b] != 0)
            continue;
        const size_t size = flow->buffer_floats[b];
        const size_t best_size = best == NO_BUFFER ? 0 : flow->buffer_floats[best];
        if (best == NO_BUFFER ||
            (best_size < floats ? size > best_size : size >= floats && size < best_size))
            best = b;
    }
    if (best == NO_BUFFER) {
        best = flow->buffer_count++;
        const size_t count = (size_t)flow->buffer_count;
        flow->buffer_floats =
            memory_resize(flow->buffer_floats, count, sizeof *flow->buffer_floats);
        p->references = memory_resize(p->references, count, sizeof *p->references);
        flow->buffer_floats[best] = 0;
    }
    if (flow->buffer_floats[best] < floats)
        flow->buffer_floats[best] = floats;
    p->references[best] = 1;
    return best;
}

static void release(struct planner *p, int buffer)
{
    if (buffer != NO_BUFFER)
        p->references[buffer]--;
}

static void add_part(struct planner *p, int value, int buffer)
{
    int part = 0;
    while (part < PARTS && p->parts[value][part] != NO_BUFFER)
        part++;
    if (part == PARTS)
        BUG("a value whose gradient has more than two parts");
    p->parts[value][part] = buffer;
}

static int only_part(const struct planner *p, int value)
{
    if (p->parts[value][0] == NO_BUFFER || p->parts[value][1] != NO_BUFFER)
        BUG("a value whose gradient should have exactly one part");
    return p->parts[value][0];
}

/* One input of a NORM. In place of the residual, or of the gradient where that is a map of the same
 * shape, if nobody else needs that buffer. */
static void plan_norm_input(struct planner *p, const struct layer *layer,
                            const struct flow_layer *plan, int input, struct flow_input *flow)
{
    if (p->parts[input][1] != NO_BUFFER)
        BUG("a NORM whose input has two other readers");
    flow->residual = p->parts[input][0];
    flow->target = NO_BUFFER;
    const int same_shape = layer->input_count == 1;
    const int in_place[] = {flow->residual, same_shape ? plan->gradient : NO_BUFFER,
                            same_shape ? plan->gradient2 : NO_BUFFER};
    for (int i = 0; i < 3 && flow->target == NO_BUFFER; i++)
        if (in_place[i] != NO_BUFFER && p->references[in_place[i]] == 1)
            flow->target = in_place[i];
    if (flow->target == NO_BUFFER)
        flow->target = take_buffer(p, input);
    else
        p->references[flow->target]++;
    release(p, flow->residual);
    p->parts[input][0] = flow->target;
}

static void plan_norm(struct planner *p, const struct layer *layer, struct flow_layer *plan)
{
    plan->gradient = p->parts[layer->output][0];
    plan->gradient2 = p->parts[layer->output][1];
    if (plan->gradient == NO_BUFFER)
        BUG("a NORM whose output nobody reads");
    for (int i = 0; i < layer->input_count; i++)
        plan_norm_input(p, layer, plan, layer->inputs[i], &plan->inputs[i]);
    release(p, plan->gradient);
    release(p, plan->gradient2);
    if (layer->addend != NO_VALUE) {
        p->references[plan->inputs[0].target]++;
        add_part(p, layer->addend, plan->inputs[0].target);
    }
}

static void plan_layer(struct planner *p, const struct layer *layer, struct flow_layer *plan)
{
    *plan = (struct flow_layer){NO_BUFFER, NO_BUFFER,
                                memory_zeroed((size_t)layer->input_count, sizeof *plan->inputs)};
    if (layer->kind == LAYER_NORM) {
        plan_norm(p, layer, plan);
        return;
    }
    if (layer->kind != LAYER_HEAD)
        plan->gradient = only_part(p, layer->output);
    plan->inputs[0] = (struct flow_input){NO_BUFFER, NO_BUFFER};
    if (layer->inputs[0] != 0) {
        plan->inputs[0].target = take_buffer(p, layer->inputs[0]);
        add_part(p, layer->inputs[0], plan->inputs[0].target);
    }
    release(p, plan->gradient);
}

void flow_plan(struct flow *flow, const struct architecture *architecture,
               const size_t *value_floats)
{
    *flow = (struct flow){
        .layers = memory_zeroed((size_t)architecture->layer_count, sizeof *flow->layers),
        .layer_count = architecture->layer_count};
    struct planner planner = {
        .flow = flow,
        .value_floats = value_floats,
        .parts = memory_zeroed((size_t)architecture->value_count, sizeof *planner.parts)};
    for (int v = 0; v < architecture->value_count; v++)
        planner.parts[v][0] = planner.parts[v][1] = NO_BUFFER;
    for (int l = architecture->layer_count - 1; l >= 0; l--)
        plan_layer(&planner, &architecture->layers[l], &flow->layers[l]);
    free(planner.references);
    free(planner.parts);
}

void flow_free(struct flow *flow)
{
    for (int l = 0; l < flow->layer_count; l++)
        free(flow->layers[l].inputs);
    free(flow->layers);
    free(flow->buffer_floats);
    memset(flow, 0, sizeof *flow);
}
