#include "linkage_kernels.h"

#include <math.h>

#include "kernel_variants.h"
#include "panel_kernels.h"

#pragma STDC FP_CONTRACT OFF

typedef float Narrow __attribute__((vector_size(4 * PANEL_WIDTH), aligned(4)));
typedef double Wide __attribute__((vector_size(8 * PANEL_WIDTH), aligned(8)));

// Three points by sixteen rows: twelve of AVX2's sixteen registers hold sums.
enum { BLOCK = 3, CHUNK = 128 };

INLINE void block_squares(const float *panel, size_t depth, const double *points, size_t stride, int count,
                          double *out) {
  Wide kept[BLOCK];
  for (int c = 0; c < count; c++) kept[c] = *(const Wide *)(out + c * PANEL_WIDTH);
  for (size_t j = 0; j < depth; j++) {
    Wide x = __builtin_convertvector(*(const Narrow *)(panel + j * PANEL_WIDTH), Wide);
#pragma clang loop unroll(full)
    for (int c = 0; c < count; c++) {
      Wide difference = x - points[(size_t)c * stride + j];
      kept[c] += difference * difference;
    }
  }
  for (int c = 0; c < count; c++) *(Wide *)(out + c * PANEL_WIDTH) = kept[c];
}

VARIANTS void linkage_distances(const float *panel, size_t depth, const double *points, size_t count,
                                double *out) {
  for (size_t i = 0; i < count * PANEL_WIDTH; i++) out[i] = 0;
  // A part of the columns at a time, so that the panel stays in the first-level cache.
  for (size_t start = 0; start < depth; start += CHUNK) {
    size_t length = depth - start < CHUNK ? depth - start : CHUNK;
    const float *part = panel + start * PANEL_WIDTH;
    size_t first = 0;
    for (; first + BLOCK <= count; first += BLOCK)
      block_squares(part, length, points + first * depth + start, depth, BLOCK, out + first * PANEL_WIDTH);
    for (; first < count; first++)
      block_squares(part, length, points + first * depth + start, depth, 1, out + first * PANEL_WIDTH);
  }
  for (size_t i = 0; i < count * PANEL_WIDTH; i++) out[i] = sqrt(out[i]);
}

enum { STRETCH = 64 };

INLINE double stretch_least(const double *values) {
  double lanes[16];
  for (int l = 0; l < 16; l++) lanes[l] = values[l];
  for (int i = 16; i < STRETCH; i += 16)
    for (int l = 0; l < 16; l++) lanes[l] = values[i + l] < lanes[l] ? values[i + l] : lanes[l];
  for (int half = 8; half > 0; half /= 2)
    for (int l = 0; l < half; l++) lanes[l] = lanes[l + half] < lanes[l] ? lanes[l + half] : lanes[l];
  return lanes[0];
}

VARIANTS size_t linkage_least(const double *values, size_t count, double *least) {
  double best = *least;
  size_t stretch = count, i = 0;
  for (; i + STRETCH <= count; i += STRETCH) {
    double found = stretch_least(values + i);
    if (found < best) {
      best = found;
      stretch = i;
    }
  }
  size_t where = stretch;
  if (stretch < count)
    while (values[where] != best) where++;
  for (; i < count; i++)
    if (values[i] < best) {
      best = values[i];
      where = i;
    }
  *least = best;
  return where;
}

VARIANTS static void unite_ward(const double *first, double *second, const double *sizes, size_t count, double a,
                                double b, double distance) {
  for (size_t i = 0; i < count; i++) {
    double share = 1.0 / (a + b + sizes[i]);
    double square = (sizes[i] + a) * share * first[i] * first[i] + (sizes[i] + b) * share * second[i] * second[i] -
                    sizes[i] * share * distance * distance;
    second[i] = sqrt(square > 0 ? square : 0);
  }
}

VARIANTS static void unite_average(const double *first, double *second, size_t count, double a, double b) {
  for (size_t i = 0; i < count; i++) second[i] = (a * first[i] + b * second[i]) / (a + b);
}

VARIANTS static void unite_complete(const double *first, double *second, size_t count) {
  for (size_t i = 0; i < count; i++) second[i] = first[i] > second[i] ? first[i] : second[i];
}

void linkage_unite(int rule, const double *first, double *second, const double *sizes, size_t count, double a,
                   double b, double distance) {
  switch (rule) {
  case LINKAGE_WARD: unite_ward(first, second, sizes, count, a, b, distance); break;
  case LINKAGE_AVERAGE: unite_average(first, second, count, a, b); break;
  default: unite_complete(first, second, count);
  }
}

VARIANTS double linkage_add_distances(const double *products, double norm, const double *norms, double *sums,
                                      size_t count) {
  double lanes[16] = {0}, rest = 0;
  size_t j = 0;
  for (; j + 16 <= count; j += 16)
    for (int l = 0; l < 16; l++) {
      double square = norm + norms[j + l] - 2 * products[j + l];
      double distance = sqrt(square > 0 ? square : 0);
      sums[j + l] += distance;
      lanes[l] += distance;
    }
  for (; j < count; j++) {
    double square = norm + norms[j] - 2 * products[j];
    double distance = sqrt(square > 0 ? square : 0);
    sums[j] += distance;
    rest += distance;
  }
  for (int half = 8; half > 0; half /= 2)
    for (int l = 0; l < half; l++) lanes[l] += lanes[l + half];
  return lanes[0] + rest;
}
