// What several files of kernels share: how a function gets its variants, and the exponential.
#ifndef KERNEL_VARIANTS_H
#define KERNEL_VARIANTS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

// ThreadSanitizer is not ready yet when the loader picks a variant: such builds have the portable one only.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && !defined(SANITIZED)
#define VARIANTS __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define VARIANTS
#endif

// Helpers must be compiled into each variant.
#define INLINE static inline __attribute__((always_inline))

// exp(x) = 2ⁿ·exp(r) with |r| ≤ ln 2 ÷ 2. Adding 1.5·2²³ rounds to the nearest whole number and leaves it in the low
// bits. ln 2 is subtracted in two parts, so that r is exact enough. The polynomial is Taylor's with the minimax
// coefficients of Cephes' expf.
INLINE float exponential(float x) {
  // Comparisons that are false for NaN, so that NaN stays NaN.
  float clipped = x < -87.33654f ? -87.33654f : x;
  clipped = clipped > 88.72283f ? 88.72283f : clipped;
  float shifted = clipped * 1.44269504f + 12582912.0f;
  float n = shifted - 12582912.0f;
  float r = clipped - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  // Two factors: n reaches 128, whose power alone is no float.
  int32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  int32_t whole = bits - 0x4B400000, half = whole >> 1;
  int32_t first = (half + 127) << 23, second = (whole - half + 127) << 23;
  float f, g;
  memcpy(&f, &first, sizeof f);
  memcpy(&g, &second, sizeof g);
  float result = p * f * g;
  result = x < -87.33654f ? 0.0f : result;
  return x > 88.72283f ? INFINITY : result;
}

#endif
