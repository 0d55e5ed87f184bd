#include "bound_kernels.h"

#include <math.h>
#include <string.h>

#include "kernel_variants.h"
#include "panel_kernels.h"

typedef float Lanes __attribute__((vector_size(4 * PANEL_WIDTH), aligned(4)));
typedef int32_t Marks __attribute__((vector_size(4 * PANEL_WIDTH), aligned(4)));

typedef _Bool Bits __attribute__((ext_vector_type(PANEL_WIDTH)));

// A bit for each lane.
INLINE uint32_t marked(const Marks *marks) {
  Bits set = __builtin_convertvector(*marks, Bits);
  uint16_t bits;
  memcpy(&bits, &set, sizeof bits);
  return bits;
}

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
    // Few are within: each is gone to by its bit.
    float score[BOUND_BLOCK][PANEL_WIDTH];
    memcpy(score, scores, sizeof score);
    for (int c = 0; c < BOUND_BLOCK; c++)
      for (uint32_t bits = marked(within + c); bits != 0; bits &= bits - 1) {
        int l = __builtin_ctz(bits);
        size_t place = (size_t)l * count + (size_t)found[l]++;
        bounds[place] = score[c][l];
        indices[place] = (int32_t)first + c;
      }
  }
}

enum { RANKED_AT_ONCE = 256, GROUPS = 64 };

// The score that stands at `rank`, from 0, in ascending order: the largest with at most `rank` scores below it. It is
// found by counting, so that no branch is guessed.
INLINE float ranked_score(const float *scores, size_t count, size_t rank) {
  Lanes best = (Lanes){0} - INFINITY;
  for (size_t first = 0; first < count; first += PANEL_WIDTH) {
    size_t width = count - first < PANEL_WIDTH ? count - first : PANEL_WIDTH;
    Lanes own = (Lanes){0} + INFINITY;
    if (width == PANEL_WIDTH) own = *(const Lanes *)(scores + first);
    else memcpy(&own, scores + first, width * sizeof(float));
    Marks below = {0};
    for (size_t j = 0; j < count; j++) below -= scores[j] < own;
    Marks taken = (below <= (int32_t)rank) & (own > best);
    best = (Lanes)((taken & (Marks)own) | (~taken & (Marks)best));
  }
  float found = -INFINITY;
  for (int l = 0; l < PANEL_WIDTH; l++) found = best[l] > found ? best[l] : found;
  return found;
}

// Each group's least score does not exceed the bound in `rank` groups, so neither do as many scores.
INLINE float group_bound(const float *scores, size_t count, size_t rank) {
  float least[GROUPS];
  for (int g = 0; g < GROUPS; g++) least[g] = INFINITY;
  size_t whole = count - count % GROUPS;
  for (size_t j = 0; j < whole; j += GROUPS)
    for (int g = 0; g < GROUPS; g++) least[g] = scores[j + (size_t)g] < least[g] ? scores[j + (size_t)g] : least[g];
  for (size_t j = whole; j < count; j++) least[j - whole] = scores[j] < least[j - whole] ? scores[j] : least[j - whole];
  return ranked_score(least, GROUPS, rank - 1);
}

// Hoare's selection; the middle of three is the pivot.
static float selected(float *values, size_t count, size_t rank) {
  ptrdiff_t low = 0, high = (ptrdiff_t)count - 1, wanted = (ptrdiff_t)rank;
  while (low < high) {
    float a = values[low], b = values[low + (high - low) / 2], c = values[high];
    float pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
    ptrdiff_t i = low, j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      float swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else return values[wanted];
  }
  return values[wanted];
}

VARIANTS float kernel_keep_least(float *scores, int32_t *indices, size_t count, size_t rank, float *scratch) {
  if (rank <= GROUPS && count > 3 * GROUPS) {
    float bound = group_bound(scores, count, rank);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
      float score = scores[i];
      int32_t index = indices[i];
      scores[kept] = score;
      indices[kept] = index;
      kept += score <= bound ? 1 : 0;
    }
    count = kept;
  }
  float last;
  if (count <= RANKED_AT_ONCE) {
    last = ranked_score(scores, count, rank - 1);
  } else {
    memcpy(scratch, scores, count * sizeof(float));
    last = selected(scratch, count, rank - 1);
  }
  size_t equal = rank, kept = 0;
  for (size_t i = 0; i < count; i++) equal -= scores[i] < last ? 1 : 0;
  for (size_t i = 0; i < count; i++) {
    float score = scores[i];
    int32_t index = indices[i];
    size_t isEqual = score == last && equal > 0 ? 1 : 0;
    scores[kept] = score;
    indices[kept] = index;
    kept += (score < last ? 1 : 0) + isEqual;
    equal -= isEqual;
  }
  return last;
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
