import Testing

@testable import LinearAlgebra

@Suite struct ProjectedRowsTests {
  /// Rows with few directions of large variance, as features have.
  private static func decaying(_ rows: Int, _ columns: Int, seed: UInt64, offset: Double = 0) -> Matrix<Float>
  {
    let normal = randomMatrix(rows, columns, seed: seed, Double.self).elements
    let mixing = randomMatrix(columns, columns, seed: 99, Double.self)
    let scaled = Matrix<Double>(rows: rows, columns: columns) { target in
      for index in target.indices {
        target[index] = normal[index] / Double(1 + index % columns)
      }
    }
    let mixed = product(scaled, mixing)
    return Matrix(rows: rows, columns: columns, elements: mixed.elements.map { Float($0 + offset) })
  }

  private static let tables: [(name: String, rows: Matrix<Float>)] = [
    ("random", randomMatrix(70, 12, seed: 1)),
    ("decaying", decaying(150, 40, seed: 2)),
    ("wide", decaying(40, 300, seed: 3)),
    ("one column", randomMatrix(33, 1, seed: 4)),
    ("far from zero", decaying(80, 20, seed: 5, offset: 1e6)),
    ("equal columns", Matrix(rows: 50, columns: 9, elements: (0..<450).map { Float($0 / 9 % 7) })),
    ("duplicates", decaying(20, 16, seed: 6).selecting(rows: (0..<100).map { $0 % 20 })),
    ("zeros", Matrix(rows: 40, columns: 6)),
    ("huge", Matrix(rows: 30, columns: 8, elements: randomMatrix(30, 8, seed: 7).elements.map { $0 * 1e18 })),
    (
      "tiny", Matrix(rows: 30, columns: 8, elements: randomMatrix(30, 8, seed: 8).elements.map { $0 * 1e-30 })
    ),
    (
      "of many sizes",
      Matrix(
        rows: 60, columns: 8,
        elements: (0..<480).map { Float(sign: .plus, exponent: $0 / 8 - 40, significand: 1) })
    ),
  ]

  /// The first of the points with the least score, by the definition.
  private func naive(_ rows: Matrix<Float>, _ row: Int, _ points: Matrix<Float>) -> (
    index: Int32, score: Double
  ) {
    let norms = points.squaredRowNorms()
    let scores = (0..<points.rows).map { point in
      norms[point] - 2
        * rows.withPointer { a in
          points.withPointer {
            Kernels.dot(a + row * rows.columns, $0 + point * rows.columns, count: rows.columns)
          }
        }
    }
    let least = scores.min() ?? 0
    return (Int32(scores.firstIndex(of: least) ?? 0), least)
  }

  @Test(arguments: tables.indices) func theNearestPointIsFoundFromAnyGuess(table: Int) throws {
    let (name, rows) = Self.tables[table]
    let most = min(rows.rows, rows.columns)
    for count in Set([1, most / 2, most]) where count > 0 {
      let axes = try #require(ProjectionAxes(sampling: rows, count: count))
      let short = ProjectedRows(rows, on: axes)
      for step in [1, 3, 7] {
        let points = rows.selecting(rows: Array(stride(from: 0, to: rows.rows, by: step)))
        let projected = ProjectedRows.Points(points, on: axes)
        let scores = Buffer<Double>(uninitialized: rows.rows)
        let indices = Buffer<Int32>(uninitialized: rows.rows)
        for row in 0..<rows.rows { indices.base[row] = Int32((row * 5 + step) % points.rows) }
        let panels = 0..<(rows.rows + 15) / 16
        let looked = short.nearest(panels, to: projected, scores: scores.base, indices: indices.base)
        #expect(looked >= rows.rows && looked <= rows.rows * points.rows)
        for row in 0..<rows.rows {
          let expected = naive(rows, row, points)
          #expect(indices.base[row] == expected.index, "\(name), \(count) axes, row \(row)")
          #expect(scores.base[row] == expected.score)
        }
      }
    }
  }

