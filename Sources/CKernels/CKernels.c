#include "CKernels.h"

#include <math.h>

#include "kernel_variants.h"

// How many partial results run side by side; they are folded in a fixed order.
enum { LANES = 16 };

VARIANTS void kernel_accumulate(double *restrict sums, const float *restrict values, size_t count) {
  for (size_t i = 0; i < count; i++) sums[i] += (double)values[i];
}

VARIANTS void kernel_axpy(float *restrict y, float a, const float *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] += a * x[i];
}

VARIANTS void kernel_axpy_double(double *restrict y, double a, const float *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] += a * (double)x[i];
}

VARIANTS void kernel_subtract(float *restrict y, const float *restrict x, const double *restrict means,
                              size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = (float)((double)x[i] - means[i]);
}

VARIANTS void kernel_scale(float *restrict y, const float *restrict x, const double *restrict means,
                           const double *restrict factors, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = (float)(((double)x[i] - means[i]) * factors[i]);
}

VARIANTS void kernel_scaled_less(float *restrict y, const float *restrict x, double factor,
                                 const double *restrict means, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = (float)(factor * (double)x[i] - means[i]);
}

VARIANTS void kernel_add_moments(double *restrict sums, double *restrict squares, const float *restrict x,
                                 const double *restrict shifts, size_t count) {
  for (size_t i = 0; i < count; i++) {
    double difference = (double)x[i] - shifts[i];
    sums[i] += difference;
    squares[i] += difference * difference;
  }
}

VARIANTS void kernel_add_squares(double *restrict y, const float *restrict x, const double *restrict means,
                                 size_t count) {
  for (size_t i = 0; i < count; i++) {
    double difference = (double)x[i] - means[i];
    y[i] += difference * difference;
  }
}

INLINE double fold(double *lanes) {
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int l = 0; l < half; l++) lanes[l] += lanes[l + half];
  return lanes[0];
}

VARIANTS double kernel_dot(const float *x, const float *y, size_t count) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int l = 0; l < LANES; l++) lanes[l] += (double)x[i + l] * (double)y[i + l];
  for (int l = 0; i + l < count; l++) lanes[l] += (double)x[i + l] * (double)y[i + l];
  return fold(lanes);
}

VARIANTS double kernel_squared_norm(const float *x, size_t count) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int l = 0; l < LANES; l++) lanes[l] += (double)x[i + l] * (double)x[i + l];
  for (int l = 0; i + l < count; l++) lanes[l] += (double)x[i + l] * (double)x[i + l];
  return fold(lanes);
}

VARIANTS double kernel_squared_distance(const float *x, const float *y, size_t count) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int l = 0; l < LANES; l++) {
      double difference = (double)x[i + l] - (double)y[i + l];
      lanes[l] += difference * difference;
    }
  for (int l = 0; i + l < count; l++) {
    double difference = (double)x[i + l] - (double)y[i + l];
    lanes[l] += difference * difference;
  }
  return fold(lanes);
}

// Sums in single precision that run side by side: enough to keep two units busy.
enum { QUICK_LANES = 32 };

INLINE float fold_quick(float *lanes) {
  for (int half = QUICK_LANES / 2; half > 0; half /= 2)
    for (int l = 0; l < half; l++) lanes[l] += lanes[l + half];
  return lanes[0];
}

VARIANTS float kernel_quick_dot(const float *x, const float *y, size_t count) {
  float lanes[QUICK_LANES] = {0};
  size_t i = 0;
  for (; i + QUICK_LANES <= count; i += QUICK_LANES)
    for (int l = 0; l < QUICK_LANES; l++) lanes[l] += x[i + l] * y[i + l];
  for (int l = 0; i + l < count; l++) lanes[l] += x[i + l] * y[i + l];
  return fold_quick(lanes);
}

VARIANTS float kernel_quick_squared_distance(const float *x, const float *y, size_t count) {
  float lanes[QUICK_LANES] = {0};
  size_t i = 0;
  for (; i + QUICK_LANES <= count; i += QUICK_LANES)
    for (int l = 0; l < QUICK_LANES; l++) {
      float difference = x[i + l] - y[i + l];
      lanes[l] += difference * difference;
    }
  for (int l = 0; i + l < count; l++) {
    float difference = x[i + l] - y[i + l];
    lanes[l] += difference * difference;
  }
  return fold_quick(lanes);
}

VARIANTS float kernel_row_argmin(const float *products, const float *offsets, size_t count, int32_t *index) {
  float best[LANES];
  int32_t where[LANES];
  for (int l = 0; l < LANES; l++) {
    best[l] = INFINITY;
    where[l] = 0;
  }
  size_t j = 0;
  for (; j + LANES <= count; j += LANES)
    for (int l = 0; l < LANES; l++) {
      float score = offsets[j + l] - 2 * products[j + l];
      where[l] = score < best[l] ? (int32_t)j + l : where[l];
      best[l] = score < best[l] ? score : best[l];
    }
  for (int l = 0; j + l < count; l++) {
    float score = offsets[j + l] - 2 * products[j + l];
    where[l] = score < best[l] ? (int32_t)j + l : where[l];
    best[l] = score < best[l] ? score : best[l];
  }
  int first = 0;
  for (int l = 1; l < LANES; l++)
    if (best[l] < best[first] || (best[l] == best[first] && where[l] < where[first])) first = l;
  *index = where[first];
  return best[first];
}

