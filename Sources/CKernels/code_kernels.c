#include "code_kernels.h"

#include <math.h>
#include <string.h>

#include "kernel_variants.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define FOR_AVX2 __attribute__((target("arch=x86-64-v3")))
#define FOR_VNNI __attribute__((target("arch=x86-64-v4,avx512vnni")))
#endif

typedef float Lanes __attribute__((vector_size(4 * CODE_PANEL), aligned(4)));
typedef int32_t Counts __attribute__((vector_size(4 * CODE_PANEL), aligned(4)));
typedef int16_t Shorts __attribute__((vector_size(4 * CODE_PANEL), aligned(4)));
typedef _Bool Bits __attribute__((ext_vector_type(CODE_PANEL)));

VARIANTS void code_row(const float *row, size_t count, size_t width, int8_t *codes, CodeTerms *terms) {
  float largest[CODE_PANEL] = {0};
  size_t i = 0;
  for (; i + CODE_PANEL <= count; i += CODE_PANEL)
    for (int l = 0; l < CODE_PANEL; l++) {
      float size = fabsf(row[i + l]);
      largest[l] = size > largest[l] ? size : largest[l];
    }
  for (; i < count; i++) largest[0] = fabsf(row[i]) > largest[0] ? fabsf(row[i]) : largest[0];
  float most = 0;
  for (int l = 0; l < CODE_PANEL; l++) most = largest[l] > most ? largest[l] : most;
  // Smaller rows are nothing but an error.
  float scale = most > 0x1p-100f ? most / CODE_MOST : 0, inverse = most > 0x1p-100f ? CODE_MOST / most : 0;
  double errors[CODE_PANEL] = {0};
  int32_t sums[CODE_PANEL] = {0}, squares[CODE_PANEL] = {0};
  for (i = 0; i + CODE_PANEL <= count; i += CODE_PANEL)
    for (int l = 0; l < CODE_PANEL; l++) {
      int32_t code = (int32_t)rintf(row[i + l] * inverse);
      double error = (double)row[i + l] - (double)scale * code;
      errors[l] += error * error;
      sums[l] += code;
      squares[l] += code * code;
      codes[i + l] = (int8_t)code;
    }
  for (int l = 0; i + l < count; l++) {
    int32_t code = (int32_t)rintf(row[i + l] * inverse);
    double error = (double)row[i + l] - (double)scale * code;
    errors[l] += error * error;
    sums[l] += code;
    squares[l] += code * code;
    codes[i + l] = (int8_t)code;
  }
  memset(codes + count, 0, width - count);
  double error = 0, square = 0;
  int64_t sum = 0;
  for (int l = 0; l < CODE_PANEL; l++) {
    error += errors[l];
    square += squares[l];
    sum += sums[l];
  }
  // More than what the sums in double and the roots round by.
  terms->scale = scale;
  terms->error = (float)(sqrt(error) * (1 + 0x1p-22)) + 0x1p-126f;
  terms->norm = (float)(sqrt(square) * (double)scale * (1 + 0x1p-22)) + 0x1p-126f;
  terms->start = (int32_t)(-CODE_SHIFT * sum);
}

// Two numbers in the two halves of each lane.
#define PAIR(low, high) ((Shorts)((Counts){0} + (int32_t)((uint32_t)(uint16_t)(low) | (uint32_t)(high) << 16)))

INLINE uint16_t marked(const Counts *product, const float *terms, const CodeTerms *query, float factor) {
  const Lanes *own = (const Lanes *)terms;
  Lanes slack = own[2] * query->norm + own[3] * query->error + own[4] * query->rest;
  Lanes bound = own[0] - factor * (own[1] * query->scale * __builtin_convertvector(*product, Lanes) + slack);
  Bits within = __builtin_convertvector(bound <= query->offset, Bits);
  uint16_t bits;
  memcpy(&bits, &within, sizeof bits);
  return bits;
}

