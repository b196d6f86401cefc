/* Tables of published numbers, of both kinds. */
#include "fuzz.h"
#include "report/published.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *path = fuzz_file(bytes, size);
    struct published_table table;
    struct literature literature;
    struct error error;
    if (published_read_table(path, &table, &error) == 0)
        published_free_table(&table);
    if (published_read_literature(path, &literature, &error) == 0) {
        published_find(&literature, "CIFAR-10", "Wide ResNet", "28-10", "cited");
        published_free_literature(&literature);
    }
    return 0;
}
