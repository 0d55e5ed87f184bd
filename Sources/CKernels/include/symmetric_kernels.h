// Kernels on tiles of a large symmetric matrix, whose rows are `order` floats apart.
#ifndef SYMMETRIC_KERNELS_H
#define SYMMETRIC_KERNELS_H

#include <stddef.h>

/// Copies the tile of `rows × columns` elements at `tile` to its mirror image at `image`, both inside the matrix.
///
/// With `diagonal` the tile lies on the diagonal and only what is below it is copied; `image` is `tile` then.
void symmetric_mirror(const float *tile, float *image, size_t order, size_t rows, size_t columns, int diagonal);

/// Writes the sums of a tile's rows, and of its columns unless `columnSums` is null, in double.
void symmetric_sums(const float *tile, size_t order, size_t rows, size_t columns, double *rowSums,
                    double *columnSums);

/// Replaces each value x by (scale·x + constant) to the power `degree`, which is at least 1, by multiplication.
void kernel_power(float *values, float scale, float constant, int degree, size_t count);

#endif
