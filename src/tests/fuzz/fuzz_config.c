/* Experiment files: any bytes can be read for keys; what is read as an experiment is written as
 * canonical text, which reads back as the same. */
#include "base/error.h"
#include "base/memory.h"
#include "experiment/config.h"
#include "experiment/ini_text.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static int take_any(void *user, const char *section, const char *name, const char *value)
{
    *(size_t *)user += strlen(section) + strlen(name) + strlen(value);
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    size_t taken = 0;
    ini_text_read((const char *)bytes, size, take_any, &taken, NULL);
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
