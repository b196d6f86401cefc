#define _GNU_SOURCE /* sysconf's names of the caches */
#include "network/onednn.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "network/onednn_api.h"
#include "network/winograd.h"

#include <cpuid.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A cache line of its own. */
struct spent {
    double seconds;
    char rest[CACHE_LINE - sizeof(double)];
};

struct onednn {
    dnnl_engine_t engine;
    int workers;
    dnnl_stream_t *stream; /* one a worker */
    float **scratchpad;    /* one a worker, large enough for every primitive made so far */
    struct spent *spent;   /* one a worker */
    size_t scratchpad_bytes;
    int block;
    char *version, *environment;
};

enum pass { FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS, PASSES };
enum memory_kind {
    SOURCE,
    DESTINATION,
    FORWARD_WEIGHTS,
    BACKWARD_LAYOUT,
    WEIGHT_GRADIENT,
    MEMORY_KINDS
};

/* oneDNN's memory objects hold a pointer that is set before each call: one set a worker. */
struct worker_memory {
    dnnl_memory_t tensor[MEMORY_KINDS];
    dnnl_memory_t scratchpad[PASSES];
};

struct onednn_conv {
    struct onednn *onednn;
    struct conv_shape shape;
    dnnl_primitive_t primitive[PASSES];
    struct worker_memory *memory; /* one a worker */
    char *kernels;
    struct layouts layouts;
};

static const char *status_name(dnnl_status_t status)
{
    switch (status) {
    case dnnl_out_of_memory:
        return "out of memory";
    case dnnl_invalid_arguments:
        return "invalid arguments";
    case dnnl_unimplemented:
        return "not implemented on this CPU";
    case dnnl_runtime_error:
        return "runtime error";
    default:
        return "error";
    }
}

static void check(dnnl_status_t status, const char *call)
{
    if (status != dnnl_success)
        die("oneDNN: %s: %s (%d)", call, status_name(status), (int)status);
}

#define CHECK(call) check((call), #call)

int conv_out_height(const struct conv_shape *shape)
{
    return (shape->height + 2 * shape->padding - shape->kernel) / shape->stride + 1;
}

int conv_out_width(const struct conv_shape *shape)
{
    return (shape->width + 2 * shape->padding - shape->kernel) / shape->stride + 1;
}

/* ---- The engine --------------------------------------------------------------------------- */

static int includes(unsigned isa, unsigned wanted)
{
    return (isa & wanted) == wanted;
}

struct onednn_isa onednn_isa_of(unsigned isa)
{
    return (struct onednn_isa){.block = includes(isa, dnnl_cpu_isa_avx512_core) ? 16 : 8,
                               .bf16 = includes(isa, dnnl_cpu_isa_avx512_core_bf16)};
}

static char *describe_environment(const char *version)
{
    unsigned a, b, c, d;
    char vendor[13] = "unknown";
    unsigned family = 0;
    if (__get_cpuid(0, &a, &b, &c, &d)) {
        memcpy(vendor, &b, 4);
        memcpy(vendor + 4, &d, 4);
        memcpy(vendor + 8, &c, 4);
    }
    if (__get_cpuid(1, &a, &b, &c, &d)) {
        family = (a >> 8) & 15;
        if (family == 15)
            family += (a >> 20) & 255;
    }
    return memory_text("oneDNN %s; %s; CPU %s family %u; caches L1d %ld L2 %ld L3 %ld", version,
                       api_isa_name(dnnl_get_effective_cpu_isa()), vendor, family,
                       sysconf(_SC_LEVEL1_DCACHE_SIZE), sysconf(_SC_LEVEL2_CACHE_SIZE),
                       sysconf(_SC_LEVEL3_CACHE_SIZE));
}