// The products of sixteen references with the queries of a block, in the plain way. Sixteen bits hold the sum of four
// products, 4 · 127 · 63: bytes 0 and 1 of two steps in the lower halves of numbers, 2 and 3 in the upper ones.
INLINE void block_plain(const uint8_t *panel, size_t steps, const int8_t *block, Counts *sums) {
  for (size_t j = 0; j < steps; j += 2) {
    Shorts x = *(const Shorts *)(panel + j * 64), y = *(const Shorts *)(panel + j * 64 + 64);
    Shorts even = x & 255, odd = x >> 8, nextEven = y & 255, nextOdd = y >> 8;
    for (int c = 0; c < CODE_BLOCK; c++) {
      const int8_t *p = block + j * 48 + c * 4, *q = p + 48;
      Shorts sum = even * PAIR(p[0], p[2]) + odd * PAIR(p[1], p[3]);
      sum += nextEven * PAIR(q[0], q[2]) + nextOdd * PAIR(q[1], q[3]);
      sums[c] += ((Counts)sum << 16 >> 16) + ((Counts)sum >> 16);
    }
  }
}

// The products of four rows with one query.
INLINE void rows_plain(const uint8_t *const *rows, size_t width, const int8_t *query, int32_t *sums) {
  for (int r = 0; r < 4; r++)
    for (size_t j = 0; j < width; j++) sums[r] += rows[r][j] * query[j];
}

#if defined(__x86_64__)
INLINE int32_t four(const int8_t *codes) {
  int32_t bytes;
  memcpy(&bytes, codes, sizeof bytes);
  return bytes;
}

// Four queries at a time. 2 · 2 · 127 · 63 is below 2¹⁵: two steps are added in sixteen bits.
FOR_AVX2 INLINE void block_avx2(const uint8_t *panel, size_t steps, const int8_t *block, Counts *sums) {
  const __m256i ones = _mm256_set1_epi16(1);
  for (int first = 0; first < CODE_BLOCK; first += 4) {
    __m256i kept[4][2];
    for (int c = 0; c < 4; c++)
      for (int h = 0; h < 2; h++) kept[c][h] = _mm256_loadu_si256((__m256i *)(sums + first + c) + h);
    for (size_t j = 0; j < steps; j += 2) {
      const __m256i *x = (const __m256i *)(panel + j * 64);
      __m256i a0 = _mm256_loadu_si256(x), a1 = _mm256_loadu_si256(x + 1);
      __m256i b0 = _mm256_loadu_si256(x + 2), b1 = _mm256_loadu_si256(x + 3);
#pragma clang loop unroll(full)
      for (int c = 0; c < 4; c++) {
        __m256i p = _mm256_set1_epi32(four(block + j * 48 + (first + c) * 4));
        __m256i q = _mm256_set1_epi32(four(block + j * 48 + 48 + (first + c) * 4));
        __m256i low = _mm256_add_epi16(_mm256_maddubs_epi16(a0, p), _mm256_maddubs_epi16(b0, q));
        __m256i high = _mm256_add_epi16(_mm256_maddubs_epi16(a1, p), _mm256_maddubs_epi16(b1, q));
        kept[c][0] = _mm256_add_epi32(kept[c][0], _mm256_madd_epi16(low, ones));
        kept[c][1] = _mm256_add_epi32(kept[c][1], _mm256_madd_epi16(high, ones));
      }
    }
    for (int c = 0; c < 4; c++)
      for (int h = 0; h < 2; h++) _mm256_storeu_si256((__m256i *)(sums + first + c) + h, kept[c][h]);
  }
}

FOR_VNNI INLINE void block_vnni(const uint8_t *panel, size_t steps, const int8_t *block, Counts *sums) {
  __m512i kept[CODE_BLOCK];
#pragma clang loop unroll(full)
  for (int c = 0; c < CODE_BLOCK; c++) kept[c] = _mm512_loadu_si512(sums + c);
  for (size_t j = 0; j < steps; j++) {
    __m512i x = _mm512_loadu_si512(panel + j * 64);
#pragma clang loop unroll(full)
    for (int c = 0; c < CODE_BLOCK; c++)
      kept[c] = _mm512_dpbusd_epi32(kept[c], x, _mm512_set1_epi32(four(block + j * 48 + c * 4)));
  }
#pragma clang loop unroll(full)
  for (int c = 0; c < CODE_BLOCK; c++) _mm512_storeu_si512(sums + c, kept[c]);
}

