/* Experiment files: what is read is written as canonical text, which reads back as the same. */
#include "config.h"
#include "error.h"
#include "fuzz.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = memory_text("%.*s", (int)size, (const char *)bytes);
    struct experiment experiment, again;
    struct error error;
    if (config_parse(text, "input", &experiment, &error) == 0) {
        char *canonical = config_text(&experiment);
        if (config_parse(canonical, "canonical", &again, &error) != 0)
            BUG("a canonical text that is refused");
        if (strcmp(config_digest(&experiment).hex, config_digest(&again).hex) != 0)
            BUG("a canonical text that reads back as another experiment");
        free(canonical);
    }
    free(text);
    return 0;
}
