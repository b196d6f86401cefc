#include "network/gradient_buffers.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS = 2 };

/* The state of planning: how many layers still need each buffer. */
struct planner {
    struct gradient_buffers *plan;
    const struct architecture *architecture;
    const size_t *activation_floats;
    int *references;     /* of each buffer */
    int (*parts)[PARTS]; /* of each activation's gradient, so far */
};

/* A free buffer: the smallest that is large enough; else the largest, made larger. */
static int take_buffer(struct planner *p, int activation)
{
    struct gradient_buffers *plan = p->plan;
    const size_t floats = p->activation_floats[activation];
    int best = NO_BUFFER;
    for (int b = 0; b < plan->buffer_count; b++) {
        if (p->references[b] != 0)
            continue;
        const size_t size = plan->buffer_floats[b];
        const size_t best_size = best == NO_BUFFER ? 0 : plan->buffer_floats[best];
        if (best == NO_BUFFER ||
            (best_size < floats ? size > best_size : size >= floats && size < best_size))
            best = b;
    }
    if (best == NO_BUFFER) {
        best = plan->buffer_count++;
        const size_t count = (size_t)plan->buffer_count;
        plan->buffer_floats =
            memory_resize(plan->buffer_floats, count, sizeof *plan->buffer_floats);
        p->references = memory_resize(p->references, count, sizeof *p->references);
        plan->buffer_floats[best] = 0;
    }
    if (plan->buffer_floats[best] < floats)
        plan->buffer_floats[best] = floats;
    p->references[best] = 1;
    return best;
}

static void release(struct planner *p, int buffer)
{
    if (buffer >= 0)
        p->references[buffer]--;
}

static void add_part(struct planner *p, int activation, int buffer)
{
    int part = 0;
    while (part < PARTS && p->parts[activation][part] != NO_BUFFER)
        part++;
    if (part == PARTS)
        BUG("an activation whose gradient has more than two parts");
    p->parts[activation][part] = buffer;
}

static int only_part(const struct planner *p, int activation)
{
    if (p->parts[activation][0] == NO_BUFFER || p->parts[activation][1] != NO_BUFFER)
        BUG("an activation whose gradient should have exactly one part");
    return p->parts[activation][0];
}

/* Whether the gradient that BN_RELU makes is read by the layer before it alone. */
static int is_read_at_once(const struct planner *p, const struct layer *layer, int input)
{
    const struct layer *before = layer - 1;
    return layer > p->architecture->layers && before->output == input && layer->input_count == 1 &&
           layer->addend == NO_ACTIVATION && before->kind != LAYER_BN_RELU && !before->fused &&
           p->parts[input][0] == NO_BUFFER;
}

/* Plans one input of a BN_RELU. Its gradient takes the place of the residual, or of the output's
 * gradient where that is a map of the same shape, if no other layer needs that buffer. */
static void plan_norm_input(struct planner *p, const struct layer *layer,
                            const struct gradient_layer *plan, int input,
                            struct gradient_input *out)
{
    if (p->parts[input][1] != NO_BUFFER)
        BUG("a BN_RELU whose input has two other readers");
    out->residual = p->parts[input][0];
    out->target = NO_BUFFER;
    if (is_read_at_once(p, layer, input)) {
        out->target = p->parts[input][0] = SCRATCH_BUFFER;
        if (p->activation_floats[input] > p->plan->scratch_floats)
            p->plan->scratch_floats = p->activation_floats[input];
        return;
    }
    const int same_shape = layer->input_count == 1;
    const int in_place[] = {out->residual, same_shape ? plan->gradient : NO_BUFFER,
                            same_shape ? plan->gradient2 : NO_BUFFER};
    for (int i = 0; i < 3 && out->target == NO_BUFFER; i++)
        if (in_place[i] != NO_BUFFER && p->references[in_place[i]] == 1)
            out->target = in_place[i];
    if (out->target == NO_BUFFER)
        out->target = take_buffer(p, input);
    else
        p->references[out->target]++;
    release(p, out->residual);
    p->parts[input][0] = out->target;
}