FOR_AVX2 INLINE void fold_four(__m256i a, __m256i b, __m256i c, __m256i d, int32_t *sums) {
  __m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  __m128i folded = _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
  _mm_storeu_si128((__m128i *)sums, _mm_add_epi32(folded, _mm_loadu_si128((__m128i *)sums)));
}

FOR_AVX2 INLINE void rows_avx2(const uint8_t *const *rows, size_t width, const int8_t *query, int32_t *sums) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i kept[4];
  for (int r = 0; r < 4; r++) kept[r] = _mm256_setzero_si256();
  for (size_t j = 0; j < width; j += 64) {
    __m256i p = _mm256_loadu_si256((const __m256i *)(query + j));
    __m256i q = _mm256_loadu_si256((const __m256i *)(query + j + 32));
#pragma clang loop unroll(full)
    for (int r = 0; r < 4; r++) {
      const __m256i *x = (const __m256i *)(rows[r] + j);
      __m256i sum = _mm256_add_epi16(
          _mm256_maddubs_epi16(_mm256_loadu_si256(x), p), _mm256_maddubs_epi16(_mm256_loadu_si256(x + 1), q));
      kept[r] = _mm256_add_epi32(kept[r], _mm256_madd_epi16(sum, ones));
    }
  }
  fold_four(kept[0], kept[1], kept[2], kept[3], sums);
}

FOR_VNNI INLINE void rows_vnni(const uint8_t *const *rows, size_t width, const int8_t *query, int32_t *sums) {
  __m512i kept[4];
  for (int r = 0; r < 4; r++) kept[r] = _mm512_setzero_si512();
  for (size_t j = 0; j < width; j += 64) {
    __m512i q = _mm512_loadu_si512(query + j);
#pragma clang loop unroll(full)
    for (int r = 0; r < 4; r++)
      kept[r] = _mm512_dpbusd_epi32(kept[r], _mm512_loadu_si512(rows[r] + j), q);
  }
  __m256i halves[4];
  for (int r = 0; r < 4; r++)
    halves[r] = _mm256_add_epi32(_mm512_castsi512_si256(kept[r]), _mm512_extracti64x4_epi64(kept[r], 1));
  fold_four(halves[0], halves[1], halves[2], halves[3], sums);
}
#endif

// What is done for each panel and block, and for each four rows, is the same but for the products.
#define DEFINE_SEARCHES(VARIANT, TARGET)                                                                        \
  TARGET static void panels_within_##VARIANT(                                                                   \
      const uint8_t *panels, const float *terms, size_t panelCount, size_t steps, const int8_t *blocks,         \
      const CodeTerms *queries, size_t blockCount, float factor, uint16_t *marks) {                             \
    for (size_t p = 0; p < panelCount; p++)                                                                     \
      for (size_t k = 0; k < blockCount; k++) {                                                                 \
        const CodeTerms *own = queries + k * CODE_BLOCK;                                                        \
        Counts sums[CODE_BLOCK];                                                                                \
        for (int c = 0; c < CODE_BLOCK; c++) sums[c] = (Counts){0} + own[c].start;                              \
        block_##VARIANT(panels + p * steps * 64, steps, blocks + k * steps * 48, sums);                         \
        for (size_t c = 0; c < CODE_BLOCK; c++)                                                                 \
          marks[(k * CODE_BLOCK + c) * panelCount + p] =                                                        \
              marked(sums + c, terms + p * CODE_PANEL_TERMS, own + c, factor);                                   \
      }                                                                                                         \
  }                                                                                                             \
  TARGET static size_t rows_within_##VARIANT(                                                                   \
      const uint8_t *rows, const CodeTerms *terms, size_t width, const int8_t *query, const CodeTerms *own,     \
      float factor, const int32_t *places, size_t count, float limit, float *bounds, int32_t *found) {          \
    size_t kept = 0;                                                                                            \
    for (size_t i = 0; i < count; i += 4) {                                                                     \
      const uint8_t *four[4];                                                                                   \
      int32_t place[4], sums[4];                                                                                \
      for (size_t r = 0; r < 4; r++) {                                                                          \
        place[r] = places[i + r < count ? i + r : count - 1];                                                   \
        four[r] = rows + (size_t)place[r] * width;                                                              \
        sums[r] = own->start;                                                                                   \
      }                                                                                                         \
      rows_##VARIANT(four, width, query, sums);                                                                 \
      for (size_t r = 0; r < 4; r++) {                                                                          \
        const CodeTerms *other = terms + place[r];                                                              \
        float slack = other->error * own->norm + other->norm * own->error;                                      \
        float bound = other->offset - factor * (other->scale * own->scale * (float)sums[r] + slack);            \
        bounds[kept] = bound;                                                                                   \
        found[kept] = place[r];                                                                                 \
        kept += bound <= limit && i + r < count ? 1 : 0;                                                        \
      }                                                                                                         \
    }                                                                                                           \
    return kept;                                                                                                \
  }

