// Kernels for the Hessian of a soft-max regression. Most rows are told apart from most classes: of the probabilities
// only those count that are not negligible, and they are listed row after row.
#ifndef SOFTMAX_KERNELS_H
#define SOFTMAX_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Counts the probabilities of each row that are above `least`; rows whose own class has all but `least` have none.
///
/// Residuals, probabilities minus 1 at a row's class, are laid out as products of panels are. Adds p·(1 − p) of what is
/// not counted to `rest`, one sum a class. Rows of class −1 are padding.
void softmax_count(const float *residuals, size_t panels, size_t count, const int32_t *classes, float least,
                   int32_t *counts, double *rest);

/// Lists what `softmax_count` counts, with the class of each: that of row r from `starts[r]`.
void softmax_entries(const float *residuals, size_t panels, size_t count, const int32_t *classes, float least,
                     const size_t *starts, int32_t *entryClasses, float *entries);

/// What the kernels below read: rows of `width` numbers, a multiple of 16; entries from `starts[r]` to `starts[r + 1]`
/// for row r.
typedef struct {
  const float *base;
  size_t width;
  const size_t *starts;
  const int32_t *classes;
  const float *entries;
} softmax_rows;

/// sums[c] += Σ over rows of p·(z − Σ p·z) · row with z = point · row, over the listed entries of each row.
///
/// Points and sums are classes × `width`; `products` holds a number for each class.
void softmax_curvature(softmax_rows rows, size_t first, size_t count, const float *points, float *products,
                       float *sums);

/// sums[c] += Σ over rows of p·(1 − p) · row², over the listed entries.
void softmax_diagonal(softmax_rows rows, size_t first, size_t count, float *sums);

#endif
