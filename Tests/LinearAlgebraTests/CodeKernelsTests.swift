import CKernels
import Testing

@testable import LinearAlgebra

@Suite(.serialized) struct CodeKernelsTests {
  /// Codes from −63 to 63: many of the largest, so that sums that are too narrow show.
  private func codes(_ count: Int, seed: UInt64) -> [Int8] {
    randomMatrix(1, count, seed: seed).elements.map { Int8(max(-63, min(63, ($0 * 60).rounded()))) }
  }

  private func naive(_ x: ArraySlice<Int8>, _ y: ArraySlice<Int8>) -> Int {
    zip(x, y).reduce(0) { $0 + Int($1.0) * Int($1.1) }
  }

  private func terms(of codes: ArraySlice<Int8>) -> CodeTerms {
    CodeTerms(
      offset: 0, scale: 1, error: 0, norm: 0, rest: 0, start: Int32(codes.reduce(0) { $0 - 64 * Int($1) }))
  }

  /// Runs `body` with each way to take products.
  private func withEachVariant(_ body: (Int32) -> Void) {
    for variant in Int32(1)...3 where code_choose(variant) == variant { body(variant) }
    _ = code_choose(0)
  }

  @Test(arguments: [64, 192, 512]) func boundsOfWholeRowsAreTheirProducts(width: Int) {
    let (rows, query) = (codes(21 * width, seed: 1), codes(width, seed: 2))
    var all = rows
    // The extremes of all signs.
    for column in 0..<width { (all[column], all[width + column]) = (63, column % 2 == 0 ? 63 : -63) }
    let shifted = all.map { UInt8(Int($0) + 64) }
    let references = (0..<21).map { terms(of: all[$0 * width..<($0 + 1) * width]) }
    var own = terms(of: query[...])
    let places: [Int32] = [0, 1, 5, 6, 9, 20, 2, 3, 19]
    withEachVariant { variant in
      var (bounds, found) = ([Float](repeating: 0, count: 12), [Int32](repeating: 0, count: 12))
      let count = code_rows_within(
        shifted, references, width, query, &own, 2, places, places.count, .infinity, &bounds, &found)
      #expect(count == places.count && Array(found.prefix(count)) == places, "variant \(variant)")
      for (place, bound) in zip(places, bounds) {
        let row = all[Int(place) * width..<(Int(place) + 1) * width]
        #expect(bound == Float(-2 * naive(row, query[...])), "variant \(variant)")
      }
      let limit = bounds[4]
      let fewer = code_rows_within(
        shifted, references, width, query, &own, 2, places, places.count, limit, &bounds, &found)
      let expected = places.filter {
        Float(-2 * naive(all[Int($0) * width..<(Int($0) + 1) * width], query[...])) <= limit
      }
      #expect(Array(found.prefix(fewer)) == expected, "variant \(variant)")
    }
  }

  @Test(arguments: [8, 40, 128]) func marksSayWhichProductsReachALimit(width: Int) {
    let (referenceCount, queryCount) = (48, 24)
    var (references, queries) = (codes(48 * width, seed: 3), codes(24 * width, seed: 4))
    for column in 0..<width { (references[column], queries[column]) = (63, -63) }
    for column in width..<2 * width { (references[column], queries[column]) = (63, 63) }
    var panels = [UInt8](repeating: 0, count: references.count)
    var blocks = [Int8](repeating: 0, count: queries.count)
    for row in 0..<referenceCount {
      for column in 0..<width {
        let place = row / 16 * 16 * width + column / 4 * 64 + row % 16 * 4 + column % 4
        panels[place] = UInt8(Int(references[row * width + column]) + 64)
      }
    }
    var own: [CodeTerms] = []
    for row in 0..<queryCount {
      let query = queries[row * width..<(row + 1) * width]
      for column in 0..<width {
        blocks[row / 12 * 12 * width + column / 4 * 48 + row % 12 * 4 + column % 4] =
          query[query.startIndex + column]
      }
      // The product with one of the references is the limit.
      own.append(terms(of: query))
      let chosen = row * 7 % referenceCount
      own[row].offset = -Float(naive(references[chosen * width..<(chosen + 1) * width], query))
    }
    var terms = [Float](repeating: 0, count: referenceCount / 16 * Int(CODE_PANEL_TERMS))
    for row in 0..<referenceCount { terms[row / 16 * Int(CODE_PANEL_TERMS) + 16 + row % 16] = 1 }
    withEachVariant { variant in
      var marks = [UInt16](repeating: 0, count: queryCount * referenceCount / 16)
      code_panels_within(panels, terms, referenceCount / 16, width / 4, blocks, own, 2, 1, &marks)
      for row in 0..<queryCount {
        let query = queries[row * width..<(row + 1) * width]
        let expected = (0..<referenceCount).filter {
          -Float(naive(references[$0 * width..<($0 + 1) * width], query)) <= own[row].offset
        }
        var places = [Int32](repeating: 0, count: referenceCount)
        let count = code_marked(Array(marks[row * 3..<row * 3 + 3]), 3, &places)
        #expect(places.prefix(count).map { Int($0) } == expected, "variant \(variant), query \(row)")
      }
    }
  }

  @Test func codesAndTheirErrorsMakeUpTheRow() {
    for (count, scale) in [(1, Float(1)), (80, 1), (100, 1e-20), (64, 1e15), (7, 1e-38)] {
      let row = randomMatrix(1, count, seed: 5).elements.map { $0 * scale }
      var (own, codes) = (CodeTerms(), [Int8](repeating: 99, count: 128))
      code_row(row, count, 128, &codes, &own)
      let error = zip(row, codes).reduce(0.0) {
        let difference = Double($1.0) - Double(own.scale) * Double($1.1)
        return $0 + difference * difference
      }
      let square = codes.reduce(0) { $0 + Int($1) * Int($1) }
      #expect(codes.allSatisfy { abs($0) <= 63 } && codes[count...].allSatisfy { $0 == 0 })
      #expect(Double(own.error) >= error.squareRoot())
      #expect(Double(own.error) <= error.squareRoot() * (1 + 1e-6) + 2e-38)
      #expect(Double(own.norm) >= Double(square).squareRoot() * Double(own.scale))
      #expect(Int(own.start) == codes.reduce(0) { $0 - 64 * Int($1) })
      #expect(scale < 1e-30 || own.scale > 0)
    }
    let zeros = [Float](repeating: 0, count: 9)
    var (own, codes) = (CodeTerms(), [Int8](repeating: 99, count: 64))
    code_row(zeros, 9, 64, &codes, &own)
    #expect(own.scale == 0 && codes.allSatisfy { $0 == 0 })
  }

  @Test func searchesFindTheSameByAnyVariant() throws {
    let directions = randomMatrix(70, 70, seed: 6)
    let spread = randomMatrix(1200, 70, seed: 7).elements.enumerated().map {
      $0.element / Float($0.offset % 70 + 1)
    }
    let rows = product(Matrix(rows: 1200, columns: 70, elements: spread), directions)
    let ranking = NeighborRanking(queries: rows, references: rows, metric: .cosine)
    let expected = nearestNeighbors(of: rows, among: rows, k: 5, metric: .cosine)
    withEachVariant { variant in
      let search = BoundedNeighborSearch(
        ranking, count: 5, excludesSelf: false, width: 16, shouldStop: { false })
      var (indices, distances) = ([Int32](repeating: 0, count: 6000), [Float](repeating: 0, count: 6000))
      search?.run(indices: &indices, distances: &distances)
      #expect(indices == expected.indices && distances == expected.distances, "variant \(variant)")
    }
  }
}
