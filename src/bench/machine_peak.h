/*
 * machine_peak - the peak speed of this machine: multiply-adds, and copies of memory.
 *
 * A network's limit (bench_measure.h) is the speed of the kernels that it uses. The machine's peak
 * shows how much faster other kernels could be. Each thread runs a loop of the CPU's best instruction on
 * registers alone:
 *
 *   f32    fused multiply-adds of vectors: AVX-512, else AVX2, else the product and sum of SSE2
 *   bf16   dot products of pairs: AMX's tiles, else AVX-512's VDPBF16PS; none without either
 *
 * and then copies a buffer several times as large as its share of the caches. A multiply-add counts
 * as one, in bf16 too, where an instruction takes two or more for each sum.
 */
#ifndef KDECAY_MACHINE_PEAK_H
#define KDECAY_MACHINE_PEAK_H

#include "network/precision.h"

#include <stdio.h>

/* Prints lines "NAME VALUE", the sums over `threads` threads that start together; each loop takes
 * about `seconds`:
 *
 *   multiply-adds  a second; no line where the CPU has no instruction for the precision
 *   copies         bytes a second, read and written
 *   instruction    the name of the multiply-add */
void machine_peak_measure(enum precision precision, int threads, double seconds, FILE *out);

#endif
