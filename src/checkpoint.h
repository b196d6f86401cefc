/*
 * checkpoint - the state of a run after an epoch: one safetensors file, whole or not there.
 *
 * Layout [github.com/huggingface/safetensors, README, "Format"]: 8 bytes little-endian length of a
 * JSON header, the header, then raw little-endian floats. Every tensor is there by its name in
 * canonical layout, so that PyTorch users can open it; the momentum of a trained tensor NAME is
 * "momentum.NAME". The header's metadata holds, as strings, `format` ("pt"), `epoch`,
 * `state-sha256` (parameters_digest) and `log`: the raw log so far. Parameters and log are one file
 * so that a kill at any moment leaves them in step.
 */
#ifndef KDECAY_CHECKPOINT_H
#define KDECAY_CHECKPOINT_H

#include "error.h"
#include "parameters.h"

/* Dies if the file cannot be written; the one before it then stays. */
void checkpoint_save(const char *path, const struct parameters *parameters, long epoch,
                     const char *log);

/* Fill the parameters and return the epoch, with the log so far in *log (to be freed); or -1 with
 * *error where the file is damaged or belongs to other parameters. Then the parameters may hold
 * part of it. */
long checkpoint_load(const char *path, struct parameters *parameters, char **log,
                     struct error *error);

#endif