struct onednn *onednn_open(int workers)
{
    /* oneDNN sizes its primitives for this many threads when they are made. Our own parallel
     * regions name their number, and inside them oneDNN sees one thread as well. */
    omp_set_num_threads(1);
    struct onednn *onednn = memory_zeroed(1, sizeof *onednn);
    CHECK(dnnl_engine_create(&onednn->engine, dnnl_cpu, 0));
    onednn->workers = workers;
    onednn->stream = memory_zeroed((size_t)workers, sizeof *onednn->stream);
    onednn->scratchpad = memory_zeroed((size_t)workers, sizeof *onednn->scratchpad);
    onednn->spent = memory_zeroed((size_t)workers, sizeof *onednn->spent);
    for (int w = 0; w < workers; w++)
        CHECK(dnnl_stream_create(&onednn->stream[w], onednn->engine, dnnl_stream_default_flags));
    onednn->block = onednn_isa_of(dnnl_get_effective_cpu_isa()).block;
    const dnnl_version_t *version = dnnl_version();
    onednn->version = memory_text("%d.%d.%d (%.12s)", version->major, version->minor,
                                  version->patch, version->hash);
    onednn->environment = describe_environment(onednn->version);
    return onednn;
}

void onednn_close(struct onednn *onednn)
{
    for (int w = 0; w < onednn->workers; w++) {
        CHECK(dnnl_stream_destroy(onednn->stream[w]));
        free(onednn->scratchpad[w]);
    }
    CHECK(dnnl_engine_destroy(onednn->engine));
    free(onednn->stream);
    free(onednn->scratchpad);
    free(onednn->spent);
    free(onednn->version);
    free(onednn->environment);
    free(onednn);
}

int onednn_block(const struct onednn *onednn)
{
    return onednn->block;
}

const char *onednn_version(const struct onednn *onednn)
{
    return onednn->version;
}

const char *onednn_environment(const struct onednn *onednn)
{
    return onednn->environment;
}

int onednn_check_precision(enum precision precision, struct error *error)
{
    const dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    if (precision == PRECISION_F32 || onednn_isa_of(isa).bf16)
        return 0;
    return error_set(
        error,
        "training.precision = bf16: needs avx512_core_bf16, oneDNN finds %s on this CPU; "
        "take another machine, or set training.precision = f32",
        api_isa_name(isa));
}

/* AMX multiplies bf16 several times as fast as f32. */
static int has_tiles(void)
{
    return includes(dnnl_get_effective_cpu_isa(), dnnl_cpu_isa_avx512_core_amx);
}

static struct winograd_shape own_shape(const struct onednn *onednn, const struct conv_shape *s)
{
    return (struct winograd_shape){s->batch, s->in,         s->out,      s->height,
                                   s->width, onednn->block, s->precision};
}

int onednn_suits_own_winograd(const struct onednn *onednn, const struct conv_shape *s)
{
    const struct winograd_shape own = own_shape(onednn, s);
    return s->kernel == 3 && s->stride == 1 && s->padding == 1 && winograd_suits(&own) &&
           onednn_lacks_tiles(s->precision);
}

int onednn_lacks_tiles(enum precision precision)
{
    return precision == PRECISION_F32 || !has_tiles();
}

void onednn_count(const struct onednn *onednn, int worker, double started)
{
    onednn->spent[worker].seconds += clock_seconds() - started;
}

double onednn_seconds(const struct onednn *onednn)
{
    double seconds = 0;
    for (int w = 0; w < onednn->workers; w++)
        seconds += onednn->spent[w].seconds;
    return seconds;
}

/* ---- Making a convolution ----------------------------------------------------------------- */

/* Everything that making one convolution passes around. */
struct recipe {
    struct api_convolution common; /* all but its three layouts */
    api_layout source, destination, any_weights, forward_weights, backward_weights;
    api_layout weights; /* and their gradient */
};

static api_layout describe(dnnl_dim_t a, dnnl_dim_t b, dnnl_dim_t c, dnnl_dim_t d,
                           dnnl_data_type_t type, dnnl_format_tag_t tag)
{
    const dnnl_dims_t dims = {a, b, c, d};
    api_layout layout;
    CHECK(api_layout_create(&layout, dims, type, tag));
    return layout;
}

