#include "symmetric_kernels.h"

#include "kernel_variants.h"

#define SIDE 16

static void mirror_square(const float *tile, float *image, size_t order, size_t rows, size_t columns) {
  // By way of a small square, so that both matrices are touched in whole lines.
  float square[SIDE][SIDE];
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) square[j][i] = tile[i * order + j];
  for (size_t j = 0; j < columns; j++) memcpy(image + j * order, square[j], rows * sizeof(float));
}

void symmetric_mirror(const float *tile, float *image, size_t order, size_t rows, size_t columns, int diagonal) {
  for (size_t top = 0; top < rows; top += SIDE) {
    size_t height = rows - top < SIDE ? rows - top : SIDE;
    size_t end = diagonal && top < columns ? top : columns;
    for (size_t left = 0; left < end; left += SIDE) {
      size_t width = end - left < SIDE ? end - left : SIDE;
      mirror_square(tile + top * order + left, image + left * order + top, order, height, width);
    }
    if (!diagonal) continue;
    for (size_t i = 0; i < height; i++)
      for (size_t j = 0; j < i; j++)
        image[(top + j) * order + top + i] = tile[(top + i) * order + top + j];
  }
}

VARIANTS void symmetric_sums(const float *tile, size_t order, size_t rows, size_t columns, double *rowSums,
                             double *columnSums) {
  size_t whole = columns & ~(size_t)15;
  if (columnSums) memset(columnSums, 0, columns * sizeof(double));
  for (size_t i = 0; i < rows; i++) {
    const float *row = tile + i * order;
    double lanes[16] = {0}, sum = 0;
    for (size_t j = 0; j < whole; j += 16)
      for (int l = 0; l < 16; l++) lanes[l] += (double)row[j + l];
    if (columnSums)
      for (size_t j = 0; j < columns; j++) columnSums[j] += (double)row[j];
    for (int l = 0; l < 16; l++) sum += lanes[l];
    for (size_t j = whole; j < columns; j++) sum += (double)row[j];
    rowSums[i] = sum;
  }
}

VARIANTS void kernel_power(float *values, float scale, float constant, int degree, size_t count) {
  enum { BLOCK = 64 };
  for (size_t start = 0; start < count; start += BLOCK) {
    size_t length = count - start < BLOCK ? count - start : BLOCK;
    float *out = values + start, factor[BLOCK], result[BLOCK];
    for (size_t i = 0; i < length; i++) {
      factor[i] = scale * out[i] + constant;
      result[i] = 1;
    }
    for (int rest = degree; rest > 0; rest >>= 1) {
      if (rest & 1)
        for (size_t i = 0; i < length; i++) result[i] *= factor[i];
      if (rest > 1)
        for (size_t i = 0; i < length; i++) factor[i] *= factor[i];
    }
    memcpy(out, result, length * sizeof(float));
  }
}