DEFINE_SEARCHES(plain, )
#if defined(__x86_64__)
DEFINE_SEARCHES(avx2, FOR_AVX2)
DEFINE_SEARCHES(vnni, FOR_VNNI)
#endif

enum { PLAIN = 1, AVX2, VNNI };

// The variant that is used; 0 before the processor was asked.
static _Atomic int variant;

int code_choose(int wanted) {
  int best = PLAIN;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v3")) best = AVX2;
  if (__builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512vnni")) best = VNNI;
#endif
  return variant = wanted < PLAIN || wanted > best ? best : wanted;
}

INLINE int chosen(void) {
  int known = variant;
  return known ? known : code_choose(0);
}

void code_panels_within(const uint8_t *panels, const float *terms, size_t panelCount, size_t steps,
                        const int8_t *blocks, const CodeTerms *queries, size_t blockCount, float factor,
                        uint16_t *marks) {
  switch (chosen()) {
#if defined(__x86_64__)
  case VNNI:
    panels_within_vnni(panels, terms, panelCount, steps, blocks, queries, blockCount, factor, marks);
    break;
  case AVX2:
    panels_within_avx2(panels, terms, panelCount, steps, blocks, queries, blockCount, factor, marks);
    break;
#endif
  default: panels_within_plain(panels, terms, panelCount, steps, blocks, queries, blockCount, factor, marks);
  }
}

size_t code_rows_within(const uint8_t *rows, const CodeTerms *terms, size_t width, const int8_t *query,
                        const CodeTerms *queryTerms, float factor, const int32_t *places, size_t count,
                        float limit, float *bounds, int32_t *found) {
  switch (chosen()) {
#if defined(__x86_64__)
  case VNNI:
    return rows_within_vnni(
        rows, terms, width, query, queryTerms, factor, places, count, limit, bounds, found);
  case AVX2:
    return rows_within_avx2(
        rows, terms, width, query, queryTerms, factor, places, count, limit, bounds, found);
#endif
  default:
    return rows_within_plain(
        rows, terms, width, query, queryTerms, factor, places, count, limit, bounds, found);
  }
}

size_t code_marked(const uint16_t *marks, size_t panelCount, int32_t *places) {
  size_t found = 0;
  // Four panels at a time: what ends a loop is guessed wrongly less often.
  for (size_t p = 0; p < panelCount; p += 4) {
    uint64_t bits = 0;
    for (size_t i = 0; i < 4 && p + i < panelCount; i++) bits |= (uint64_t)marks[p + i] << (i * CODE_PANEL);
    for (; bits != 0; bits &= bits - 1) places[found++] = (int32_t)(p * CODE_PANEL) + __builtin_ctzll(bits);
  }
  return found;
}
