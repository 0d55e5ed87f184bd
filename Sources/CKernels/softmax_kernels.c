#include "softmax_kernels.h"

#include <string.h>

#include "kernel_variants.h"

enum { WIDTH = 16 };
typedef float Lanes __attribute__((vector_size(4 * WIDTH), aligned(4)));
typedef int32_t Marks __attribute__((vector_size(4 * WIDTH), aligned(4)));

// Macros, as vectors that wide are no arguments on every processor.
#define KEEP(condition, value) ((Lanes)((condition) & (Marks)(value)))
#define ZERO ((Lanes){0})

// The rows of a panel that are not told apart from the others for certain.
#define OPEN_ROWS(panel, rows, least)                                                         \
  Marks open;                                                                                 \
  {                                                                                           \
    int32_t marks[WIDTH];                                                                     \
    for (int l = 0; l < WIDTH; l++)                                                           \
      marks[l] = (rows)[l] >= 0 && -(panel)[(size_t)(rows)[l] * WIDTH + (size_t)l] > (least) ? -1 : 0; \
    memcpy(&open, marks, sizeof open);                                                        \
  }

VARIANTS void softmax_count(const float *residuals, size_t panels, size_t count, const int32_t *classes,
                            float least, int32_t *counts, double *rest) {
  for (size_t p = 0; p < panels; p++) {
    const float *panel = residuals + p * count * WIDTH;
    const int32_t *own = classes + p * WIDTH;
    Marks rows = *(const Marks *)own, found = (Marks){0};
    OPEN_ROWS(panel, own, least)
    for (size_t c = 0; c < count; c++) {
      Lanes residual = *(const Lanes *)(panel + c * WIDTH);
      Lanes share = residual + KEEP(rows == (int32_t)c, ZERO + 1);
      Marks kept = (share > least) & open;
      found -= kept;
      Lanes left = KEEP(~kept & (rows >= 0), share * (1 - share));
      float lanes[WIDTH], sum = 0;
      memcpy(lanes, &left, sizeof lanes);
      for (int l = 0; l < WIDTH; l++) sum += lanes[l];
      rest[c] += (double)sum;
    }
    memcpy(counts + p * WIDTH, &found, sizeof found);
  }
}

VARIANTS void softmax_entries(const float *residuals, size_t panels, size_t count, const int32_t *classes,
                              float least, const size_t *starts, int32_t *entryClasses, float *entries) {
  for (size_t p = 0; p < panels; p++) {
    const float *panel = residuals + p * count * WIDTH;
    const int32_t *own = classes + p * WIDTH;
    Marks rows = *(const Marks *)own;
    OPEN_ROWS(panel, own, least)
    size_t next[WIDTH];
    memcpy(next, starts + p * WIDTH, sizeof next);
    for (size_t c = 0; c < count; c++) {
      Lanes share = *(const Lanes *)(panel + c * WIDTH) + KEEP(rows == (int32_t)c, ZERO + 1);
      Marks kept = (share > least) & open;
      int32_t marks[WIDTH], any = 0;
      memcpy(marks, &kept, sizeof marks);
      for (int l = 0; l < WIDTH; l++) any |= marks[l];
      if (!any) continue;
      for (int l = 0; l < WIDTH; l++)
        if (marks[l]) {
          entryClasses[next[l]] = (int32_t)c;
          entries[next[l]++] = share[l];
        }
    }
  }
}

// Several points at a time: one chain of sums would wait for itself.
INLINE void row_products(const float *row, size_t width, const float *points, const int32_t *classes, int count,
                         float *products) {
  Lanes sums[4];
  for (int e = 0; e < count; e++) sums[e] = ZERO;
  for (size_t j = 0; j < width; j += WIDTH) {
    Lanes x = *(const Lanes *)(row + j);
#pragma clang loop unroll(full)
    for (int e = 0; e < count; e++) sums[e] += x * *(const Lanes *)(points + (size_t)classes[e] * width + j);
  }
  for (int e = 0; e < count; e++) {
    float lanes[WIDTH], product = 0;
    memcpy(lanes, &sums[e], sizeof lanes);
    for (int l = 0; l < WIDTH; l++) product += lanes[l];
    products[e] = product;
  }
}

VARIANTS void softmax_curvature(softmax_rows rows, size_t first, size_t count, const float *points,
                                float *products, float *sums) {
  size_t width = rows.width;
  for (size_t row = first; row < first + count; row++) {
    size_t start = rows.starts[row], end = rows.starts[row + 1];
    const float *x = rows.base + row * width;
    float mean = 0;
    for (size_t e = start; e < end; e += 4) {
      size_t some = end - e < 4 ? end - e : 4;
      float *found = products + (e - start);
      switch (some) {
      case 1: row_products(x, width, points, rows.classes + e, 1, found); break;
      case 2: row_products(x, width, points, rows.classes + e, 2, found); break;
      case 3: row_products(x, width, points, rows.classes + e, 3, found); break;
      default: row_products(x, width, points, rows.classes + e, 4, found); break;
      }
      for (size_t i = 0; i < some; i++) mean += rows.entries[e + i] * found[i];
    }
    for (size_t e = start; e < end; e++) {
      float factor = rows.entries[e] * (products[e - start] - mean);
      float *sum = sums + (size_t)rows.classes[e] * width;
      for (size_t j = 0; j < width; j += WIDTH) *(Lanes *)(sum + j) += factor * *(const Lanes *)(x + j);
    }
  }
}

VARIANTS void softmax_diagonal(softmax_rows rows, size_t first, size_t count, float *sums) {
  size_t width = rows.width;
  for (size_t row = first; row < first + count; row++)
    for (size_t e = rows.starts[row]; e < rows.starts[row + 1]; e++) {
      float weight = rows.entries[e] * (1 - rows.entries[e]);
      float *sum = sums + (size_t)rows.classes[e] * width;
      for (size_t j = 0; j < width; j += WIDTH) {
        Lanes x = *(const Lanes *)(rows.base + row * width + j);
        *(Lanes *)(sum + j) += weight * x * x;
      }
    }
}
