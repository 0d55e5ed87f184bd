#include "bound_kernels.h"

#include <string.h>

#include "kernel_variants.h"
#include "panel_kernels.h"

typedef float Lanes __attribute__((vector_size(4 * PANEL_WIDTH), aligned(4)));
typedef int32_t Marks __attribute__((vector_size(4 * PANEL_WIDTH), aligned(4)));

// Six points by sixteen rows: twelve of AVX2's sixteen registers hold sums.
INLINE void block_products(const float *panel, size_t depth, const float *points, Lanes *sums) {
  Lanes kept[BOUND_BLOCK];
  for (int c = 0; c < BOUND_BLOCK; c++) kept[c] = (Lanes){0};
  for (size_t j = 0; j < depth; j++) {
    Lanes x = *(const Lanes *)(panel + j * PANEL_WIDTH);
#pragma clang loop unroll(full)
    for (int c = 0; c < BOUND_BLOCK; c++) kept[c] += x * points[j * BOUND_BLOCK + (size_t)c];
  }
  for (int c = 0; c < BOUND_BLOCK; c++) sums[c] = kept[c];
}

VARIANTS void panel_within(const float *panel, size_t depth, const float *points, size_t count,
                           const float *norms, const float *limits, float *bounds, int32_t *indices,
                           int32_t *found) {
  Lanes limit = *(const Lanes *)limits;
  for (int l = 0; l < PANEL_WIDTH; l++) found[l] = 0;
  for (size_t first = 0; first < count; first += BOUND_BLOCK) {
    Lanes scores[BOUND_BLOCK];
    Marks within[BOUND_BLOCK], any = {0};
    block_products(panel, depth, points + first * depth, scores);
    for (int c = 0; c < BOUND_BLOCK; c++) {
      scores[c] = norms[first + (size_t)c] - 2 * scores[c];
      within[c] = scores[c] <= limit;
      any |= within[c];
    }
    if (!__builtin_reduce_or(any)) continue;
    for (int c = 0; c < BOUND_BLOCK; c++) {
      if (!__builtin_reduce_or(within[c])) continue;
      float score[PANEL_WIDTH];
      int32_t mark[PANEL_WIDTH];
      memcpy(score, &scores[c], sizeof score);
      memcpy(mark, &within[c], sizeof mark);
      // Written for every row, kept where the mark, −1, moves on: no branch to guess.
      for (int l = 0; l < PANEL_WIDTH; l++) {
        size_t place = (size_t)l * count + (size_t)found[l];
        bounds[place] = score[l];
        indices[place] = (int32_t)first + c;
        found[l] -= mark[l];
      }
    }
  }
}

VARIANTS double kernel_sum_of_lesser(const float *a, const float *b, size_t count) {
  double lanes[PANEL_WIDTH] = {0};
  size_t i = 0;
  for (; i + PANEL_WIDTH <= count; i += PANEL_WIDTH)
    for (int l = 0; l < PANEL_WIDTH; l++) {
      float lesser = b[i + l] < a[i + l] ? b[i + l] : a[i + l];
      lanes[l] += (double)lesser;
    }
  for (int l = 0; i + l < count; l++) lanes[l] += (double)(b[i + l] < a[i + l] ? b[i + l] : a[i + l]);
  for (int half = PANEL_WIDTH / 2; half > 0; half /= 2)
    for (int l = 0; l < half; l++) lanes[l] += lanes[l + half];
  return lanes[0];
}

VARIANTS void kernel_keep_lesser(float *restrict least, int32_t *restrict marks, const float *restrict values,
                                 int32_t mark, size_t count) {
  for (size_t i = 0; i < count; i++) {
    marks[i] = values[i] < least[i] ? mark : marks[i];
    least[i] = values[i] < least[i] ? values[i] : least[i];
  }
}
