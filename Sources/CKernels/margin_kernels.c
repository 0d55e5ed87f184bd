#include "margin_kernels.h"

#include <string.h>

#include "kernel_variants.h"

enum { WIDTH = 16 };
typedef float Lanes __attribute__((vector_size(4 * WIDTH), aligned(4)));
typedef int32_t Marks __attribute__((vector_size(4 * WIDTH), aligned(4)));

// Macros, as vectors that wide are no arguments on every processor.
#define KEEP(condition, value) ((Lanes)((condition) & (Marks)(value)))
#define CHOOSE(condition, a, b) ((Lanes)(((condition) & (Marks)(a)) | (~(condition) & (Marks)(b))))
#define ZERO ((Lanes){0})
// +1 for a row of the class, −1 for another, 0 for padding.
#define SIGN(rows, class) KEEP((rows) >= 0, CHOOSE((rows) == (class), ZERO + 1, ZERO - 1))

INLINE double total(const float *lanes) {
  double sums[4] = {0};
  for (int l = 0; l < WIDTH; l += 4)
    for (int m = 0; m < 4; m++) sums[m] += (double)lanes[l + m];
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

#define ADD(place, lanes)             \
  {                                   \
    float kept[WIDTH];                \
    memcpy(kept, &(lanes), sizeof kept); \
    (place) += total(kept);           \
  }

VARIANTS void margin_residuals(float *products, size_t panels, margin_list list, const float *intercepts,
                               const int32_t *classOf, const float *multipliers, const float *stiffness,
                               float cap, float *pressures, double *sums) {
  for (size_t i = 0; i < list.listed; i++) {
    size_t slot = (size_t)list.slots[i];
    int32_t class = list.classes[slot];
    Lanes value = ZERO, force = ZERO, lack = ZERO, free = ZERO;
    for (size_t p = 0; p < panels; p++) {
      Lanes *product = (Lanes *)(products + (p * list.listed + i) * WIDTH);
      size_t place = (p * list.count + slot) * WIDTH;
      Marks rows = *(const Marks *)(classOf + p * WIDTH);
      Lanes sign = SIGN(rows, class);
      Lanes margin = KEEP(rows >= 0, 1 - sign * (*product + intercepts[i]));
      Lanes pressure = stiffness[i] * margin;
      if (multipliers) pressure += *(const Lanes *)(multipliers + place);
      *(Lanes *)(pressures + place) = pressure;
      Marks above = pressure > 0, below = pressure < cap;
      Lanes residual = KEEP(above, CHOOSE(below, pressure, ZERO + cap));
      *product = sign * residual;
      value += residual * (pressure - residual * 0.5f);
      force += residual;
      lack += KEEP(margin > 0, margin);
      free += KEEP(above & below, ZERO + 1);
    }
    ADD(sums[4 * i], value)
    ADD(sums[4 * i + 1], force)
    ADD(sums[4 * i + 2], lack)
    ADD(sums[4 * i + 3], free)
  }
}

VARIANTS void margin_masked(float *products, size_t panels, margin_list list, const float *intercepts,
                            const float *pressures, float cap) {
  for (size_t p = 0; p < panels; p++)
    for (size_t i = 0; i < list.listed; i++) {
      Lanes *product = (Lanes *)(products + (p * list.listed + i) * WIDTH);
      Lanes pressure = *(const Lanes *)(pressures + (p * list.count + (size_t)list.slots[i]) * WIDTH);
      *product = KEEP((pressure > 0) & (pressure < cap), *product + intercepts[i]);
    }
}

VARIANTS void margin_shift(float *products, size_t panels, size_t listed, const float *intercepts) {
  for (size_t p = 0; p < panels; p++)
    for (size_t i = 0; i < listed; i++) *(Lanes *)(products + (p * listed + i) * WIDTH) += intercepts[i];
}

VARIANTS void margin_slopes(const float *directions, size_t panels, margin_list list, const int32_t *classOf,
                            const float *pressures, const float *steps, float cap, double *sums) {
  for (size_t i = 0; i < list.listed; i++) {
    size_t slot = (size_t)list.slots[i];
    int32_t class = list.classes[slot];
    Lanes slope = ZERO, bend = ZERO;
    for (size_t p = 0; p < panels; p++) {
      Marks rows = *(const Marks *)(classOf + p * WIDTH);
      Lanes direction = *(const Lanes *)(directions + (p * list.listed + i) * WIDTH);
      Lanes signedDirection = SIGN(rows, class) * direction;
      Lanes pressure = *(const Lanes *)(pressures + (p * list.count + slot) * WIDTH);
      pressure -= steps[i] * signedDirection;
      Marks above = pressure > 0, below = pressure < cap;
      slope += KEEP(above, CHOOSE(below, pressure, ZERO + cap)) * signedDirection;
      bend += KEEP(above & below, signedDirection * signedDirection);
    }
    ADD(sums[2 * i], slope)
    ADD(sums[2 * i + 1], bend)
  }
}

VARIANTS void margin_multipliers(const float *pressures, size_t panels, margin_list list, float cap,
                                 float *multipliers) {
  for (size_t p = 0; p < panels; p++)
    for (size_t i = 0; i < list.listed; i++) {
      size_t place = (p * list.count + (size_t)list.slots[i]) * WIDTH;
      Lanes pressure = *(const Lanes *)(pressures + place);
      *(Lanes *)(multipliers + place) = KEEP(pressure > 0, CHOOSE(pressure < cap, pressure, ZERO + cap));
    }
}
