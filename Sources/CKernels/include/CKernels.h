// The few loops that need AVX2 or AVX-512. One function, several variants: the processor picks one when the program
// starts, so the results of one machine never differ between runs. Variants agree within a few units in the last place.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "block_kernels.h"
#include "bound_kernels.h"
#include "code_kernels.h"
#include "contrast_kernels.h"
#include "linkage_kernels.h"
#include "margin_kernels.h"
#include "panel_kernels.h"
#include "sha256_lanes.h"
#include "softmax_kernels.h"
#include "symmetric_kernels.h"

#include <stddef.h>
#include <stdint.h>

/// Adds `count` floats to sums in double.
void kernel_accumulate(double *sums, const float *values, size_t count);

/// y ← y + a·x.
void kernel_axpy(float *y, float a, const float *x, size_t count);

/// y ← y + a·x, where y is in double.
void kernel_axpy_double(double *y, double a, const float *x, size_t count);

/// y ← x − m: a row minus the means of its columns, which are subtracted in double.
void kernel_subtract(float *y, const float *x, const double *means, size_t count);

/// y ← (x − m)·f, in double: values less the means of their columns, scaled.
void kernel_scale(float *y, const float *x, const double *means, const double *factors, size_t count);

/// y ← f·x − m, in double: a row brought to a length, less the means of the columns of such rows.
void kernel_scaled_less(float *y, const float *x, double factor, const double *means, size_t count);

/// sums ← sums + (x − s) and squares ← squares + (x − s)², in double.
void kernel_add_moments(double *sums, double *squares, const float *x, const double *shifts, size_t count);

/// y ← y + (x − m)², in double.
void kernel_add_squares(double *y, const float *x, const double *means, size_t count);

/// Σ x·y, in double.
double kernel_dot(const float *x, const float *y, size_t count);

/// Σ x², in double.
double kernel_squared_norm(const float *x, size_t count);

/// Σ (x − y)², in double.
double kernel_squared_distance(const float *x, const float *y, size_t count);

/// Σ x·y in single precision: at most count ÷ 32 + 8 roundings in each of the products' ways into the sum.
float kernel_quick_dot(const float *x, const float *y, size_t count);

/// Σ (x − y)² in single precision: as for the quick dot, and one more.
float kernel_quick_squared_distance(const float *x, const float *y, size_t count);

/// The least of `offsets[j] − 2·products[j]`, and the first j that has it; NaN is passed over.
float kernel_row_argmin(const float *products, const float *offsets, size_t count, int32_t *index);

/// row[j] ← max(0, rowNorm + norms[j] − 2·row[j]): squared distances from products.
void kernel_distances_from_products(float *row, float rowNorm, const float *norms, size_t count);

/// Writes the scores `offsets[j] − scales[j]·products[j]` that are not above `limit` with their j; returns how many.
size_t kernel_scores_within(const float *products, const float *offsets, const float *scales, size_t count,
                            float limit, float *scores, int32_t *indices);

/// A score that at least `rank` of the scores `offsets[j] − scales[j]·products[j]` do not exceed, and not many more;
/// infinite if `rank` is more than `KERNEL_SCORE_GROUPS`.
float kernel_score_bound(const float *products, const float *offsets, const float *scales, size_t count,
                         size_t rank);
enum { KERNEL_SCORE_GROUPS = 64 };

/// values[j] ← exp(scale·values[j]), relative error at most 3e-7; 0 below the least normal float.
void kernel_exp_scaled(float *values, float scale, size_t count);

/// row[j] ← scale·cos(2π·(row[j] + phases[j])), absolute error at most 3e-7·scale besides that of the sum itself.
void kernel_cosine_turns(float *row, const float *phases, float scale, size_t count);

/// Turns a row of log-odds into probabilities; returns the logarithm of the sum of their exponentials.
///
/// `count` is at least 1.
double kernel_softmax(float *row, size_t count);

#endif
