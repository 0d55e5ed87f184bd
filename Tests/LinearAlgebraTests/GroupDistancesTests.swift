import CKernels
import Testing

@testable import LinearAlgebra

@Suite struct GroupDistancesTests {
  private let starts = [0, 3, 400, 401, 1030, 1100]

  /// Rows about 0 in groups, those of one group `spread` apart.
  private func rows(spread: Double) -> Matrix<Double> {
    var random = RandomStream(seed: 4)
    return Matrix(rows: 1100, columns: 5) { target in
      for group in 0..<5 {
        let centre = (0..<5).map { _ in random.normal() }
        for row in starts[group]..<starts[group + 1] {
          for column in 0..<5 { target[row * 5 + column] = centre[column] + spread * random.normal() }
        }
      }
    }
  }

  private func expected(_ a: Matrix<Double>) -> [Double] {
    let rows = (0..<a.rows).map { a.row($0) }
    return rows.flatMap { row in
      let distances = rows.map { other in
        var sum = 0.0
        for column in 0..<a.columns { sum += (row[column] - other[column]) * (row[column] - other[column]) }
        return sum.squareRoot()
      }
      return (0..<5).map { group in distances[starts[group]..<starts[group + 1]].reduce(0, +) }
    }
  }

  @Test(arguments: [1, 1e-3, 0], [false, true])
  func sumsAreThoseOfTheDefinition(spread: Double, quickly: Bool) {
    let a = rows(spread: spread)
    let exact = expected(a)
    let pool = WorkerPool(threads: 3)
    defer { pool.shutdown() }
    let found = pool.run { distanceSums(among: a, groups: starts, quickly: quickly) }
    #expect(found == distanceSums(among: a, groups: starts, quickly: quickly))
    let scale = exact.reduce(0, +) / Double(exact.count)
    for (index, value) in found.elements.enumerated() {
      let tolerance = quickly ? 2e-6 * exact[index] : 1e-12 * exact[index]
      // Rows that are equal up to rounding are 1e-8 of their norms apart at most.
      #expect(abs(value - exact[index]) <= tolerance + 1e-7 * scale * (spread == 0 ? 1 : 1e-4))
    }
    let total = found.elements.reduce(0, +)
    #expect(abs(total / Double(exact.count) - scale) <= (quickly || spread == 0 ? 3e-8 : 1e-9) * scale)
  }

  @Test func numbersBeyondSinglePrecisionAreStillSummed() {
    let a = Matrix<Double>([[-1e25], [1e25], [1e25]])
    #expect(
      distanceSums(among: a, groups: [0, 1, 3], quickly: true).elements == [0, 4e25, 2e25, 0, 2e25, 0])
  }

  @Test func valuesBehindTheLastAreNotRead() {
    let products: [Float] = [0, 0, .nan, .infinity] + [Float](repeating: .nan, count: 40)
    let norms = [Float](repeating: .nan, count: 20)
    var (rowSums, columnSums) = ([1.0], [2.0, 3.0])
    let close = linkage_add_quick_distances(
      products, 2, [4], 1, [5, 12] + norms, 2, 0.05, &rowSums, &columnSums)
    #expect(close == 0 && rowSums == [8] && columnSums == [5, 7])
  }
}
