#define _GNU_SOURCE /* syscall */
#include "bench/machine_peak.h"

#include "base/clock.h"
#include "base/memory.h"

#include <cpuid.h>
#include <immintrin.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Independent sums, more than an instruction's latency times its instructions in a cycle: no sum
 * waits for itself. SSE2 and AVX2 have 16 registers, of which the factors need some. */
enum { SUMS = 12, CALLS = 100000, BUFFER_BYTES = 64 << 20 };

#define UNROLL _Pragma("GCC unroll 16")
/* The compiler must take the register for changed: it can neither move the loop's work out of the
 * loop nor shorten it. */
#define CHANGED(x) __asm__ volatile("" : "+x"(x))
#define CHANGED_512(x) __asm__ volatile("" : "+v"(x))

static void add_by_sse2(void)
{
    __m128 sum[SUMS], x = _mm_setzero_ps();
    UNROLL
    for (int i = 0; i < SUMS; i++)
        sum[i] = _mm_setzero_ps();
    for (int call = 0; call < CALLS; call++)
        UNROLL
    for (int i = 0; i < SUMS; i++) {
        CHANGED(x);
        sum[i] = _mm_add_ps(sum[i], _mm_mul_ps(x, x));
    }
    UNROLL
    for (int i = 0; i < SUMS; i++)
        CHANGED(sum[i]);
}

__attribute__((target("avx2,fma"))) static void add_by_avx2(void)
{
    __m256 sum[SUMS], x = _mm256_setzero_ps();
    UNROLL
    for (int i = 0; i < SUMS; i++)
        sum[i] = _mm256_setzero_ps();
    for (int call = 0; call < CALLS; call++)
        UNROLL
    for (int i = 0; i < SUMS; i++) {
        CHANGED(x);
        sum[i] = _mm256_fmadd_ps(x, x, sum[i]);
    }
    UNROLL
    for (int i = 0; i < SUMS; i++)
        CHANGED(sum[i]);
}

__attribute__((target("avx512f"))) static void add_by_avx512(void)
{
    __m512 sum[SUMS], x = _mm512_setzero_ps();
    UNROLL
    for (int i = 0; i < SUMS; i++)
        sum[i] = _mm512_setzero_ps();
    for (int call = 0; call < CALLS; call++)
        UNROLL
    for (int i = 0; i < SUMS; i++) {
        CHANGED_512(x);
        sum[i] = _mm512_fmadd_ps(x, x, sum[i]);
    }
    UNROLL
    for (int i = 0; i < SUMS; i++)
        CHANGED_512(sum[i]);
}

__attribute__((target("avx512f,avx512bf16"))) static void add_by_vdpbf16ps(void)
{
    __m512 sum[SUMS];
    __m512i x = _mm512_setzero_si512();
    UNROLL
    for (int i = 0; i < SUMS; i++)
        sum[i] = _mm512_setzero_ps();
    for (int call = 0; call < CALLS; call++)
        UNROLL
    for (int i = 0; i < SUMS; i++) {
        CHANGED_512(x);
        sum[i] = _mm512_dpbf16_ps(sum[i], (__m512bh)x, (__m512bh)x);
    }
    UNROLL
    for (int i = 0; i < SUMS; i++)
        CHANGED_512(sum[i]);
}

/* Four tiles of sums, of 16 x 16 floats, two tiles of each factor, 16 x 32 bf16. */
enum { TILE_ADDS = 16 * 16 * 32, TILE_SUMS = 4 };

__attribute__((target("amx-tile,amx-bf16"))) static void add_by_tiles(void)
{
    struct {
        uint8_t palette, start_row, rest[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } config = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        config.row_bytes[i] = 64;
        config.rows[i] = 16;
    }
    _tile_loadconfig(&config);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_zero(4);
    _tile_zero(5);
    _tile_zero(6);
    _tile_zero(7);
    for (int call = 0; call < CALLS; call++) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_release();
}

/* The CPU has tiles, and Linux lets this process use them: it has to be asked, before the threads
 * start. */
static int may_use_tiles(void)
{
    enum { REQUEST = 0x1023, TILE_DATA = 18 }; /* ARCH_REQ_XCOMP_PERM in Linux' asm/prctl.h */
    unsigned a, b, c, d = 0;
    const unsigned wanted = 1u << 22 | 1u << 24; /* AMX-BF16, AMX-TILE */
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & wanted) == wanted &&
           syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
}

struct loop {
    const char *name;
    void (*run)(void);
    double adds; /* of one run */
};

static struct loop best_loop(enum precision precision)
{
    const double calls = CALLS;
    if (precision == PRECISION_BF16) {
        if (may_use_tiles())
            return (struct loop){"TDPBF16PS (AMX)", add_by_tiles, calls * TILE_SUMS * TILE_ADDS};
        if (__builtin_cpu_supports("avx512bf16"))
            return (struct loop){"VDPBF16PS (AVX-512)", add_by_vdpbf16ps, calls * SUMS * 32};
        return (struct loop){0};
    }
    if (__builtin_cpu_supports("avx512f"))
        return (struct loop){"VFMADD (AVX-512)", add_by_avx512, calls * SUMS * 16};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (struct loop){"VFMADD (AVX2)", add_by_avx2, calls * SUMS * 8};
    return (struct loop){"MULPS, ADDPS (SSE2)", add_by_sse2, calls * SUMS * 4};
}

/* A second, over all threads. */
static double adds_of(const struct loop *loop, int threads, double seconds)
{
    double sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
    {
        loop->run(); /* the clock of a CPU that slept rises */
#pragma omp barrier
        const double started = clock_seconds();
        double spent, runs = 0;
        do {
            loop->run();
            runs++;
            spent = clock_seconds() - started;
        } while (spent < seconds);
        sum += runs * loop->adds / spent;
    }
    return sum;
}

static double copies_of(int threads, double seconds)
{
    double sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
    {
        char *from = memory_aligned(BUFFER_BYTES, 1), *to = memory_aligned(BUFFER_BYTES, 1);
        memset(from, 1, BUFFER_BYTES); /* pages of their own, not the one of zeros */
        memcpy(to, from, BUFFER_BYTES);
#pragma omp barrier
        const double started = clock_seconds();
        double spent, runs = 0;
        do {
            memcpy(to, from, BUFFER_BYTES);
            __asm__ volatile("" : : "r"(to) : "memory");
            runs++;
            spent = clock_seconds() - started;
        } while (spent < seconds);
        sum += 2 * runs * BUFFER_BYTES / spent;
        free(from);
        free(to);
    }
    return sum;
}

void machine_peak_measure(enum precision precision, int threads, double seconds, FILE *out)
{
    const struct loop loop = best_loop(precision);
    if (loop.run)
        fprintf(out, "multiply-adds %.9g\ninstruction %s\n", adds_of(&loop, threads, seconds),
                loop.name);
    fprintf(out, "copies %.9g\n", copies_of(threads, seconds));
}
