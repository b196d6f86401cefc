/*
 * fuzz - libFuzzer targets, one a reader of files: bytes of any kind end in a result or in an
 * error, never in a crash, an assertion (BUG), a leak or undefined behaviour.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput again and again with inputs that it mutates from files
 * of the project and those of corpus.c. [llvm.org/docs/LibFuzzer.html]
 */
#ifndef KDECAY_FUZZ_H
#define KDECAY_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The bytes as a file, the same at every call of a process; its path. */
const char *fuzz_file(const uint8_t *bytes, size_t size);

#endif
