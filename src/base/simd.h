/*
 * simd - functions compiled once for each of several instruction sets.
 *
 * CLONES before a function makes GCC compile it for AVX-512, AVX2 and the baseline; the best one
 * that the CPU has is chosen at the start of the program. Without contraction to fused
 * multiply-adds (-ffp-contract=off) all give the same bits. Clang compiles the baseline alone: it
 * inlines no helper with vector arguments into a clone.
 */
#ifndef KDECAY_SIMD_H
#define KDECAY_SIMD_H

#ifdef __clang__
#define CLONES
#else
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif

#endif