VARIANTS void kernel_distances_from_products(float *restrict row, float rowNorm, const float *restrict norms,
                                             size_t count) {
  for (size_t j = 0; j < count; j++) {
    float distance = rowNorm + norms[j] - 2 * row[j];
    row[j] = distance < 0 ? 0 : distance;
  }
}

// The value that stands at `rank` (from 0) in ascending order: the largest with at most `rank` values below it. It is
// found by counting, so that no branch is guessed.
INLINE float ranked_value(const float *values, int count, int rank) {
  int32_t below[KERNEL_SCORE_GROUPS];
  for (int i = 0; i < count; i++) below[i] = 0;
  for (int j = 0; j < count; j++) {
    float value = values[j];
    for (int i = 0; i < count; i++) below[i] += value < values[i] ? 1 : 0;
  }
  float found = -INFINITY;
  for (int i = 0; i < count; i++) {
    float candidate = below[i] <= rank ? values[i] : -INFINITY;
    found = candidate > found ? candidate : found;
  }
  return found;
}

// Each group's least score does not exceed the bound in `rank` groups, so neither do as many scores.
INLINE float score_bound(const float *products, const float *offsets, const float *scales, size_t count, int rank,
                         int groups) {
  float least[KERNEL_SCORE_GROUPS];
  for (int g = 0; g < groups; g++) least[g] = INFINITY;
  size_t whole = count - count % (size_t)groups;
  for (size_t j = 0; j < whole; j += (size_t)groups)
    for (int g = 0; g < groups; g++) {
      float score = offsets[j + g] - scales[j + g] * products[j + g];
      least[g] = score < least[g] ? score : least[g];
    }
  for (size_t j = whole; j < count; j++) {
    float score = offsets[j] - scales[j] * products[j];
    least[j - whole] = score < least[j - whole] ? score : least[j - whole];
  }
  return ranked_value(least, groups, rank - 1);
}

VARIANTS float kernel_score_bound(const float *products, const float *offsets, const float *scales, size_t count,
                                  size_t rank) {
  if (rank == 0 || rank > KERNEL_SCORE_GROUPS) return INFINITY;
  // Fewer groups are counted faster; with more, fewer scores beyond the wanted ones keep to the bound.
  return rank <= 20 ? score_bound(products, offsets, scales, count, (int)rank, 32)
                    : score_bound(products, offsets, scales, count, (int)rank, KERNEL_SCORE_GROUPS);
}

VARIANTS size_t kernel_scores_within(const float *products, const float *offsets, const float *scales,
                                     size_t count, float limit, float *scores, int32_t *indices) {
  size_t found = 0;
  for (size_t j = 0; j < count; j += LANES) {
    float block[LANES];
    size_t width = count - j < LANES ? count - j : LANES;
    int any = 0;
    if (width == LANES)
      for (int l = 0; l < LANES; l++) {
        block[l] = offsets[j + l] - scales[j + l] * products[j + l];
        any |= block[l] <= limit;
      }
    else
      for (size_t l = 0; l < width; l++) {
        block[l] = offsets[j + l] - scales[j + l] * products[j + l];
        any |= block[l] <= limit;
      }
    if (!any) continue;
    for (size_t l = 0; l < width; l++)
      if (block[l] <= limit) {
        scores[found] = block[l];
        indices[found] = (int32_t)(j + l);
        found++;
      }
  }
  return found;
}

VARIANTS void kernel_exp_scaled(float *values, float scale, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] = exponential(scale * values[i]);
}

// cos(2πt) = sin(2πu) with u = ¼ − |t − nearest whole number|, at most ¼ in magnitude. All up to u is exact, however
// large t is; the sine is Taylor's up to the eleventh power, wrong by 6e-8 at most.
VARIANTS void kernel_cosine_turns(float *row, const float *phases, float scale, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float turns = row[i] + phases[i];
    float angle = (0.25f - fabsf(turns - rintf(turns))) * 6.2831853f;
    float square = angle * angle;
    float p = -2.5052108e-8f;
    p = p * square + 2.7557319e-6f;
    p = p * square - 1.9841270e-4f;
    p = p * square + 8.3333333e-3f;
    p = p * square - 1.6666667e-1f;
    row[i] = scale * (angle + angle * square * p);
  }
}

VARIANTS double kernel_softmax(float *row, size_t count) {
  float lanes[LANES];
  for (int l = 0; l < LANES; l++) lanes[l] = row[0];
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int l = 0; l < LANES; l++) lanes[l] = row[i + l] > lanes[l] ? row[i + l] : lanes[l];
  for (int l = 0; i + l < count; l++) lanes[l] = row[i + l] > lanes[l] ? row[i + l] : lanes[l];
  float highest = lanes[0];
  for (int l = 1; l < LANES; l++) highest = lanes[l] > highest ? lanes[l] : highest;

  double sums[LANES] = {0};
  for (i = 0; i + LANES <= count; i += LANES)
    for (int l = 0; l < LANES; l++) {
      row[i + l] = exponential(row[i + l] - highest);
      sums[l] += (double)row[i + l];
    }
  for (int l = 0; i + l < count; l++) {
    row[i + l] = exponential(row[i + l] - highest);
    sums[l] += (double)row[i + l];
  }
  double sum = fold(sums);
  float inverse = (float)(1 / sum);
  for (i = 0; i < count; i++) row[i] *= inverse;
  return (double)highest + log(sum);
}
