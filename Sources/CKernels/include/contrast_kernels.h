// Kernels for the fixed point of independent component analysis: each replaces values by a contrast function's
// derivative and sums the derivative of that. Sums are in single precision, so counts should be some hundreds at most.
#ifndef CONTRAST_KERNELS_H
#define CONTRAST_KERNELS_H

#include <stddef.h>

/// y ← tanh y, relative error at most 3e-7; returns Σ 1 − tanh² y.
double kernel_contrast_logcosh(float *values, size_t count);

/// y ← y·exp(−y² ÷ 2), relative error at most 5e-7 + 1e-7·y²; returns Σ (1 − y²)·exp(−y² ÷ 2).
double kernel_contrast_exponential(float *values, size_t count);

/// y ← y³; returns Σ 3·y².
double kernel_contrast_cube(float *values, size_t count);

#endif
