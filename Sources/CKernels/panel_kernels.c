#include "panel_kernels.h"

#include <math.h>
#include <string.h>

#include "kernel_variants.h"

typedef float Lanes __attribute__((vector_size(4 * PANEL_WIDTH), aligned(4)));
typedef int32_t Marks __attribute__((vector_size(4 * PANEL_WIDTH), aligned(4)));

// Six points by sixteen rows: twelve of AVX2's sixteen registers hold sums.
enum { BLOCK = 6 };

// A macro, as vectors that wide are no arguments on every processor.
#define CHOOSE(condition, a, b) ((Lanes)(((condition) & (Marks)(a)) | (~(condition) & (Marks)(b))))

INLINE void block_products(const float *panel, size_t depth, const float *points, size_t stride, int count,
                           Lanes *sums) {
  Lanes kept[BLOCK];
  for (int c = 0; c < count; c++) kept[c] = (Lanes){0};
  for (size_t j = 0; j < depth; j++) {
    Lanes x = *(const Lanes *)(panel + j * PANEL_WIDTH);
#pragma clang loop unroll(full)
    for (int c = 0; c < count; c++) kept[c] += x * points[(size_t)c * stride + j];
  }
  for (int c = 0; c < count; c++) sums[c] = kept[c];
}

INLINE void block_manhattan(const float *panel, size_t depth, const float *points, size_t stride, int count,
                            Lanes *sums) {
  Marks magnitude = (Marks){0} + 0x7FFFFFFF;
  Lanes kept[BLOCK];
  for (int c = 0; c < count; c++) kept[c] = (Lanes){0};
  for (size_t j = 0; j < depth; j++) {
    Lanes x = *(const Lanes *)(panel + j * PANEL_WIDTH);
#pragma clang loop unroll(full)
    for (int c = 0; c < count; c++) {
      Lanes difference = x - points[(size_t)c * stride + j];
      kept[c] += (Lanes)((Marks)difference & magnitude);
    }
  }
  for (int c = 0; c < count; c++) sums[c] = kept[c];
}

// The number of points of a block must be known where it is compiled.
#define BLOCK_CASES(function, ...)           \
  switch (width) {                           \
  case 1: function(__VA_ARGS__, 1, sums); break; \
  case 2: function(__VA_ARGS__, 2, sums); break; \
  case 3: function(__VA_ARGS__, 3, sums); break; \
  case 4: function(__VA_ARGS__, 4, sums); break; \
  case 5: function(__VA_ARGS__, 5, sums); break; \
  default: function(__VA_ARGS__, 6, sums); break; \
  }

INLINE size_t block_width(size_t first, size_t end) { return end - first < BLOCK ? end - first : BLOCK; }

void panel_pack(const float *rows, size_t stride, size_t count, size_t columns, float *panel) {
  if (count < PANEL_WIDTH) memset(panel, 0, columns * PANEL_WIDTH * sizeof(float));
  for (size_t l = 0; l < count; l++)
    for (size_t j = 0; j < columns; j++) panel[j * PANEL_WIDTH + l] = rows[l * stride + j];
}

// Points that fit the first-level cache beside a panel.
INLINE size_t chunk_size(size_t depth) {
  size_t fitting = 6144 / (depth + 1);
  return fitting < BLOCK ? BLOCK : fitting / BLOCK * BLOCK;
}

VARIANTS void panel_nearest(const float *panels, size_t panelCount, size_t depth, const float *points,
                            size_t count, const float *norms, float *score, int32_t *index) {
  size_t chunk = chunk_size(depth);
  for (size_t start = 0; start < count; start += chunk) {
    size_t end = count - start < chunk ? count : start + chunk;
    for (size_t p = 0; p < panelCount; p++) {
      const float *panel = panels + p * depth * PANEL_WIDTH;
      Lanes best = start == 0 ? (Lanes){0} + INFINITY : *(Lanes *)(score + p * PANEL_WIDTH);
      Marks where = start == 0 ? (Marks){0} : *(Marks *)(index + p * PANEL_WIDTH);
      for (size_t first = start; first < end; first += BLOCK) {
        size_t width = block_width(first, end);
        Lanes sums[BLOCK];
        BLOCK_CASES(block_products, panel, depth, points + first * depth, depth)
        for (size_t c = 0; c < width; c++) {
          Lanes found = norms[first + c] - 2 * sums[c];
          Marks lower = found < best;
          best = CHOOSE(lower, found, best);
          where = (lower & (int32_t)(first + c)) | (~lower & where);
        }
      }
      *(Lanes *)(score + p * PANEL_WIDTH) = best;
      *(Marks *)(index + p * PANEL_WIDTH) = where;
    }
  }
}

VARIANTS void panel_products(const float *panels, size_t panelCount, size_t depth, const float *points,
                             size_t count, float *out) {
  for (size_t p = 0; p < panelCount; p++)
    for (size_t first = 0; first < count; first += BLOCK) {
      size_t width = block_width(first, count);
      Lanes sums[BLOCK];
      BLOCK_CASES(block_products, panels + p * depth * PANEL_WIDTH, depth, points + first * depth, depth)
      memcpy(out + (p * count + first) * PANEL_WIDTH, sums, width * sizeof(Lanes));
    }
}

VARIANTS void panel_manhattan(const float *panels, size_t panelCount, size_t depth, const float *points,
                              size_t count, float *out) {
  for (size_t p = 0; p < panelCount; p++)
    for (size_t first = 0; first < count; first += BLOCK) {
      size_t width = block_width(first, count);
      Lanes sums[BLOCK];
      BLOCK_CASES(block_manhattan, panels + p * depth * PANEL_WIDTH, depth, points + first * depth, depth)
      memcpy(out + (p * count + first) * PANEL_WIDTH, sums, width * sizeof(Lanes));
    }
}

