// Kernels on panels: sixteen rows side by side, panel[j * 16 + l] is coordinate j of row l. What is computed for a row
// then needs no sum or comparison across lanes, whatever the number of points it is compared with.
#ifndef PANEL_KERNELS_H
#define PANEL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum { PANEL_WIDTH = 16 };

/// Packs up to 16 rows of `columns` values, `stride` apart, into one panel; the lanes that are left over become 0.
void panel_pack(const float *rows, size_t stride, size_t count, size_t columns, float *panel);

/// For each row the least of `norms[c] − 2·(row · point c)` and the first c that has it.
///
/// `points` is count × depth, row-major; there is at least one.
void panel_nearest(const float *panels, size_t panelCount, size_t depth, const float *points, size_t count,
                   const float *norms, float *score, int32_t *index);

/// The products of rows and points: out[(p * count + c) * 16 + l].
void panel_products(const float *panels, size_t panelCount, size_t depth, const float *points, size_t count,
                    float *out);

/// The sums of absolute differences of rows and points, laid out as products are.
void panel_manhattan(const float *panels, size_t panelCount, size_t depth, const float *points, size_t count,
                     float *out);

/// Turns products into the least of `closest` and the squared distances to each point; adds their sums to `sums`.
///
/// A sum is one a point, in double.
void panel_least_distances(float *products, size_t panelCount, size_t count, const float *norms,
                           const float *rowNorms, const float *closest, double *sums);

/// Turns log-odds, laid out as products are, into probabilities minus 1 at each row's class; returns the sum of the
/// rows' losses, −log of the probability of their class. Rows of class −1 become zeros and lose nothing.
double panel_softmax_residuals(float *logits, size_t panelCount, size_t count, const float *intercepts,
                               const int32_t *classes);

/// The class of the largest log-odds of each row, the first of equal ones.
void panel_largest(const float *logits, size_t panelCount, size_t count, const float *intercepts, int32_t *index);

/// total[c * 16 + l] += Σ over rows of residual c · column l of 16 columns, whose rows are `stride` apart.
///
/// Rows are summed in single precision.
void panel_residual_products(const float *residuals, size_t panelCount, size_t count, const float *columns,
                             size_t stride, double *total);

#endif