  @Test(arguments: tables.indices) func boundsHold(table: Int) throws {
    let rows = Self.tables[table].rows
    let (count, columns) = (max(1, min(rows.rows, rows.columns) / 2), rows.columns)
    let axes = try #require(ProjectionAxes(sampling: rows, count: count))
    var short = [Float](repeating: 0, count: rows.rows * (count + 1))
    rows.withPointer { base in
      axes.project(BLAS.Operand(base: base, stride: columns), count: rows.rows, into: &short)
    }
    let norms = rows.squaredRowNorms()
    for a in 0..<rows.rows {
      for b in 0..<rows.rows {
        let exact = dot(columns, { Double(rows[a, $0]) }, { Double(rows[b, $0]) }).value
        let bound = dot(
          count + 1, { Double(short[a * (count + 1) + $0]) }, { Double(short[b * (count + 1) + $0]) }
        ).value
        #expect(bound >= exact)
        // Not by more than what the axes leave out.
        let rounding = 2.5e-38 * (norms[a] + norms[b]).squareRoot() + 1e-60
        let most = 2.1 * (norms[a] * norms[b]).squareRoot() + rounding
        #expect(bound - exact <= most)
      }
    }
  }

  @Test func fewPointsAreLookedAtWhereFewDirectionsMatter() throws {
    let rows = Self.decaying(2000, 64, seed: 11)
    let points = rows.selecting(rows: Array(0..<200))
    let axes = try #require(ProjectionAxes(sampling: rows, count: 24))
    let (scores, indices) = (Buffer<Double>(uninitialized: 2000), Buffer<Int32>(repeating: 0, count: 2000))
    let looked = ProjectedRows(rows, on: axes)
      .nearest(0..<125, to: .init(points, on: axes), scores: scores.base, indices: indices.base)
    #expect(looked < 2000 * 40)
    let all = PointScan(points)
    let (plainScores, plain) = (Buffer<Double>(uninitialized: 2000), Buffer<Int32>(uninitialized: 2000))
    all.nearest(0..<2000, of: rows, scores: plainScores.base, indices: plain.base)
    for row in 0..<2000 {
      #expect(plain.base[row] == indices.base[row])
      let error = abs(plainScores.base[row] - scores.base[row])
      #expect(error <= 1e-5 * abs(scores.base[row]) + 1e-4)
    }
  }

  @Test func rowsThatAreNotFiniteHaveNoAxes() {
    var rows = randomMatrix(10, 4, seed: 1)
    rows[3, 2] = .nan
    #expect(ProjectionAxes(sampling: rows, count: 2) == nil)
    rows[3, 2] = .infinity
    #expect(ProjectionAxes(sampling: rows, count: 2) == nil)
  }

  @Test func scansTakeTheFirstOfEqualPointsAndMeasureDistances() {
    let rows = randomMatrix(700, 5, seed: 12)
    let points = rows.selecting(rows: (0..<1200).map { $0 % 600 })
    let scan = PointScan(points)
    let (scores, indices) = (Buffer<Double>(uninitialized: 700), Buffer<Int32>(uninitialized: 700))
    scan.nearest(0..<300, of: rows, scores: scores.base, indices: indices.base)
    scan.nearest(300..<700, of: rows, scores: scores.base, indices: indices.base)
    #expect((0..<600).allSatisfy { Int(indices.base[$0]) == $0 })
    let few = PointScan(rows.selecting(rows: [3, 8]))
    let norms = rows.squaredRowNorms().map { Float($0) }
    var distances = [Float](repeating: -1, count: 1400)
    few.squaredDistances(0..<700, of: rows, rowNorms: norms, into: &distances, stride: 700)
    for row in 0..<700 {
      for (place, point) in [3, 8].enumerated() {
        let exact = (0..<5).reduce(0.0) {
          let difference = Double(rows[row, $1]) - Double(rows[point, $1])
          return $0 + difference * difference
        }
        #expect(abs(Double(distances[place * 700 + row]) - exact) <= 1e-5 * (1 + exact))
      }
    }
  }

  @Test func bytesDoNotDependOnTheNumberOfThreads() throws {
    let rows = Self.decaying(3000, 48, seed: 13)
    expectSameAtAnyNumberOfThreads {
      let axes = ProjectionAxes(sampling: rows, count: 16)
      return axes?.vectors.bytes
    }
  }
}
