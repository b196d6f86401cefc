/* Checkpoints. The state's digest hides what lies behind it from mutations; the header does not. */
#include "base/error.h"
#include "fuzz.h"
#include "tiny.h"
#include "train/checkpoint.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct parameters parameters = tiny_parameters();
    struct progress place;
    char *log = NULL;
    struct error error;
    if (checkpoint_load(fuzz_file(bytes, size), &parameters, &place, &log, &error) == 0 &&
        (place.epoch < 0 || place.steps < 0))
        BUG("a place before the start");
    free(log);
    parameters_free(&parameters);
    return 0;
}
