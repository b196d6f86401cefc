#include "base/cpu.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

char *cpu_name(void)
{
    struct error error;
    char *text = file_read("/proc/cpuinfo", NULL, &error);
    const char *line = text ? strstr(text, "model name") : NULL;
    const char *name = line ? strstr(line, ": ") : NULL;
    char *found =
        name ? memory_copy(name + 2, strcspn(name + 2, "\n")) : memory_text("unknown CPU");
    free(text);
    return found;
}
