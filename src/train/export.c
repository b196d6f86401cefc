#include "train/export.h"

#include "base/file.h"
#include "network/network.h"
#include "train/checkpoint.h"

#include <stdlib.h>

long export_weights(const struct experiment *experiment, long seed, const char *checkpoints,
                    const char *out)
{
    char *path = checkpoint_path(checkpoints, experiment, seed), *log = NULL;
    if (!file_exists(path))
        die("%s: there is no such file; train the experiment with this seed first, or name the "
            "folder with --checkpoints",
            path);
    struct network *network = network_create(experiment, 1);
    struct progress reached;
    struct error error;
    if (checkpoint_load(path, network_parameters(network), &reached, &log, &error) != 0)
        die("%s", error.text);
    checkpoint_export(out, network_parameters(network), log);
    network_destroy(network);
    free(log);
    free(path);
    return reached.epoch;
}