VARIANTS void panel_least_distances(float *products, size_t panelCount, size_t count, const float *norms,
                                    const float *rowNorms, const float *closest, double *sums) {
  for (size_t p = 0; p < panelCount; p++) {
    Lanes rowNorm = *(const Lanes *)(rowNorms + p * PANEL_WIDTH);
    Lanes limit = *(const Lanes *)(closest + p * PANEL_WIDTH);
    for (size_t c = 0; c < count; c++) {
      Lanes *place = (Lanes *)(products + (p * count + c) * PANEL_WIDTH);
      Lanes distance = rowNorm + norms[c] - 2 * *place;
      distance = CHOOSE(distance < 0, (Lanes){0}, distance);
      distance = CHOOSE(distance < limit, distance, limit);
      *place = distance;
      float kept[PANEL_WIDTH];
      memcpy(kept, &distance, sizeof kept);
      double lanes[4] = {0};
      for (int l = 0; l < PANEL_WIDTH; l += 4)
        for (int m = 0; m < 4; m++) lanes[m] += (double)kept[l + m];
      sums[c] += (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
    }
  }
}

VARIANTS double panel_softmax_residuals(float *logits, size_t panelCount, size_t count,
                                        const float *intercepts, const int32_t *classes) {
  double loss = 0;
  for (size_t p = 0; p < panelCount; p++) {
    float *panel = logits + p * count * PANEL_WIDTH;
    const int32_t *class = classes + p * PANEL_WIDTH;
    Lanes highest = (Lanes){0} - INFINITY;
    for (size_t c = 0; c < count; c++) {
      Lanes value = *(Lanes *)(panel + c * PANEL_WIDTH) + intercepts[c];
      *(Lanes *)(panel + c * PANEL_WIDTH) = value;
      highest = CHOOSE(value > highest, value, highest);
    }
    float own[PANEL_WIDTH], top[PANEL_WIDTH], total[PANEL_WIDTH], scale[PANEL_WIDTH];
    memcpy(top, &highest, sizeof top);
    for (int l = 0; l < PANEL_WIDTH; l++) own[l] = class[l] < 0 ? 0 : panel[class[l] * PANEL_WIDTH + l];
    Lanes sum = (Lanes){0};
    for (size_t c = 0; c < count; c++) {
      Lanes value = *(Lanes *)(panel + c * PANEL_WIDTH) - highest;
      float powers[PANEL_WIDTH];
      memcpy(powers, &value, sizeof powers);
      for (int l = 0; l < PANEL_WIDTH; l++) powers[l] = exponential(powers[l]);
      memcpy(&value, powers, sizeof powers);
      *(Lanes *)(panel + c * PANEL_WIDTH) = value;
      sum += value;
    }
    memcpy(total, &sum, sizeof total);
    // Each total lies between 1 and the number of classes: one logarithm of their product serves sixteen rows.
    double product = 1;
    for (int l = 0; l < PANEL_WIDTH; l++) {
      scale[l] = class[l] < 0 ? 0 : 1 / total[l];
      product *= class[l] < 0 ? 1 : (double)total[l];
      loss += class[l] < 0 ? 0 : (double)top[l] - (double)own[l];
    }
    loss += log(product);
    Lanes factor = *(Lanes *)scale;
    for (size_t c = 0; c < count; c++) *(Lanes *)(panel + c * PANEL_WIDTH) *= factor;
    for (int l = 0; l < PANEL_WIDTH; l++)
      if (class[l] >= 0) panel[class[l] * PANEL_WIDTH + l] -= 1;
  }
  return loss;
}

VARIANTS void panel_largest(const float *logits, size_t panelCount, size_t count, const float *intercepts,
                            int32_t *index) {
  for (size_t p = 0; p < panelCount; p++) {
    Lanes best = (Lanes){0} - INFINITY;
    Marks where = (Marks){0};
    for (size_t c = 0; c < count; c++) {
      Lanes value = *(const Lanes *)(logits + (p * count + c) * PANEL_WIDTH) + intercepts[c];
      Marks higher = value > best;
      best = CHOOSE(higher, value, best);
      where = (higher & (int32_t)c) | (~higher & where);
    }
    *(Marks *)(index + p * PANEL_WIDTH) = where;
  }
}

INLINE void residual_block(const float *residuals, size_t panelCount, size_t stride, const float *columns,
                           size_t width, int count, Lanes *sums) {
  Lanes kept[BLOCK];
  for (int c = 0; c < count; c++) kept[c] = (Lanes){0};
  for (size_t p = 0; p < panelCount; p++)
    for (size_t l = 0; l < PANEL_WIDTH; l++) {
      Lanes x = *(const Lanes *)(columns + (p * PANEL_WIDTH + l) * width);
#pragma clang loop unroll(full)
      for (int c = 0; c < count; c++) kept[c] += x * residuals[p * stride + (size_t)c * PANEL_WIDTH + l];
    }
  for (int c = 0; c < count; c++) sums[c] = kept[c];
}

VARIANTS void panel_residual_products(const float *residuals, size_t panelCount, size_t count,
                                      const float *columns, size_t stride, double *total) {
  for (size_t first = 0; first < count; first += BLOCK) {
    size_t width = block_width(first, count);
    Lanes sums[BLOCK];
    BLOCK_CASES(residual_block, residuals + first * PANEL_WIDTH, panelCount, count * PANEL_WIDTH, columns, stride)
    float values[BLOCK * PANEL_WIDTH];
    memcpy(values, sums, width * sizeof(Lanes));
    for (size_t l = 0; l < width * PANEL_WIDTH; l++) total[first * PANEL_WIDTH + l] += (double)values[l];
  }
}
