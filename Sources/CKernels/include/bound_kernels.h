// Kernels of searches that pass over most points by a lower bound of their score (see panel_kernels.h for panels).
#ifndef BOUND_KERNELS_H
#define BOUND_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Points are packed in blocks of so many: points[(block * depth + j) * BOUND_BLOCK + c].
enum { BOUND_BLOCK = 6 };

/// For each row of one panel the points whose bound `norms[c] − 2·(row · point c)` is not above the row's limit.
///
/// `count` is a multiple of `BOUND_BLOCK`. Row l has `found[l]` of them, in order: their bounds and indices start at
/// l · count of `bounds` and `indices`, which hold 16 · count each.
void panel_within(const float *panel, size_t depth, const float *points, size_t count, const float *norms,
                  const float *limits, float *bounds, int32_t *indices, int32_t *found);

/// Keeps of some scores, none of them NaN, and their indices the `rank` least, the first of equal ones, in their order;
/// returns the largest of those.
///
/// `rank` is from 1 to `count`; `scratch` holds as many as `count`.
float kernel_keep_least(float *scores, int32_t *indices, size_t count, size_t rank, float *scratch);

/// Σ of the lesser of a[i] and b[i], in double.
double kernel_sum_of_lesser(const float *a, const float *b, size_t count);

/// Where values[i] < least[i], takes it and writes `mark` to marks[i].
void kernel_keep_lesser(float *least, int32_t *marks, const float *values, int32_t mark, size_t count);

#endif
