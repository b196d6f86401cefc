/*
 * checkpoint - the state of a run after a step: one safetensors file, which is whole or missing.
 *
 * Layout [github.com/huggingface/safetensors, README, "Format"]: 8 bytes little-endian length of a
 * JSON header, the header, then raw little-endian floats. Every tensor is there by its name in
 * canonical layout, so that PyTorch users can open it; the momentum of a trained tensor NAME is
 * "momentum.NAME". The header's metadata holds, as strings, `format` ("pt"), `epoch` (the whole
 * epochs done), `state-sha256` (parameters_digest) and `log`: the raw log so far. Parameters and
 * log are in one file, so that they belong together even after a kill. If the run was stopped
 * within an epoch, `within` stands before `log`: the steps of this epoch, the sum of their losses,
 * wrong answers, images, the seconds spent on them, and the link that chains these to `state-sha256`
 * (digest_chain).
 */
#ifndef KDECAY_CHECKPOINT_H
#define KDECAY_CHECKPOINT_H

#include "base/error.h"
#include "experiment/config.h"
#include "network/parameters.h"

/* How far a run is, and the sums over the finished steps of its current epoch. */
struct progress {
    long epoch;      /* whole epochs done */
    long steps;      /* done of the next epoch; 0: none, and the sums are 0 */
    double loss_sum; /* over the images of these steps */
    long wrong, images;
    double seconds; /* by the clock, of all processes that trained these steps */
};

/* FOLDER/ARM/seed-N-DIGEST.safetensors, the first digits of the experiment's; free() it. */
char *checkpoint_path(const char *folder, const struct experiment *experiment, long seed);

/* Dies if the file cannot be written; the one before it then stays. */
void checkpoint_save(const char *path, const struct parameters *parameters,
                     const struct progress *progress, const char *log);

/* Write only the values of an ordinary network (export.h): instead of a Weight Block's rows, the
 * weights that it generates. The metadata holds `format` and `log`. Dies as checkpoint_save(). */
void checkpoint_export(const char *path, const struct parameters *parameters, const char *log);

/* Fill the parameters and *progress, with the log so far in *log (to be freed). Returns 0; or -1
 * with *error if the file is damaged or belongs to other parameters. Then the parameters may hold
 * part of it. */
int checkpoint_load(const char *path, struct parameters *parameters, struct progress *progress,
                    char **log, struct error *error);

#endif
