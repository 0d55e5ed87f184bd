// Kernels of searches that bound products of rows by products of codes: whole numbers of seven bits.
//
// A row x is taken as scale · code + e; the products of codes are exact, and by the inequality of Cauchy and Schwarz
// x·y ≤ scales · codes' product + ‖x̂‖ ‖e of y‖ + ‖e of x‖ ‖y‖. The codes of references have 64 added to them.
#ifndef CODE_KERNELS_H
#define CODE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum {
  /// References side by side in a panel: panel[step * 64 + l * 4 + b] is the code 4 · step + b of reference l.
  CODE_PANEL = 16,
  /// Queries side by side in a block: block[step * 48 + c * 4 + b] is the code 4 · step + b of query c.
  CODE_BLOCK = 12,
  /// The largest magnitude of a code, and what is added to those of references.
  CODE_MOST = 63,
  CODE_SHIFT = 64,
  /// The floats of a panel's terms: 16 offsets, 16 scales, 16 errors, 16 norms, 16 rests.
  CODE_PANEL_TERMS = 80,
  /// Columns of whole rows of codes are a multiple of this.
  CODE_WIDTH = 64,
};

/// What a row's codes are off by.
typedef struct {
  /// Of a query: what a bound must not be above. Of a reference: what it adds to its bounds.
  float offset;
  float scale;
  /// Not below the length of what the codes leave of the row.
  float error;
  /// Of a query: not below the length of its codes, scaled. Of a reference: not below the length of the row.
  float norm;
  /// Not below the length of what the coded columns leave of the row.
  float rest;
  /// Of a query: −64 · the sum of its codes.
  int32_t start;
} CodeTerms;

/// Chooses how products are taken: 1 in the plain way, 2 by AVX2, 3 by AVX-512's VNNI; the best that the processor has
/// for any other number, and at first. Returns the choice. The products are the same.
int code_choose(int wanted);

/// Writes the codes of a row, zeros up to `width`; sets `scale`, `error`, `norm` (of the codes, scaled) and `start`.
void code_row(const float *row, size_t count, size_t width, int8_t *codes, CodeTerms *terms);

/// For each query and panel sixteen bits: whether the reference's bound is not above the query's offset.
///
/// The bound is offset − factor · (product + norm · error + error · norm + rest · rest), each time the query's by the
/// reference's. `steps` is even. `marks` holds `panelCount` numbers a query; queries fill whole blocks.
void code_panels_within(const uint8_t *panels, const float *terms, size_t panelCount, size_t steps,
                        const int8_t *blocks, const CodeTerms *queries, size_t blockCount, float factor,
                        uint16_t *marks);

/// The places of the bits that are set, in order; returns how many.
size_t code_marked(const uint16_t *marks, size_t panelCount, int32_t *places);

/// Those of some places whose bound, by whole rows without a rest, is not above `limit`, with the bounds; returns how
/// many. `width` is a multiple of `CODE_WIDTH`; `bounds` and `found` have room for three more than `count`.
size_t code_rows_within(const uint8_t *rows, const CodeTerms *terms, size_t width, const int8_t *query,
                        const CodeTerms *queryTerms, float factor, const int32_t *places, size_t count,
                        float limit, float *bounds, int32_t *found);

#endif
