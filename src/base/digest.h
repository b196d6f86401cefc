/*
 * digest - SHA-256 (Nettle) as hexadecimal text.
 */
#ifndef KDECAY_DIGEST_H
#define KDECAY_DIGEST_H

#include <stddef.h>

enum { DIGEST_LENGTH = 64 }; /* hexadecimal digits, without the NUL */

struct digest {
    char hex[DIGEST_LENGTH + 1];
};

struct digest digest_of(const void *bytes, size_t size);

/* The digest of `previous` (its hexadecimal text, which may be empty) followed by `text`. It is one
 * link of a chain: a link that is changed, dropped or moved changes all later links. */
struct digest digest_chain(const char *previous, const char *text);
struct digest digest_chain_bytes(const char *previous, const void *bytes, size_t size);

#endif