/* A fused BN_RELU leaves to its leader the inputs that both read, and its buffer until then. */
static void plan_fused(struct planner *p, int l)
{
    const struct layer *layers = p->architecture->layers;
    struct gradient_layer *plans = p->plan->layers;
    const int leader = layers[l].leader;
    plans[l].gradient = plans[l + 1].gradient;
    for (int i = 0; i < layers[l].input_count; i++) {
        plans[l].inputs[i] = (struct gradient_input){NO_BUFFER, NO_BUFFER};
        if (l == leader || i >= layers[leader].input_count)
            plan_norm_input(p, &layers[l], &plans[l], layers[l].inputs[i], &plans[l].inputs[i]);
    }
    for (int m = l; l == leader && m < p->architecture->layer_count; m++)
        if (layers[m].kind == LAYER_BN_RELU && layers[m].fused && layers[m].leader == l)
            release(p, plans[m].gradient);
}

static void plan_norm(struct planner *p, const struct layer *layer, struct gradient_layer *plan)
{
    plan->gradient = p->parts[layer->output][0];
    plan->gradient2 = p->parts[layer->output][1];
    if (plan->gradient == NO_BUFFER)
        BUG("a BN_RELU whose output nobody reads");
    for (int i = 0; i < layer->input_count; i++)
        plan_norm_input(p, layer, plan, layer->inputs[i], &plan->inputs[i]);
    release(p, plan->gradient);
    release(p, plan->gradient2);
    if (layer->addend != NO_ACTIVATION) {
        p->references[plan->inputs[0].target]++;
        add_part(p, layer->addend, plan->inputs[0].target);
    }
}

static void plan_layer(struct planner *p, const struct layer *layer, struct gradient_layer *plan)
{
    *plan = (struct gradient_layer){
        NO_BUFFER, NO_BUFFER, memory_zeroed((size_t)layer->input_count, sizeof *plan->inputs)};
    if (layer->kind == LAYER_BN_RELU) {
        if (layer->fused)
            plan_fused(p, (int)(layer - p->architecture->layers));
        else
            plan_norm(p, layer, plan);
        return;
    }
    if (layer->output != NO_ACTIVATION)
        plan->gradient = only_part(p, layer->output);
    plan->inputs[0] = (struct gradient_input){NO_BUFFER, NO_BUFFER};
    if (layer->fused) /* the BN_RELU still needs the buffer, and has no gradient of its output */
        return;
    if (layer->inputs[0] != 0) {
        plan->inputs[0].target = take_buffer(p, layer->inputs[0]);
        add_part(p, layer->inputs[0], plan->inputs[0].target);
    }
    release(p, plan->gradient);
}

void gradient_buffers_plan(struct gradient_buffers *plan, const struct architecture *architecture,
                           const size_t *activation_floats)
{
    *plan = (struct gradient_buffers){
        .layers = memory_zeroed((size_t)architecture->layer_count, sizeof *plan->layers),
        .layer_count = architecture->layer_count};
    struct planner planner = {
        .plan = plan,
        .architecture = architecture,
        .activation_floats = activation_floats,
        .parts = memory_zeroed((size_t)architecture->activation_count, sizeof *planner.parts)};
    for (int v = 0; v < architecture->activation_count; v++)
        planner.parts[v][0] = planner.parts[v][1] = NO_BUFFER;
    for (int l = architecture->layer_count - 1; l >= 0; l--)
        plan_layer(&planner, &architecture->layers[l], &plan->layers[l]);
    free(planner.references);
    free(planner.parts);
}

void gradient_buffers_free(struct gradient_buffers *plan)
{
    for (int l = 0; l < plan->layer_count; l++)
        free(plan->layers[l].inputs);
    free(plan->layers);
    free(plan->buffer_floats);
    memset(plan, 0, sizeof *plan);
}
