/*
 * onednn_api - what oneDNN 2 and 3 call differently, under one name. For onednn.c alone.
 *
 * Version 2 describes a tensor by a struct and an operation by another; version 3 hides both. Here
 * a layout is the address of a description in either version, and an operation is described at
 * once. All other calls are the same. Each function returns the status of the calls that it makes,
 * as those do.
 *
 * Sources: oneDNN's headers 2.6.3 and 3.7.1; its RFC 20220608, "Make operation descriptors and
 * memory descriptors opaque".
 */
#ifndef KDECAY_ONEDNN_API_H
#define KDECAY_ONEDNN_API_H

#include "base/memory.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>

#if DNNL_VERSION_MAJOR != 2 && DNNL_VERSION_MAJOR != 3
#error "onednn_api.h knows oneDNN 2 and 3; say here what this version calls differently"
#endif

/* ---- Layouts ------------------------------------------------------------------------------ */

#if DNNL_VERSION_MAJOR == 2
typedef dnnl_memory_desc_t *api_layout;
typedef const dnnl_memory_desc_t *api_const_layout;
#else
typedef dnnl_memory_desc_t api_layout;
typedef const_dnnl_memory_desc_t api_const_layout;
#endif

/* Of four dimensions. api_layout_destroy() it; NULL is allowed there. */
static inline dnnl_status_t api_layout_create(api_layout *layout, const dnnl_dims_t dims,
                                              dnnl_data_type_t type, dnnl_format_tag_t tag)
{
#if DNNL_VERSION_MAJOR == 2
    *layout = memory_zeroed(1, sizeof **layout);
    return dnnl_memory_desc_init_by_tag(*layout, 4, dims, type, tag);
#else
    return dnnl_memory_desc_create_with_tag(layout, 4, dims, type, tag);
#endif
}

/* A layout that was asked of a primitive belongs to that; a copy may be kept. */
static inline dnnl_status_t api_layout_copy(api_layout *copy, api_const_layout layout)
{
#if DNNL_VERSION_MAJOR == 2
    *copy = memory_zeroed(1, sizeof **copy);
    **copy = *layout;
    return dnnl_success;
#else
    return dnnl_memory_desc_clone(copy, layout);
#endif
}

static inline dnnl_status_t api_layout_destroy(api_layout layout)
{
#if DNNL_VERSION_MAJOR == 2
    free(layout);
    return dnnl_success;
#else
    return layout ? dnnl_memory_desc_destroy(layout) : dnnl_success;
#endif
}

/* ---- Convolutions ------------------------------------------------------------------------- */

/* In backward passes `source` and `destination`, or `weights`, are the layouts of gradients. */
struct api_convolution {
    dnnl_engine_t engine;
    dnnl_primitive_attr_t attributes;
    dnnl_alg_kind_t algorithm;
    api_const_layout source, weights, destination;
    dnnl_dims_t strides, padding_left, padding_right;
};

static inline dnnl_status_t api_forward(dnnl_primitive_desc_t *description,
                                        const struct api_convolution *c)
{
#if DNNL_VERSION_MAJOR == 2
    dnnl_convolution_desc_t operation;
    const dnnl_status_t status = dnnl_convolution_forward_desc_init(
        &operation, dnnl_forward_training, c->algorithm, c->source, c->weights, NULL,
        c->destination, c->strides, c->padding_left, c->padding_right);
    return status != dnnl_success ? status
                                  : dnnl_primitive_desc_create(description, &operation,
                                                               c->attributes, c->engine, NULL);
#else
    const dnnl_dims_t dilation = {0, 0};
    return dnnl_convolution_forward_primitive_desc_create(
        description, c->engine, dnnl_forward_training, c->algorithm, c->source, c->weights, NULL,
        c->destination, c->strides, dilation, c->padding_left, c->padding_right, c->attributes);
#endif
}

