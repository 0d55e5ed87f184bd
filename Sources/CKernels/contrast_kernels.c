#include "contrast_kernels.h"

#include "kernel_variants.h"

// How many sums run side by side; they are folded in a fixed order.
enum { LANES = 32 };

// x + x³·P(x²) for small x, with the minimax coefficients of Cephes' tanhf, where 1 − 2 ÷ (exp(2x) + 1) would cancel.
INLINE float hyperbolic_tangent(float x) {
  float size = fabsf(x), square = x * x;
  float p = -5.70498872745e-3f;
  p = p * square + 2.06390887954e-2f;
  p = p * square - 5.37397155531e-2f;
  p = p * square + 1.33314422036e-1f;
  p = p * square - 3.33332819422e-1f;
  float near = x + x * square * p;
  float far = copysignf(1 - 2 / (exponential(2 * size) + 1), x);
  return size < 0.625f ? near : far;
}

INLINE float logcosh(float x, float *slope) {
  float value = hyperbolic_tangent(x);
  *slope = 1 - value * value;
  return value;
}

INLINE float exponential_contrast(float x, float *slope) {
  float square = x * x, weight = exponential(-0.5f * square);
  *slope = weight - square * weight;
  return x * weight;
}

INLINE float cube(float x, float *slope) {
  float square = x * x;
  *slope = 3 * square;
  return x * square;
}

#define CONTRAST(name, contrast)                              \
  VARIANTS double name(float *values, size_t count) {         \
    float lanes[LANES] = {0}, slope;                          \
    size_t i = 0;                                             \
    for (; i + LANES <= count; i += LANES)                    \
      for (int l = 0; l < LANES; l++) {                       \
        values[i + l] = contrast(values[i + l], &slope);      \
        lanes[l] += slope;                                    \
      }                                                       \
    for (int l = 0; i + l < count; l++) {                     \
      values[i + l] = contrast(values[i + l], &slope);        \
      lanes[l] += slope;                                      \
    }                                                         \
    double sum = 0;                                           \
    for (int l = 0; l < LANES; l++) sum += (double)lanes[l];  \
    return sum;                                               \
  }

CONTRAST(kernel_contrast_logcosh, logcosh)
CONTRAST(kernel_contrast_exponential, exponential_contrast)
CONTRAST(kernel_contrast_cube, cube)