static dnnl_format_tag_t activation_tag(const struct onednn *onednn, enum precision precision,
                                        int channels)
{
    if (channels != 3 && channels % onednn->block != 0)
        BUG("a number of channels that is not a multiple of the block");
    if (precision == PRECISION_BF16)
        return dnnl_nhwc;
    if (channels == 3)
        return dnnl_nchw;
    return onednn->block == 16 ? dnnl_nChw16c : dnnl_nChw8c;
}

static struct recipe recipe_of(const struct onednn *onednn, const struct conv_shape *s)
{
    const int out_height = conv_out_height(s), out_width = conv_out_width(s);
    const dnnl_data_type_t type = s->precision == PRECISION_BF16 ? dnnl_bf16 : dnnl_f32;
    struct recipe recipe = {
        .source = describe(s->batch, s->in, s->height, s->width, type,
                           activation_tag(onednn, s->precision, s->in)),
        .destination = describe(s->batch, s->out, out_height, out_width, type,
                                activation_tag(onednn, s->precision, s->out)),
        .any_weights = describe(s->out, s->in, s->kernel, s->kernel, type, dnnl_format_tag_any),
        .weights = describe(s->out, s->in, s->kernel, s->kernel, dnnl_f32, dnnl_format_tag_any),
        .common = {
            .engine = onednn->engine,
            .algorithm =
                s->algorithm == CONV_WINOGRAD ? dnnl_convolution_winograd : dnnl_convolution_direct,
            .strides = {s->stride, s->stride},
            .padding_left = {s->padding, s->padding},
            /* what the last window still reaches; less than the left one where the stride skips
             * it */
            .padding_right = {(out_height - 1) * s->stride + s->kernel - s->height - s->padding,
                              (out_width - 1) * s->stride + s->kernel - s->width - s->padding}}};
    dnnl_primitive_attr_t *attributes = &recipe.common.attributes;
    CHECK(dnnl_primitive_attr_create(attributes));
    CHECK(dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user));
    CHECK(api_ask_for_determinism(*attributes));
    return recipe;
}

static void free_recipe(struct recipe *r)
{
    const api_layout layouts[] = {r->source,          r->destination,      r->any_weights,
                                  r->forward_weights, r->backward_weights, r->weights};
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        CHECK(api_layout_destroy(layouts[i]));
    CHECK(dnnl_primitive_attr_destroy(r->common.attributes));
}

static struct api_convolution convolution_of(const struct recipe *r, enum pass pass)
{
    struct api_convolution convolution = r->common;
    convolution.source = r->source;
    convolution.weights = pass == BACKWARD_WEIGHTS ? r->weights : r->any_weights;
    convolution.destination = r->destination;
    return convolution;
}

/* The rule of onednn.h for bf16. */
static int prefers_jit(const struct conv_shape *s)
{
    return s->precision == PRECISION_BF16 && s->out < 128 && !has_tiles();
}

static dnnl_primitive_desc_t describe_pass(const struct recipe *r, const struct conv_shape *shape,
                                           enum pass pass, const_dnnl_primitive_desc_t forward)
{
    const struct api_convolution convolution = convolution_of(r, pass);
    dnnl_primitive_desc_t description;
    if (pass == FORWARD)
        CHECK(api_forward(&description, &convolution));
    else if (pass == BACKWARD_DATA)
        CHECK(api_backward_data(&description, &convolution, forward));
    else
        CHECK(api_backward_weights(&description, &convolution, forward));
    if (pass == BACKWARD_DATA && prefers_jit(shape))
        CHECK(api_take_kernel(description, "jit"));
    return description;
}

