#include "base/digest.h"

#include <nettle/sha2.h>
#include <string.h>

static struct digest finish(struct sha256_ctx *context)
{
    uint8_t raw[SHA256_DIGEST_SIZE];
    sha256_digest(context, sizeof raw, raw);
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
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, size, bytes);
    return finish(&context);
}

struct digest digest_chain_bytes(const char *previous, const void *bytes, size_t size)
{
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, strlen(previous), (const uint8_t *)previous);
    sha256_update(&context, size, bytes);
    return finish(&context);
}

struct digest digest_chain(const char *previous, const char *text)
{
    return digest_chain_bytes(previous, text, strlen(text));
}
