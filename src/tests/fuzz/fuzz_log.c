/* Raw logs, whole and running. */
#include "base/memory.h"
#include "experiment/log.h"
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = memory_text("%.*s", (int)size, (const char *)bytes);
    struct log log;
    struct log_writer writer;
    struct error error;
    if (log_parse(text, "input", &log, &error) == 0)
        log_free(&log);
    if (log_restore(&writer, text, "input", &error) == 0)
        free(writer.text.bytes);
    if (log_read(fuzz_file(bytes, size), &log, &error) == 0)
        log_free(&log);
    free(text);
    return 0;
}