int onednn_suits_winograd(const struct onednn *onednn, const struct conv_shape *s)
{
    if (onednn->block != 16 || s->precision != PRECISION_F32 || s->kernel != 3 || s->stride != 1 ||
        s->in < 128 || s->out < 128)
        return 0;
    struct conv_shape asked = *s;
    asked.algorithm = CONV_WINOGRAD;
    struct recipe recipe = recipe_of(onednn, &asked);
    const struct api_convolution convolution = convolution_of(&recipe, FORWARD);
    dnnl_primitive_desc_t description;
    const dnnl_status_t status = api_forward(&description, &convolution);
    if (status == dnnl_success)
        CHECK(dnnl_primitive_desc_destroy(description));
    else if (status != dnnl_unimplemented)
        check(status, "asked for Winograd");
    free_recipe(&recipe);
    return status == dnnl_success;
}

static const char *kernel_name(const_dnnl_primitive_desc_t description)
{
    const char *name = NULL;
    CHECK(dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name));
    return name;
}

static void reserve_scratchpads(struct onednn *onednn, size_t bytes)
{
    if (bytes <= onednn->scratchpad_bytes)
        return;
    for (int w = 0; w < onednn->workers; w++) {
        free(onednn->scratchpad[w]);
        onednn->scratchpad[w] = memory_floats(bytes / sizeof(float) + 1);
    }
    onednn->scratchpad_bytes = bytes;
}

/* Give every worker a memory object for this pass's scratchpad, and room for it. */
static void add_scratchpad(struct onednn_conv *conv, enum pass pass,
                           const_dnnl_primitive_desc_t description)
{
    struct onednn *onednn = conv->onednn;
    api_const_layout memory =
        dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
    for (int w = 0; w < onednn->workers; w++)
        CHECK(dnnl_memory_create(&conv->memory[w].scratchpad[pass], memory, onednn->engine,
                                 DNNL_MEMORY_NONE));
    reserve_scratchpads(onednn, dnnl_memory_desc_get_size(memory));
}

static void reorder(const struct onednn *onednn, api_const_layout from, void *source,
                    api_const_layout to, void *destination)
{
    dnnl_memory_t memory[2];
    CHECK(dnnl_memory_create(&memory[0], from, onednn->engine, source));
    CHECK(dnnl_memory_create(&memory[1], to, onednn->engine, destination));
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    CHECK(dnnl_reorder_primitive_desc_create(&description, from, onednn->engine, to, onednn->engine,
                                             NULL));
    CHECK(dnnl_primitive_create(&primitive, description));
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, memory[0]}, {DNNL_ARG_TO, memory[1]}};
    CHECK(dnnl_primitive_execute(primitive, onednn->stream[0], 2, arguments));
    CHECK(dnnl_stream_wait(onednn->stream[0]));
    CHECK(dnnl_primitive_destroy(primitive));
    CHECK(dnnl_primitive_desc_destroy(description));
    for (int i = 0; i < 2; i++)
        CHECK(dnnl_memory_destroy(memory[i]));
}

enum { NUMBER_BITS = 24, BF16_BITS = 8 }; /* integers below 2^24 are floats, below 2^8 bf16 */

/* Each element's place tells of each of its indices; check them all. */
static struct layout layout_of(const uint32_t *places, size_t numbers, int outs, int ins, int taps)
{
    struct layout layout = layout_create(numbers, outs, ins, taps);
    const size_t in = (size_t)taps, out = (size_t)ins * in;
    for (int o = 0; o < outs; o++)
        layout.out[o] = places[(size_t)o * out];
    for (int i = 0; i < ins; i++)
        layout.in[i] = places[(size_t)i * in] - places[0];
    for (int t = 0; t < taps; t++)
        layout.tap[t] = places[t] - places[0];
    for (size_t e = 0; e < (size_t)outs * out; e++)
        if (layout_place_of(&layout, e) != places[e])
            BUG("oneDNN lays weights out in a way that layout.h does not know");
    return layout;
}

