#include "include/sha256_lanes.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
// One variant of the function for each level of the processor; it picks one when the program starts.
#define VARIANTS __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define VARIANTS
#endif

typedef uint32_t lanes __attribute__((vector_size(4 * SHA256_LANES)));

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4).
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

// The same of the square roots of the first 8.
static const uint32_t start[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

#define ROTATED(x, n) ((x) >> (n) | (x) << (32 - (n)))

/// Takes one block of 64 bytes from each lane; `words` is overwritten.
static inline __attribute__((always_inline)) void take(lanes state[8], lanes words[16]) {
  lanes a = state[0], b = state[1], c = state[2], d = state[3];
  lanes e = state[4], f = state[5], g = state[6], h = state[7];
  for (int chunk = 0; chunk < 64; chunk += 16) {
#pragma clang loop unroll(full)
    for (int index = 0; index < 16; index++) {
      lanes word = words[index];
      lanes first = h + (ROTATED(e, 6) ^ ROTATED(e, 11) ^ ROTATED(e, 25)) + (g ^ (e & (f ^ g))) +
                    constants[chunk + index] + word;
      lanes second = (ROTATED(a, 2) ^ ROTATED(a, 13) ^ ROTATED(a, 22)) + ((a & b) | (c & (a | b)));
      h = g, g = f, f = e, e = d + first;
      d = c, c = b, b = a, a = first + second;
      // The word of sixteen rounds later takes its place.
      lanes early = words[(index + 1) & 15], late = words[(index + 14) & 15];
      words[index] = word + words[(index + 9) & 15] + (ROTATED(early, 7) ^ ROTATED(early, 18) ^ early >> 3) +
                     (ROTATED(late, 17) ^ ROTATED(late, 19) ^ late >> 10);
    }
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static inline __attribute__((always_inline)) uint32_t load(const uint8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, 4);
  return __builtin_bswap32(word);
}

#define INTERLEAVED(low, a, b)                                                                              \
  __builtin_shufflevector(a, b, low, low + 16, low + 1, low + 17, low + 2, low + 18, low + 3, low + 19,     \
                          low + 4, low + 20, low + 5, low + 21, low + 6, low + 22, low + 7, low + 23)

/// Turns one block of each lane into the sixteen words of all lanes, most significant byte first.
static inline __attribute__((always_inline)) void transpose(const lanes rows[16], lanes words[16]) {
  lanes from[16], to[16];
  for (int i = 0; i < 16; i++) from[i] = rows[i];
  // Four steps of a perfect shuffle of the 256 words turn row and column around.
#pragma clang loop unroll(full)
  for (int step = 0; step < 4; step++) {
    for (int i = 0; i < 8; i++) {
      to[2 * i] = INTERLEAVED(0, from[i], from[i + 8]);
      to[2 * i + 1] = INTERLEAVED(8, from[i], from[i + 8]);
    }
    for (int i = 0; i < 16; i++) from[i] = to[i];
  }
  for (int i = 0; i < 16; i++) {
    lanes word = from[i];
    words[i] = word >> 24 | (word >> 8 & 0xff00) | (word << 8 & 0xff0000) | word << 24;
  }
}

VARIANTS void sha256_lanes(const uint8_t *const stretches[SHA256_LANES], size_t length,
                           uint8_t *digests) {
  lanes state[8], words[16];
  for (int index = 0; index < 8; index++) state[index] = (lanes){} + start[index];
  size_t at = 0;
  for (; at + 64 <= length; at += 64) {
    lanes rows[16];
    for (int lane = 0; lane < SHA256_LANES; lane++) memcpy(&rows[lane], stretches[lane] + at, 64);
    transpose(rows, words);
    take(state, words);
  }
  // What is left, a bit, zeros, and the length in bits: one or two blocks more.
  size_t left = length - at, padded = left < 56 ? 64 : 128;
  for (size_t block = 0; block < padded; block += 64) {
    for (int lane = 0; lane < SHA256_LANES; lane++) {
      uint8_t tail[128] = {0};
      memcpy(tail, stretches[lane] + at, left);
      tail[left] = 0x80;
      for (int byte = 0; byte < 8; byte++) tail[padded - 1 - byte] = (uint8_t)((uint64_t)length * 8 >> 8 * byte);
      for (int word = 0; word < 16; word++) words[word][lane] = load(tail + block + 4 * word);
    }
    take(state, words);
  }
  for (int lane = 0; lane < SHA256_LANES; lane++)
    for (int index = 0; index < 8; index++) {
      uint32_t word = __builtin_bswap32(state[index][lane]);
      memcpy(digests + 32 * lane + 4 * index, &word, 4);
    }
}

int sha256_lanes_pay(void) {
#if defined(__x86_64__)
  unsigned a, b, c, d;
  // Leaf 7: AVX2, AVX-512, and instructions for SHA-256, which beat eight lanes but not sixteen in one register.
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return 1;
  return __builtin_cpu_supports("avx2") && !(b >> 29 & 1);
#else
  return 0;
#endif
}
