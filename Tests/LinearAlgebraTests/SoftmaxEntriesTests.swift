import Foundation
import LinearAlgebra
import Testing

@Suite struct SoftmaxEntriesTests {
  private static let (rows, columns, classes) = (1100, 18, 5)
  private let data: Matrix<Float> = randomMatrix(rows, columns)
  private let padded: PaddedRows
  private let classOf: [Int32]
  private let shares: [[Double]]
  /// As products of panels are laid out.
  private let residuals: [Float]

  init() {
    let padded = (Self.rows + 15) / 16 * 16
    self.padded = PaddedRows(data, rows: padded, constant: 1)
    classOf = (0..<padded).map { Int32($0 < Self.rows ? $0 % Self.classes : -1) }
    var random = RandomStream(seed: 5)
    shares = (0..<Self.rows).map { _ in
      // Some are tiny.
      let weights = (0..<Self.classes).map { _ in pow(10, -8 * random.uniform()) }
      let total = weights.reduce(0, +)
      return weights.map { Double(Float($0 / total)) }
    }
    var residuals = [Float](repeating: 0, count: padded * Self.classes)
    for row in 0..<Self.rows {
      for index in 0..<Self.classes {
        residuals[(row / 16 * Self.classes + index) * 16 + row % 16] =
          Float(shares[row][index] - (Int(classOf[row]) == index ? 1 : 0))
      }
    }
    self.residuals = residuals
  }

  private func entries(least: Float) -> SoftmaxEntries {
    SoftmaxEntries(
      residuals: residuals, classOf: classOf, classCount: Self.classes, least: least, rows: padded)
  }

  /// The probabilities that count, by the definition.
  private func kept(_ row: Int, least: Double) -> [Double] {
    let own = shares[row][Int(classOf[row])]
    return shares[row].map { 1 - own > least && $0 > least ? $0 : 0 }
  }

  private func row(_ row: Int) -> [Double] {
    (0..<padded.width).map { $0 < Self.columns ? Double(data[row, $0]) : $0 == Self.columns ? 1 : 0 }
  }

  @Test func whatIsListedAndWhatIsLeftMakeAll() {
    let least = 1e-3
    let found = entries(least: Float(least))
    #expect(found.count == (0..<Self.rows).reduce(0) { $0 + kept($1, least: least).count { $0 > 0 } })
    for index in 0..<Self.classes {
      let left = (0..<Self.rows).reduce(0.0) { sum, row in
        let share = shares[row][index]
        return sum + (kept(row, least: least)[index] > 0 ? 0 : share * (1 - share))
      }
      #expect(abs(found.rest[index] - left) < 1e-3 * left + 1e-4)
    }
  }

  @Test func productsAreThoseOfTheDefinition() {
    let (width, least) = (padded.width, 1e-4)
    let points = randomMatrix(Self.classes, width, seed: 2, Float.self)
    let buffer = Buffer<Float>(uninitialized: points.count)
    for (place, value) in points.elements.enumerated() { buffer.base[place] = value }
    let found = entries(least: Float(least)).curvature(along: buffer) { false }
    let diagonal = entries(least: Float(least)).diagonal { false }
    var expected = [Double](repeating: 0, count: points.count)
    var squares = expected
    for index in 0..<Self.rows {
      let (x, p) = (row(index), kept(index, least: least))
      let z = (0..<Self.classes).map { k in (0..<width).reduce(0) { $0 + Double(points[k, $1]) * x[$1] } }
      let mean = zip(p, z).reduce(0) { $0 + $1.0 * $1.1 }
      for k in 0..<Self.classes {
        for column in 0..<width {
          expected[k * width + column] += p[k] * (z[k] - mean) * x[column]
          squares[k * width + column] += p[k] * (1 - p[k]) * x[column] * x[column]
        }
      }
    }
    for place in expected.indices {
      #expect(abs(found.base[place] - expected[place]) < 1e-2, "\(place)")
      #expect(abs(diagonal.base[place] - squares[place]) < 1e-2, "\(place)")
    }
  }

  @Test func theNumberOfThreadsChangesNothing() {
    let buffer = Buffer<Float>(repeating: 0.5, count: Self.classes * padded.width)
    expectSameAtAnyNumberOfThreads {
      let found = entries(least: 1e-4)
      let sums = [found.curvature(along: buffer) { false }, found.diagonal { false }]
      return found.rest + sums.flatMap { Array(UnsafeBufferPointer(start: $0.base, count: $0.count)) }
    }
  }
}
