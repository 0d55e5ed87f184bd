#include "CHDF5.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

// zlib is there wherever HDF5 can undo gzip: it brings it along.
static int (*inflateAll)(unsigned char *, unsigned long *, const unsigned char *, unsigned long);
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  void *library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library) *(void **)&inflateAll = dlsym(library, "uncompress");
}

int h5_inflate(const void *packed, size_t packedCount, void *values, size_t count) {
  pthread_once(&once, load);
  unsigned long produced = count;
  return inflateAll && inflateAll(values, &produced, packed, packedCount) == 0 && produced == count;
}

void h5_unshuffle(const void *shuffled, size_t size, size_t count, void *values) {
  const uint8_t *from = shuffled;
  if (size == 4) {
    uint32_t *to = values;
    const uint8_t *a = from, *b = a + count, *c = b + count, *d = c + count;
    for (size_t i = 0; i < count; i++)
      to[i] = (uint32_t)a[i] | (uint32_t)b[i] << 8 | (uint32_t)c[i] << 16 | (uint32_t)d[i] << 24;
    return;
  }
  uint8_t *to = values;
  for (size_t byte = 0; byte < size; byte++)
    for (size_t i = 0; i < count; i++) to[i * size + byte] = from[byte * count + i];
}
