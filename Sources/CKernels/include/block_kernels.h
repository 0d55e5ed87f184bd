// Products with a block of 8 or 16 vectors, stored with the vectors' coordinates side by side: block[i * width + v].
//
// A matrix is streamed once for the whole block, which BLAS does not do well for so few vectors.
#ifndef BLOCK_KERNELS_H
#define BLOCK_KERNELS_H

/// y ← y + sign·A·x for a `rows × inner` matrix A with element (r, i) at a[r * rowStride + i * innerStride];
/// one of the strides is 1.
void block_product_f32(long rows, long inner, const float *a, long rowStride, long innerStride, const float *x,
                       float *y, int width, float sign);
void block_product_f64(long rows, long inner, const double *a, long rowStride, long innerStride, const double *x,
                       double *y, int width, double sign);

/// gram ← yᵀ·y (`width × width`), summed in double precision.
void block_gram_f32(long n, const float *y, int width, double *gram);
void block_gram_f64(long n, const double *y, int width, double *gram);

/// y ← y·s for a `width × width` matrix s.
void block_transform_f32(long n, float *y, int width, const double *s);
void block_transform_f64(long n, double *y, int width, const double *s);

/// squares[v] ← ‖y_v − values[v]·x_v‖², summed in double precision.
void block_residuals_f32(long n, const float *y, const float *x, int width, const double *values, double *squares);
void block_residuals_f64(long n, const double *y, const double *x, int width, const double *values, double *squares);

/// Between a block and vectors in rows of length `n`.
void block_from_rows_f32(long n, const float *rows, int width, float *block);
void block_from_rows_f64(long n, const double *rows, int width, double *block);
void block_to_rows_f32(long n, const float *block, int width, float *rows);
void block_to_rows_f64(long n, const double *block, int width, double *rows);

#endif
