// Kernels of one-vs-rest problems with hinges, on panels of sixteen rows (see panel_kernels.h).
//
// Products, directions and residuals hold the listed problems side by side: at[(p * listed + i) * 16 + l]. Pressures and
// multipliers hold all problems: at[(p * count + slot) * 16 + l]. A row's sign is +1 in the problem of its own class, −1
// in every other, and 0 for a row of padding, whose class is negative.
#ifndef MARGIN_KERNELS_H
#define MARGIN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Which problems are worked on.
typedef struct {
  /// The number of all problems, and of the listed ones.
  size_t count, listed;
  /// The problems listed, and the class that each of all problems tells from the rest.
  const int32_t *slots, *classes;
} margin_list;

/// Pressures m + s · (1 − sign · score) of multipliers m; turns products into sign · residual, with the residual the
/// pressure cut to 0…cap.
///
/// Adds, for each listed problem, four sums: residual · (pressure − residual ÷ 2), the residuals, what margins lack, the
/// number of pressures strictly between 0 and cap. `multipliers` may be null.
void margin_residuals(float *products, size_t panels, margin_list list, const float *intercepts,
                      const int32_t *classOf, const float *multipliers, const float *stiffness, float cap,
                      float *pressures, double *sums);

/// Adds intercepts to products and makes 0 of those whose pressure is not strictly between 0 and cap.
void margin_masked(float *products, size_t panels, margin_list list, const float *intercepts,
                   const float *pressures, float cap);

/// Adds intercepts to products.
void margin_shift(float *products, size_t panels, size_t listed, const float *intercepts);

/// Adds, for each listed problem, Σ residual · sign · direction where pressures have moved by −step · sign · direction,
/// and Σ direction² of those strictly between 0 and cap.
void margin_slopes(const float *directions, size_t panels, margin_list list, const int32_t *classOf,
                   const float *pressures, const float *steps, float cap, double *sums);

/// Makes multipliers of the listed problems' pressures, cut to 0…cap.
void margin_multipliers(const float *pressures, size_t panels, margin_list list, float cap, float *multipliers);

#endif