/* Where does each weight lie? Let oneDNN reorder the numbers 1, 2, 3, ... once and look; 0 is the
 * padding's. A bf16 holds their digits to the base 256 only, so that each digit goes by itself. */
static struct layout find_layout(const struct onednn_conv *conv, enum precision precision,
                                 api_const_layout weights)
{
    const struct conv_shape *s = &conv->shape;
    const size_t count = (size_t)s->out * (size_t)s->in * (size_t)(s->kernel * s->kernel);
    const size_t places = dnnl_memory_desc_get_size(weights) / precision_bytes(precision);
    if (count >= 1 << NUMBER_BITS)
        BUG("more weights than a float counts exactly");
    const unsigned bits = precision == PRECISION_F32 ? NUMBER_BITS : BF16_BITS;
    float *plain = memory_floats(count);
    void *moved = memory_aligned(places, precision_bytes(precision));
    uint32_t *number = memory_zeroed(places, sizeof *number);
    api_layout from = describe(s->out, s->in, s->kernel, s->kernel, dnnl_f32, dnnl_oihw);
    for (unsigned shift = 0; shift < NUMBER_BITS; shift += bits) {
        for (size_t i = 0; i < count; i++)
            plain[i] = (float)((i + 1) >> shift & ((1u << bits) - 1));
        reorder(conv->onednn, from, plain, weights, moved);
        for (size_t place = 0; place < places; place++)
            number[place] |= (uint32_t)map_get(precision, moved, place) << shift;
    }
    uint32_t *place_of = memory_zeroed(count, sizeof *place_of);
    for (size_t place = 0; place < places; place++)
        if (number[place] != 0)
            place_of[number[place] - 1] = (uint32_t)place;
    const struct layout layout = layout_of(place_of, places, s->out, s->in, s->kernel * s->kernel);
    CHECK(api_layout_destroy(from));
    free(plain);
    free(moved);
    free(number);
    free(place_of);
    return layout;
}

static void create_memory(struct onednn_conv *conv, const struct recipe *recipe)
{
    api_const_layout layouts[MEMORY_KINDS] = {[SOURCE] = recipe->source,
                                              [DESTINATION] = recipe->destination,
                                              [FORWARD_WEIGHTS] = recipe->forward_weights,
                                              [BACKWARD_LAYOUT] = recipe->backward_weights,
                                              [WEIGHT_GRADIENT] = recipe->weights};
    for (int w = 0; w < conv->onednn->workers; w++)
        for (int kind = 0; kind < MEMORY_KINDS; kind++)
            if (layouts[kind])
                CHECK(dnnl_memory_create(&conv->memory[w].tensor[kind], layouts[kind],
                                         conv->onednn->engine, DNNL_MEMORY_NONE));
}

static void replace(api_layout *layout, api_const_layout by)
{
    CHECK(api_layout_destroy(*layout));
    CHECK(api_layout_copy(layout, by));
}

/* The layout that a pass has chosen for its weights. In f32 the forward pass chooses for their
 * gradient too. */
static void take_layout(struct recipe *recipe, const struct conv_shape *shape, enum pass pass,
                        const_dnnl_primitive_desc_t description)
{
    const dnnl_query_t query =
        pass == BACKWARD_WEIGHTS ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
    api_const_layout chosen = dnnl_primitive_desc_query_md(description, query, 0);
    if (pass == FORWARD) {
        replace(&recipe->forward_weights, chosen);
        if (shape->precision == PRECISION_F32)
            replace(&recipe->weights, chosen);
    } else if (pass == BACKWARD_DATA) {
        replace(&recipe->backward_weights, chosen);
    } else {
        replace(&recipe->weights, chosen);
    }
}

/* No primitive and no memory object: only what our own algorithm needs. */
static void create_own(struct onednn_conv *conv)
{
    const struct conv_shape *s = &conv->shape;
    const struct winograd_shape own = own_shape(conv->onednn, s);
    if (!onednn_suits_own_winograd(conv->onednn, s))
        BUG("a convolution for which there is no Winograd of our own");
    reserve_scratchpads(conv->onednn, winograd_scratch(&own) * sizeof(float));
    conv->kernels = memory_text("%s", "kdecay:winograd, kdecay:winograd, kdecay:winograd");
    conv->layouts = winograd_layouts(&own, s->has_data_gradient);
}

