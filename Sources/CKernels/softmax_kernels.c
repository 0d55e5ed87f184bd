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

INLINE void unpack(softmax_rows rows, size_t row, float *target) {
  for (size_t q = 0; q < rows.panelCount; q++)
    *(Lanes *)(target + q * WIDTH) = *(const Lanes *)(rows.panels + (q * rows.stride + row) * WIDTH);
}

VARIANTS void softmax_curvature(softmax_rows rows, size_t first, size_t count, const float *points,
                                float *scratch, float *sums) {
  size_t width = rows.panelCount * WIDTH;
  float *products = scratch + width;
  for (size_t row = first; row < first + count; row++) {
    size_t start = rows.starts[row], end = rows.starts[row + 1];
    if (start == end) continue;
    unpack(rows, row, scratch);
    float mean = 0;
    for (size_t e = start; e < end; e++) {
      const float *point = points + (size_t)rows.classes[e] * width;
      Lanes sum = ZERO;
      for (size_t j = 0; j < width; j += WIDTH)
        sum += *(const Lanes *)(scratch + j) * *(const Lanes *)(point + j);
      float lanes[WIDTH], product = 0;
      memcpy(lanes, &sum, sizeof lanes);
      for (int l = 0; l < WIDTH; l++) product += lanes[l];
      products[e - start] = product;
      mean += rows.entries[e] * product;
    }
    for (size_t e = start; e < end; e++) {
      float factor = rows.entries[e] * (products[e - start] - mean);
      float *sum = sums + (size_t)rows.classes[e] * width;
      for (size_t j = 0; j < width; j += WIDTH)
        *(Lanes *)(sum + j) += factor * *(const Lanes *)(scratch + j);
    }
  }
}

VARIANTS void softmax_diagonal(softmax_rows rows, size_t first, size_t count, float *scratch, float *sums) {
  size_t width = rows.panelCount * WIDTH;
  for (size_t row = first; row < first + count; row++) {
    size_t start = rows.starts[row], end = rows.starts[row + 1];
    if (start == end) continue;
    unpack(rows, row, scratch);
    for (size_t e = start; e < end; e++) {
      float weight = rows.entries[e] * (1 - rows.entries[e]);
      float *sum = sums + (size_t)rows.classes[e] * width;
      for (size_t j = 0; j < width; j += WIDTH) {
        Lanes x = *(const Lanes *)(scratch + j);
        *(Lanes *)(sum + j) += weight * x * x;
      }
    }
  }
}
