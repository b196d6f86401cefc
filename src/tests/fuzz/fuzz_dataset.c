/* Files of pictures: two records of CIFAR-10 and one of CIFAR-100. */
#include "base/error.h"
#include "data/dataset.h"
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *path = fuzz_file(bytes, size);
    struct pictures pictures;
    struct error error;
    if (dataset_read_records(&pictures, &path, 1, 2, 1, 10, &error) == 0) {
        if (dataset_label(&pictures, 1) >= 10)
            BUG("a label beyond the classes");
        free(pictures.records);
    }
    if (dataset_read_records(&pictures, &path, 1, 1, 2, 100, &error) == 0)
        free(pictures.records);
    return 0;
}
