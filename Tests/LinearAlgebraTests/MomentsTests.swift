import LinearAlgebra
import Testing

@Suite struct MomentsTests {
  @Test(arguments: [[0, 3], [3, 0], [1, 1], [1, 5], [5, 1], [40, 7], [3000, 60]])
  func meansAndVariancesAreThoseOfTheNaiveLoop(shape: [Int]) {
    onThreads(2) {
      check(randomMatrix(shape[0], shape[1], offset: 100), rows: nil)
      check(randomMatrix(shape[0], shape[1], offset: 100, Double.self), rows: nil)
      let every = Array(stride(from: shape[0] - 1, through: 0, by: -3))
      check(randomMatrix(shape[0], shape[1], offset: 100), rows: every)
    }
  }

  private func check<Scalar: MatrixScalar>(_ a: Matrix<Scalar>, rows: [Int]?) {
    let chosen = rows ?? Array(0..<a.rows)
    let means = columnMeans(of: a, rows: rows)
    let variances = columnVariances(of: a, rows: rows, means: means)
    #expect(means.count == a.columns && variances.count == a.columns)
    for column in 0..<a.columns {
      let values = chosen.map { Double(a[$0, column]) }
      let count = Double(max(1, values.count))
      let mean = values.reduce(0, +) / count
      #expect(abs(means[column] - mean) <= 1e-12 * mean)
      let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / count
      #expect(abs(variances[column] - variance) <= 1e-10 * variance)
    }
  }

  @Test(arguments: [[0, 3], [3, 0], [1, 4], [9, 1], [700, 12], [1500, 520]])
  func covarianceIsThatOfTheNaiveLoop(shape: [Int]) {
    onThreads(2) {
      // A mean of a thousand standard deviations would cost six digits if rows were not centred first.
      let a = randomMatrix(shape[0], shape[1], offset: 1000)
      for rows in [nil, Array(stride(from: 0, to: shape[0], by: 2))] {
        let chosen = rows ?? Array(0..<a.rows)
        let means = columnMeans(of: a, rows: rows)
        let c = covariance(of: a, rows: rows, means: means)
        #expect(c == c.transposed)
        let step = a.columns > 100 ? 1009 : 1
        expectClose(c, rows: a.columns, columns: a.columns, tolerance: 1e-6, step: step) { i, j in
          let (value, scale) = dot(
            chosen.count, { Double(a[chosen[$0], i]) - means[i] }, { Double(a[chosen[$0], j]) - means[j] })
          return (value / Double(max(1, chosen.count)), scale / Double(max(1, chosen.count)))
        }
      }
    }
  }

  @Test func covarianceOfDoublesKeepsTheirPrecision() {
    let a = randomMatrix(600, 5, offset: 10, Double.self)
    let means = columnMeans(of: a)
    expectClose(covariance(of: a, means: means), rows: 5, columns: 5, tolerance: 1e-14) { i, j in
      let (value, scale) = dot(600, { a[$0, i] - means[i] }, { a[$0, j] - means[j] })
      return (value / 600, scale / 600)
    }
  }

  @Test func centersSelectedRows() {
    let a = Matrix<Float>([[1, 2], [3, 5], [5, 11]])
    #expect(centered(a, means: [3, 6]) == Matrix([[-2, -4], [0, -1], [2, 5]]))
    #expect(centered(a, rows: [2, 0], means: [1, 1]) == Matrix([[4, 10], [0, 1]]))
    #expect(centered(a.converted(to: Double.self), means: [3, 6]) == Matrix([[-2, -4], [0, -1], [2, 5]]))
    #expect(centered(Matrix<Float>(rows: 0, columns: 2), means: [0, 0]).rows == 0)
  }

  @Test func bytesDoNotDependOnTheNumberOfThreads() {
    let a = randomMatrix(5000, 70, offset: 3)
    let rows = Array(stride(from: 0, to: 5000, by: 2))
    expectSameAtAnyNumberOfThreads { columnMeans(of: a, rows: rows) }
    let means = columnMeans(of: a)
    expectSameAtAnyNumberOfThreads { columnVariances(of: a, means: means) }
    expectSameAtAnyNumberOfThreads { covariance(of: a, rows: rows, means: means).bytes }
    expectSameAtAnyNumberOfThreads { centered(a, rows: rows, means: means).bytes }
  }
}