struct onednn_conv *onednn_conv_create(struct onednn *onednn, const struct conv_shape *shape)
{
    struct onednn_conv *conv = memory_zeroed(1, sizeof *conv);
    conv->onednn = onednn;
    conv->shape = *shape;
    conv->memory = memory_zeroed((size_t)onednn->workers, sizeof *conv->memory);
    if (shape->algorithm == CONV_OWN_WINOGRAD) {
        create_own(conv);
        return conv;
    }
    struct recipe recipe = recipe_of(onednn, shape);
    dnnl_primitive_desc_t description[PASSES] = {NULL};
    const char *names[PASSES] = {"", "none", ""};
    for (int pass = FORWARD; pass < PASSES; pass++) {
        if (pass == BACKWARD_DATA && !shape->has_data_gradient)
            continue;
        description[pass] = describe_pass(&recipe, shape, (enum pass)pass, description[FORWARD]);
        take_layout(&recipe, shape, (enum pass)pass, description[pass]);
        names[pass] = kernel_name(description[pass]);
        add_scratchpad(conv, (enum pass)pass, description[pass]);
        CHECK(dnnl_primitive_create(&conv->primitive[pass], description[pass]));
    }
    conv->kernels =
        memory_text("%s, %s, %s", names[FORWARD], names[BACKWARD_DATA], names[BACKWARD_WEIGHTS]);
    conv->layouts.weights = find_layout(conv, PRECISION_F32, recipe.weights);
    if (shape->precision != PRECISION_F32)
        conv->layouts.forward = find_layout(conv, shape->precision, recipe.forward_weights);
    if (shape->has_data_gradient)
        conv->layouts.backward = find_layout(conv, shape->precision, recipe.backward_weights);
    create_memory(conv, &recipe);
    for (int pass = FORWARD; pass < PASSES; pass++)
        if (description[pass])
            CHECK(dnnl_primitive_desc_destroy(description[pass]));
    free_recipe(&recipe);
    return conv;
}

void onednn_conv_destroy(struct onednn_conv *conv)
{
    for (int w = 0; w < conv->onednn->workers; w++) {
        for (int kind = 0; kind < MEMORY_KINDS; kind++)
            if (conv->memory[w].tensor[kind])
                CHECK(dnnl_memory_destroy(conv->memory[w].tensor[kind]));
        for (int pass = FORWARD; pass < PASSES; pass++)
            if (conv->memory[w].scratchpad[pass])
                CHECK(dnnl_memory_destroy(conv->memory[w].scratchpad[pass]));
    }
    for (int pass = FORWARD; pass < PASSES; pass++)
        if (conv->primitive[pass])
            CHECK(dnnl_primitive_destroy(conv->primitive[pass]));
    free(conv->memory);
    free(conv->kernels);
    layouts_free(&conv->layouts);
    free(conv);
}

const char *onednn_conv_kernels(const struct onednn_conv *conv)
{
    return conv->kernels;
}

const struct layouts *onednn_conv_layouts(const struct onednn_conv *conv)
{
    return &conv->layouts;
}

/* ---- Running it --------------------------------------------------------------------------- */

/* oneDNN's memory takes no const pointer, though it does not write what it only reads. */
static dnnl_memory_t point(dnnl_memory_t memory, const void *tensor)
{
    CHECK(dnnl_memory_set_data_handle(memory, (void *)(uintptr_t)tensor));
    return memory;
}

