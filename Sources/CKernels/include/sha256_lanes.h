// SHA-256 of sixteen stretches of memory at once, a lane each: several times as fast as one after the other on
// processors without instructions for it.
#ifndef SHA256_LANES_H
#define SHA256_LANES_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_LANES = 16 };

/// Whether this processor takes the digests of many stretches faster than a library takes them one by one.
int sha256_lanes_pay(void);

/// The digests of sixteen stretches of `length` bytes each, 32 bytes a digest.
void sha256_lanes(const uint8_t *const stretches[SHA256_LANES], size_t length, uint8_t *digests);

#endif
