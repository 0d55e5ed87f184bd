#include "block_kernels.h"

#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#define CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CLONES
#endif

// Elements of x that stay in the second-level cache while all rows pass by.
#define TILE 2048

// R rows at a time; AT(r, i) is A's element in row `row + r` and inner position i.
#define STRIP(T, V, W, R, AT) \
  { \
    V sum[R][W / 8]; \
    for (int r = 0; r < R; r++) \
      for (int v = 0; v < W / 8; v++) sum[r][v] = (V){0}; \
    const T *p[R]; \
    for (int r = 0; r < R; r++) p[r] = a + (row + r) * rowStride; \
    for (long i = start; i < end; i++) { \
      V value[W / 8]; \
      memcpy(value, x + i * W, sizeof value); \
      for (int r = 0; r < R; r++) { \
        T factor = AT(r, i); \
        for (int v = 0; v < W / 8; v++) sum[r][v] += factor * value[v]; \
      } \
    } \
    for (int r = 0; r < R; r++) \
      for (int v = 0; v < W / 8; v++) { \
        V old; \
        memcpy(&old, y + (row + r) * W + 8 * v, sizeof old); \
        old += sign * sum[r][v]; \
        memcpy(y + (row + r) * W + 8 * v, &old, sizeof old); \
      } \
    row += R; \
  }

#define ALONG_ROWS(r, i) p[r][i]
#define ALONG_COLUMNS(r, i) p[0][r + (i) * innerStride]

#define PRODUCT(NAME, T, V, W, R, AT) \
  CLONES static void NAME( \
    long rows, long inner, const T *a, long rowStride, long innerStride, const T *x, T *y, T sign) { \
    (void)innerStride; \
    for (long start = 0; start < inner; start += TILE) { \
      long end = start + TILE < inner ? start + TILE : inner; \
      long row = 0; \
      while (row + R <= rows) STRIP(T, V, W, R, AT) \
      while (row < rows) STRIP(T, V, W, 1, AT) \
    } \
  }

// R and Q rows at a time for 8 and 16 vectors: as many as the registers hold.
#define KERNELS(S, T, R, Q) \
  typedef T vector_##S __attribute__((vector_size(8 * sizeof(T)))); \
  PRODUCT(rows8_##S, T, vector_##S, 8, R, ALONG_ROWS) \
  PRODUCT(rows16_##S, T, vector_##S, 16, Q, ALONG_ROWS) \
  PRODUCT(columns8_##S, T, vector_##S, 8, R, ALONG_COLUMNS) \
  PRODUCT(columns16_##S, T, vector_##S, 16, R / 2, ALONG_COLUMNS) \
  void block_product_##S(long rows, long inner, const T *a, long rowStride, long innerStride, const T *x, T *y, \
                         int width, T sign) { \
    if (innerStride == 1) \
      (width == 8 ? rows8_##S : rows16_##S)(rows, inner, a, rowStride, innerStride, x, y, sign); \
    else (width == 8 ? columns8_##S : columns16_##S)(rows, inner, a, rowStride, innerStride, x, y, sign); \
  } \
  CLONES void block_gram_##S(long n, const T *y, int width, double *gram) { \
    memset(gram, 0, sizeof(double) * (size_t)(width * width)); \
    for (int p = 0; p < width; p += 8) \
      for (int q = 0; q < width; q += 8) { \
        double sum[8][8] = {{0}}; \
        for (long i = 0; i < n; i++) \
          for (int v = 0; v < 8; v++) \
            for (int u = 0; u < 8; u++) sum[v][u] += (double)y[i * width + p + v] * (double)y[i * width + q + u]; \
        for (int v = 0; v < 8; v++) memcpy(gram + (p + v) * width + q, sum[v], sizeof sum[v]); \
      } \
  } \
  CLONES void block_transform_##S(long n, T *y, int width, const double *s) { \
    for (long i = 0; i < n; i++) { \
      double sum[16] = {0}; \
      for (int v = 0; v < width; v++) \
        for (int u = 0; u < width; u++) sum[u] += (double)y[i * width + v] * s[v * width + u]; \
      for (int u = 0; u < width; u++) y[i * width + u] = (T)sum[u]; \
    } \
  } \
  CLONES void block_residuals_##S(long n, const T *y, const T *x, int width, const double *values, \
                                  double *squares) { \
    memset(squares, 0, sizeof(double) * (size_t)width); \
    for (long i = 0; i < n; i++) \
      for (int v = 0; v < width; v++) { \
        double gap = (double)y[i * width + v] - values[v] * (double)x[i * width + v]; \
        squares[v] += gap * gap; \
      } \
  } \
  void block_from_rows_##S(long n, const T *rows, int width, T *block) { \
    for (long i = 0; i < n; i++) \
      for (int v = 0; v < width; v++) block[i * width + v] = rows[v * n + i]; \
  } \
  void block_to_rows_##S(long n, const T *block, int width, T *rows) { \
    for (int v = 0; v < width; v++) \
      for (long i = 0; i < n; i++) rows[v * n + i] = block[i * width + v]; \
  }

KERNELS(f32, float, 8, 6)
KERNELS(f64, double, 4, 2)
