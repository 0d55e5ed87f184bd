#include "LZF.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// The format of Marc Lehmann's liblzf: a control byte below 32 starts a run of literals, any other a copy from up to
// 8 KiB back. h5py puts the size of a decoded chunk into the filter's third value.

enum { flagReverse = 0x0100 };

/// Decodes; the number of bytes written, 0 if the input is damaged or does not fit.
static size_t decode(const uint8_t *in, size_t inSize, uint8_t *out, size_t outSize) {
  const uint8_t *inEnd = in + inSize;
  size_t at = 0;
  while (in < inEnd) {
    unsigned control = *in++;
    if (control < 32) {
      size_t run = control + 1;
      if (run > (size_t)(inEnd - in) || run > outSize - at) return 0;
      memcpy(out + at, in, run);
      in += run;
      at += run;
      continue;
    }
    size_t length = control >> 5;
    if (length == 7) {
      if (in >= inEnd) return 0;
      length += *in++;
    }
    if (in >= inEnd) return 0;
    size_t back = ((size_t)(control & 31) << 8) + *in++ + 1;
    length += 2;
    if (back > at || length > outSize - at) return 0;
    // Byte by byte: a copy may overlap what it writes, which is how runs are encoded.
    for (const uint8_t *from = out + at - back; length; length--) out[at++] = *from++;
  }
  return at;
}

size_t lzf_filter(unsigned flags, size_t count, const unsigned values[], size_t bytes, size_t *capacity,
                  void **buffer) {
  if (!(flags & flagReverse) || count < 3 || !values[2]) return 0;
  size_t size = values[2];
  uint8_t *out = malloc(size);
  if (!out) return 0;
  size_t written = decode(*buffer, bytes, out, size);
  if (!written) {
    free(out);
    return 0;
  }
  free(*buffer);
  *buffer = out;
  *capacity = size;
  return written;
}