static void run(const struct onednn_conv *conv, enum pass pass, int worker, dnnl_exec_arg_t a,
                dnnl_exec_arg_t b, dnnl_exec_arg_t c)
{
    const struct onednn *onednn = conv->onednn;
    dnnl_memory_t scratchpad =
        point(conv->memory[worker].scratchpad[pass], onednn->scratchpad[worker]);
    const dnnl_exec_arg_t arguments[] = {a, b, c, {DNNL_ARG_SCRATCHPAD, scratchpad}};
    const double started = clock_seconds(); /* tens of nanoseconds, where a call takes tens of us */
    CHECK(dnnl_primitive_execute(conv->primitive[pass], onednn->stream[worker], 4, arguments));
    onednn_count(onednn, worker, started);
}

/* Each pass of our own: a, b and out are the first three tensors of its call, in order. */
static void run_own(const struct onednn_conv *conv, enum pass pass, int worker, const void *a,
                    const void *b, void *out)
{
    const struct onednn *onednn = conv->onednn;
    const struct winograd_shape own = own_shape(onednn, &conv->shape);
    const double started = clock_seconds();
    if (pass == FORWARD)
        winograd_forward(&own, a, b, onednn->scratchpad[worker], out);
    else if (pass == BACKWARD_DATA)
        winograd_backward_data(&own, a, b, onednn->scratchpad[worker], out);
    else
        winograd_backward_weights(&own, a, b, onednn->scratchpad[worker], out);
    onednn_count(onednn, worker, started);
}

void onednn_conv_forward(const struct onednn_conv *conv, int worker, const void *src,
                         const void *forward_weights, void *dst)
{
    if (conv->shape.algorithm == CONV_OWN_WINOGRAD) {
        run_own(conv, FORWARD, worker, src, forward_weights, dst);
        return;
    }
    dnnl_memory_t *tensor = conv->memory[worker].tensor;
    run(conv, FORWARD, worker, (dnnl_exec_arg_t){DNNL_ARG_SRC, point(tensor[SOURCE], src)},
        (dnnl_exec_arg_t){DNNL_ARG_WEIGHTS, point(tensor[FORWARD_WEIGHTS], forward_weights)},
        (dnnl_exec_arg_t){DNNL_ARG_DST, point(tensor[DESTINATION], dst)});
}

void onednn_conv_backward_data(const struct onednn_conv *conv, int worker, const void *diff_dst,
                               const void *backward_weights, void *diff_src)
{
    if (conv->shape.algorithm == CONV_OWN_WINOGRAD) {
        run_own(conv, BACKWARD_DATA, worker, diff_dst, backward_weights, diff_src);
        return;
    }
    dnnl_memory_t *tensor = conv->memory[worker].tensor;
    run(conv, BACKWARD_DATA, worker,
        (dnnl_exec_arg_t){DNNL_ARG_DIFF_DST, point(tensor[DESTINATION], diff_dst)},
        (dnnl_exec_arg_t){DNNL_ARG_WEIGHTS, point(tensor[BACKWARD_LAYOUT], backward_weights)},
        (dnnl_exec_arg_t){DNNL_ARG_DIFF_SRC, point(tensor[SOURCE], diff_src)});
}

void onednn_conv_backward_weights(const struct onednn_conv *conv, int worker, const void *src,
                                  const void *diff_dst, float *diff_weights)
{
    if (conv->shape.algorithm == CONV_OWN_WINOGRAD) {
        run_own(conv, BACKWARD_WEIGHTS, worker, src, diff_dst, diff_weights);
        return;
    }
    dnnl_memory_t *tensor = conv->memory[worker].tensor;
    run(conv, BACKWARD_WEIGHTS, worker, (dnnl_exec_arg_t){DNNL_ARG_SRC, point(tensor[SOURCE], src)},
        (dnnl_exec_arg_t){DNNL_ARG_DIFF_DST, point(tensor[DESTINATION], diff_dst)},
        (dnnl_exec_arg_t){DNNL_ARG_DIFF_WEIGHTS, point(tensor[WEIGHT_GRADIENT], diff_weights)});
}
