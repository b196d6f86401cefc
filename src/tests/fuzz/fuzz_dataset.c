/* Files of images: two records of CIFAR-10 and one of CIFAR-100. */
#include "base/error.h"
#include "data/dataset.h"
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *path = fuzz_file(bytes, size);
    struct images images;
    struct error error;
    if (dataset_read_records(&images, &path, 1, 2, 1, 10, &error) == 0) {
        if (dataset_label(&images, 1) >= 10)
            BUG("a label beyond the classes");
        free(images.records);
    }
    if (dataset_read_records(&images, &path, 1, 1, 2, 100, &error) == 0)
        free(images.records);
    return 0;
}
