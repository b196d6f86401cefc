/*
 * corpus FOLDER - the first inputs of the fuzzers that no file of the project gives:
 * FOLDER/checkpoint and FOLDER/dataset.
 */
#include "base/file.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "tiny.h"
#include "train/checkpoint.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 2)
        die("corpus: expected a folder");
    const struct progress places[] = {{.epoch = 1}, {1, 2, 0.5, 3, 64}};
    struct parameters parameters = tiny_parameters();
    for (int i = 0; i < 2; i++) {
        char *path = memory_text("%s/checkpoint/%d", argv[1], i);
        checkpoint_save(path, &parameters, &places[i], "# a \"log\"\n1\t2\n");
        free(path);
    }
    parameters_free(&parameters);
    enum { CIFAR10 = 2 * (1 + IMAGE_FLOATS), CIFAR100 = 2 + IMAGE_FLOATS };
    uint8_t *records = memory_zeroed(CIFAR10, 1);
    const size_t sizes[] = {CIFAR10, CIFAR100};
    for (int i = 0; i < 2; i++) {
        char *path = memory_text("%s/dataset/%d", argv[1], i);
        file_write(path, records, sizes[i]);
        free(path);
    }
    free(records);
    return EXIT_SUCCESS;
}
