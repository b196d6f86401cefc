#include "digest.h"

#include <stdint.h>
#include <sys/types.h>

#include <sha2.h>
#include <string.h>

static struct digest finish(SHA2_CTX *context)
{
    uint8_t raw[SHA256_DIGEST_LENGTH];
    SHA256Final(raw, context);
    static const char digits[] = "0123456789abcdef";
    struct digest digest;
    for (size_t i = 0; i < sizeof raw; i++) {
        digest.hex[2 * i] = digits[raw[i] >> 4];
        digest.hex[2 * i + 1] = digits[raw[i] & 15];
    }
    digest.hex[DIGEST_LENGTH] = '\0';
    return digest;
}

struct digest digest_of(const void *bytes, size_t size)
{
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, bytes, size);
    return finish(&context);
}

struct digest digest_chain(const char *previous, const char *text)
{
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)previous, strlen(previous));
    SHA256Update(&context, (const uint8_t *)text, strlen(text));
    return finish(&context);
}
