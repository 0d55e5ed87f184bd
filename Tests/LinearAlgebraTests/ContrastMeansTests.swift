import CKernels
import LinearAlgebra
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct ContrastMeansTests {
  /// The derivative of each contrast and that of the derivative, in double.
  private let contrasts: [(Contrast, (Double) -> Double, (Double) -> Double)] = [
    (.logcosh, { tanh($0) }, { 1 - tanh($0) * tanh($0) }),
    (.exponential, { $0 * exp(-$0 * $0 / 2) }, { (1 - $0 * $0) * exp(-$0 * $0 / 2) }),
    (.cube, { $0 * $0 * $0 }, { 3 * $0 * $0 }),
  ]

  private func values(_ count: Int, _ scale: Double) -> [Float] {
    var random = RandomStream(seed: 3)
    return (0..<count).map { _ in Float(scale * random.normal()) }
  }

  @Test(arguments: [1, 5, 31, 32, 33, 500], 0..<3) func kernelsAreThoseOfTheLibrary(count: Int, index: Int) {
    let kernel = [kernel_contrast_logcosh, kernel_contrast_exponential, kernel_contrast_cube][index]
    let (_, first, second) = contrasts[index]
    for scale in [1e-4, 0.3, 1, 4, 30] {
      let x = values(count, scale)
      var found = x
      let sum = kernel(&found, count)
      for (x, value) in zip(x, found) {
        let expected = first(Double(x))
        // The square in the exponent is rounded.
        let relative = index == 1 ? 5e-7 + 1e-7 * Double(x * x) : 5e-7
        #expect(abs(Double(value) - expected) <= relative * abs(expected) + 1e-37)
      }
      let (slopes, sizes) = x.reduce((0.0, 0.0)) {
        let slope = second(Double($1))
        return ($0.0 + slope, $0.1 + abs(slope) + 1e-3)
      }
      #expect(abs(sum - slopes) <= 1e-6 * sizes)
    }
  }

  @Test func extremesAreNoTrap() {
    var row: [Float] = [0, -0.0, 1e-30, 9.1, -9.1, 88, 1e30, -3e38, .infinity, -.infinity, .nan]
    _ = kernel_contrast_logcosh(&row, row.count)
    #expect(row[0] == 0 && row[1] == 0 && row[2] == 1e-30)
    #expect(Array(row[5...9]) == [1, 1, -1, 1, -1] && row[10].isNaN)
    #expect(abs(row[3] - 1) < 1e-7 && abs(row[4] + 1) < 1e-7)
    var far: [Float] = [100, -1e15]
    #expect(kernel_contrast_exponential(&far, 2) == 0 && far == [0, 0])
  }

  @Test(arguments: [(1, 1, 1), (700, 3, 5), (513, 20, 20), (40_000, 7, 9)], 0..<3)
  func meansAreThoseOfPlainLoops(shape: (rows: Int, directions: Int, columns: Int), index: Int) throws {
    var numbers = TestNumbers(7)
    let rows: Matrix<Float> = numbers.matrix(shape.rows, shape.columns)
    let directions: Matrix<Float> = numbers.matrix(shape.directions, shape.columns)
    let (contrast, first, second) = contrasts[index]
    let found = contrastMeans(of: rows, along: directions, contrast)
    for direction in 0..<shape.directions {
      var products = [Double](repeating: 0, count: shape.columns), slope = 0.0
      for row in 0..<shape.rows {
        let x = (0..<shape.columns).reduce(0.0) {
          $0 + Double(rows[row, $1]) * Double(directions[direction, $1])
        }
        slope += second(x) / Double(shape.rows)
        for column in 0..<shape.columns {
          products[column] += first(x) * Double(rows[row, column]) / Double(shape.rows)
        }
      }
      #expect(abs(found.slopes[direction] - slope) < 1e-5 * (1 + abs(slope)))
      for column in 0..<shape.columns {
        let expected = products[column]
        #expect(abs(found.products[direction, column] - expected) < 1e-5 * (1 + abs(expected)))
      }
    }
  }

  @Test func anyNumberOfThreadsGivesTheSameBytes() {
    var numbers = TestNumbers(8)
    let rows: Matrix<Float> = numbers.matrix(30_000, 12)
    let directions: Matrix<Float> = numbers.matrix(12, 12)
    let serial = contrastMeans(of: rows, along: directions, .logcosh)
    for threads in [2, 3, 8] {
      let pool = WorkerPool(threads: threads)
      let found = pool.run { contrastMeans(of: rows, along: directions, .logcosh) }
      pool.shutdown()
      #expect(found.products == serial.products && found.slopes == serial.slopes)
    }
  }
}