/* `forward` describes the forward pass of the same convolution. */
static inline dnnl_status_t api_backward_data(dnnl_primitive_desc_t *description,
                                              const struct api_convolution *c,
                                              const_dnnl_primitive_desc_t forward)
{
#if DNNL_VERSION_MAJOR == 2
    dnnl_convolution_desc_t operation;
    const dnnl_status_t status = dnnl_convolution_backward_data_desc_init(
        &operation, c->algorithm, c->source, c->weights, c->destination, c->strides,
        c->padding_left, c->padding_right);
    return status != dnnl_success ? status
                                  : dnnl_primitive_desc_create(description, &operation,
                                                               c->attributes, c->engine, forward);
#else
    const dnnl_dims_t dilation = {0, 0};
    return dnnl_convolution_backward_data_primitive_desc_create(
        description, c->engine, c->algorithm, c->source, c->weights, c->destination, c->strides,
        dilation, c->padding_left, c->padding_right, forward, c->attributes);
#endif
}

static inline dnnl_status_t api_backward_weights(dnnl_primitive_desc_t *description,
                                                 const struct api_convolution *c,
                                                 const_dnnl_primitive_desc_t forward)
{
#if DNNL_VERSION_MAJOR == 2
    dnnl_convolution_desc_t operation;
    const dnnl_status_t status = dnnl_convolution_backward_weights_desc_init(
        &operation, c->algorithm, c->source, c->weights, NULL, c->destination, c->strides,
        c->padding_left, c->padding_right);
    return status != dnnl_success ? status
                                  : dnnl_primitive_desc_create(description, &operation,
                                                               c->attributes, c->engine, forward);
#else
    const dnnl_dims_t dilation = {0, 0};
    return dnnl_convolution_backward_weights_primitive_desc_create(
        description, c->engine, c->algorithm, c->source, c->weights, NULL, c->destination,
        c->strides, dilation, c->padding_left, c->padding_right, forward, c->attributes);
#endif
}

/* Take the first kernel in oneDNN's list whose name begins with `prefix`: dnnl_last_impl_reached if
 * there is none. Version 2 is not asked, as its first one is that. */
static inline dnnl_status_t api_take_kernel(dnnl_primitive_desc_t description, const char *prefix)
{
#if DNNL_VERSION_MAJOR == 2
    (void)description, (void)prefix;
    return dnnl_success;
#else
    const char *name = NULL;
    dnnl_status_t status =
        dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name);
    while (status == dnnl_success && strncmp(name, prefix, strlen(prefix)) != 0) {
        status = dnnl_primitive_desc_next_impl(description);
        if (status == dnnl_success)
            status = dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name);
    }
    return status;
#endif
}

/* ---- Attributes, instruction sets ---------------------------------------------------------- */

/* Sums in an order of their own: on a CPU convolutions have it anyway, since version 3.4 one can
 * ask for it. */
static inline dnnl_status_t api_ask_for_determinism(dnnl_primitive_attr_t attributes)
{
#if DNNL_VERSION_MAJOR > 3 || (DNNL_VERSION_MAJOR == 3 && DNNL_VERSION_MINOR >= 4)
    return dnnl_primitive_attr_set_deterministic(attributes, 1);
#else
    (void)attributes;
    return dnnl_success;
#endif
}

/* Part of the environment key of every log: no name may change. */
static inline const char *api_isa_name(dnnl_cpu_isa_t isa)
{
    switch (isa) {
    case dnnl_cpu_isa_sse41:
        return "sse41";
    case dnnl_cpu_isa_avx:
        return "avx";
    case dnnl_cpu_isa_avx2:
        return "avx2";
    case dnnl_cpu_isa_avx512_core:
        return "avx512_core";
    case dnnl_cpu_isa_avx512_core_vnni:
        return "avx512_core_vnni";
    case dnnl_cpu_isa_avx512_core_bf16:
        return "avx512_core_bf16";
    case dnnl_cpu_isa_avx512_core_amx:
        return "avx512_core_amx";
#if DNNL_VERSION_MAJOR == 3
    case dnnl_cpu_isa_avx2_vnni:
        return "avx2_vnni";
    case dnnl_cpu_isa_avx2_vnni_2:
        return "avx2_vnni_2";
    case dnnl_cpu_isa_avx512_core_fp16:
        return "avx512_core_fp16";
    case dnnl_cpu_isa_avx512_core_amx_fp16:
        return "avx512_core_amx_fp16";
#endif
    default:
        return "other";
    }
}

#endif
