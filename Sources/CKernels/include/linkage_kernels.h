// Kernels of agglomerative clustering and of distances to clusters, in double precision.
//
// The kernels of linkages round after every operation, as the published algorithms do when they are compiled without
// fused operations: so exact ties stay ties, on every processor.
#ifndef LINKAGE_KERNELS_H
#define LINKAGE_KERNELS_H

#include <stddef.h>

/// Euclidean distances of points to the sixteen rows of a panel (see panel_kernels.h): out[c * 16 + l].
///
/// `points` is count × depth, row-major. The squares are summed from the first column to the last.
void linkage_distances(const float *panel, size_t depth, const double *points, size_t count, double *out);

/// The first index of the least value, where that is below `*least`, which becomes it; else `count`.
size_t linkage_least(const double *values, size_t count, double *least);

/// How the distance from a third cluster to the union of two is made of those to the two.
enum { LINKAGE_WARD = 0, LINKAGE_AVERAGE = 1, LINKAGE_COMPLETE = 2 };

/// second[i] ← the distance to the union of clusters of sizes `a` and `b` at `distance` from each other, whose distances
/// are first[i] and second[i]; `sizes` are those of the clusters i. Infinite distances stay infinite.
void linkage_unite(int rule, const double *first, double *second, const double *sizes, size_t count, double a,
                   double b, double distance);

/// Adds the distances of a row to `count` others to `sums`, one each, and returns their sum.
///
/// `products` are those of the row with the others; `norm` and `norms` are squared norms.
double linkage_add_distances(const double *products, double norm, const double *norms, double *sums,
                             size_t count);

#endif
