/*
 * probe - inputs and outputs of a run's first steps, for comparison with another implementation.
 *
 * The probe trains as the trainer does and writes all inputs and outputs to files. So another
 * program can take the same steps from the same start on the same images:
 *
 *   experiment.txt     the experiment's canonical text
 *   inputs.bin         the images as the network sees them, float[3][32][32] each, step by step
 *   labels.bin         their labels, int32
 *   steps.tsv          step, lr, images, loss (mean), wrong
 *   evaluation/        the last step's images after that step, with the running statistics:
 *     losses.tsv           loss and wrong
 *     logits.bin           as below
 *   first/, last/      the first and the last step:
 *     before.safetensors   parameters, momentum and running statistics before it (checkpoint.h)
 *     logits.bin           the logits, float[classes] per image
 *     gradients.bin        the gradients of all trained tensors, in the order of before.safetensors
 *     after.safetensors    the state after it
 *
 * Numbers in .bin files are little-endian, 4 bytes each. src/tests/parity.py reads all of it.
 */
#ifndef KDECAY_PROBE_H
#define KDECAY_PROBE_H

#include "experiment/config.h"

struct probe_options {
    const struct experiment *experiment;
    long seed;        /* 0 .. 2^32-1 */
    int threads;      /* 1 or more */
    const char *data; /* folder of the images */
    const char *kept; /* folder of fitted whitenings, see dataset_load() */
    long steps;       /* 2 or more; at most the run's */
    const char *out;  /* folder; files there are overwritten */
};

/* Dies if the images are missing, or if the run has fewer steps. */
void probe_run(const struct probe_options *options);

#endif
