import LinearAlgebra
import Testing

/// Rows of A, columns of B, inner dimension.
private let shapes = [
  [0, 3, 4], [3, 0, 4], [3, 4, 0], [1, 1, 1], [1, 7, 5], [7, 1, 5], [10, 10, 10], [33, 65, 17],
  [1030, 530, 5],
  [300, 1100, 7], [515, 9, 450],
]

@Suite struct ProductsTests {
  @Test(arguments: shapes) func multipliesAsTheNaiveLoop(shape: [Int]) {
    onThreads(3) {
      checkProducts(shape, Float.self, tolerance: 1e-6)
      checkProducts(shape, Double.self, tolerance: 1e-15)
    }
  }

  private func checkProducts<Scalar: MatrixScalar>(_ shape: [Int], _ type: Scalar.Type, tolerance: Double) {
    let (m, n, k) = (shape[0], shape[1], shape[2])
    let a = randomMatrix(m, k, seed: 1, type)
    let b = randomMatrix(k, n, seed: 2, type)
    let step = m * n > 1_000 ? 97 : 1
    let expected = { (row: Int, column: Int) in
      dot(k, { Double(a[row, $0]) }, { Double(b[$0, column]) })
    }
    func expectProduct(_ c: Matrix<Scalar>, _ location: SourceLocation = #_sourceLocation) {
      expectClose(
        c, rows: m, columns: n, tolerance: tolerance, step: step, sourceLocation: location, expected)
    }
    expectProduct(product(a, b))
    expectProduct(product(a, transposed: b.transposed))
    expectProduct(product(transposed: a.transposed, b))
    var c = Matrix<Scalar>(rows: m, columns: n, repeating: .nan)
    product(a, b, into: &c)
    expectProduct(c)
    c = Matrix(rows: m, columns: n, repeating: .nan)
    product(a, transposed: b.transposed, into: &c)
    expectProduct(c)
  }

  @Test(arguments: [[0, 3], [3, 0], [1, 1], [1, 9], [9, 1], [40, 21], [1030, 6], [530, 11]])
  func gramIsSymmetricAndAsTheNaiveLoop(shape: [Int]) {
    onThreads(3) {
      let a = randomMatrix(shape[0], shape[1])
      let g = gram(a)
      #expect(g == g.transposed)
      expectClose(g, rows: a.rows, columns: a.rows, tolerance: 1e-6, step: a.rows > 100 ? 97 : 1) { i, j in
        dot(a.columns, { Double(a[i, $0]) }, { Double(a[j, $0]) })
      }
    }
  }

  @Test(arguments: [
    [0, 3], [3, 0], [1, 1], [1, 9], [9, 1], [40, 21], [2500, 40], [30, 1100], [5000, 3],
  ])
  func crossProductIsSymmetricAndAsTheNaiveLoop(shape: [Int]) {
    onThreads(3) {
      let a = randomMatrix(shape[0], shape[1], offset: 1)
      let c = crossProduct(a)
      #expect(c == c.transposed)
      let step = a.rows * a.columns > 10_000 ? 373 : 1
      expectClose(c, rows: a.columns, columns: a.columns, tolerance: 1e-6, step: step) { i, j in
        dot(a.rows, { Double(a[$0, i]) }, { Double(a[$0, j]) })
      }
      let wide: Matrix<Double> = a.converted()
      let exact = crossProduct(wide)
      #expect(exact == exact.transposed)
      expectClose(exact, rows: a.columns, columns: a.columns, tolerance: 1e-14, step: step) { i, j in
        dot(a.rows, { wide[$0, i] }, { wide[$0, j] })
      }
    }
  }

  @Test func rowsThatAreWidenedGiveTheProductsOfTheirDoubles() {
    onThreads(3) {
      // More rows than a block has and more columns than a tile.
      for (rows, p, q) in [(0, 3, 2), (1, 4, 1), (1100, 30, 530)] {
        let (a, b) = (randomMatrix(rows, p, seed: 4, Float.self), randomMatrix(rows, q, seed: 5, Float.self))
        let means = (0..<p).map { 0.25 * Double($0) }
        let factors = (0..<rows).map { 1 / Double($0 + 1) }
        var exact = a.converted(to: Double.self)
        for row in 0..<rows {
          for column in 0..<p { exact[row, column] = (exact[row, column] - means[column]) * factors[row] }
        }
        let (left, right) = (WideRows(a, means: means, factors: factors), WideRows(b))
        let other = b.converted(to: Double.self)
        let pairs = [
          (crossProduct(left), crossProduct(exact)), (crossProduct(right), crossProduct(other)),
          (crossProduct(left, right), crossProduct(exact, other)),
        ]
        for (found, expected) in pairs {
          #expect(found.rows == expected.rows && found.columns == expected.columns)
          let scale = expected.elements.reduce(0) { max($0, abs($1)) }
          #expect(zip(found.elements, expected.elements).allSatisfy { abs($0 - $1) <= 1e-13 * scale })
        }
      }
    }
  }

  @Test func crossProductOfTwoMatricesIsAsTheNaiveLoop() {
    let a = randomMatrix(3000, 5, seed: 1)
    let b = randomMatrix(3000, 600, seed: 2)
    expectClose(crossProduct(a, b), rows: 5, columns: 600, tolerance: 1e-6, step: 37) { i, j in
      dot(3000, { Double(a[$0, i]) }, { Double(b[$0, j]) })
    }
  }

  @Test func crossProductSumsLongColumnsInDouble() {
    // Whole numbers above 2²⁴ are not exact in single precision: a sum kept in Float would be off.
    let a = Matrix<Float>(rows: 20_000, columns: 2, repeating: 101)
    #expect(crossProduct(a)[1, 0] == 20_000 * 101 * 101)
  }

  @Test func bytesDoNotDependOnTheNumberOfThreads() {
    let a = randomMatrix(2100, 130, seed: 3)
    let b = randomMatrix(130, 700, seed: 4)
    let c = randomMatrix(2100, 40, seed: 5)
    expectSameAtAnyNumberOfThreads { product(a, b).bytes }
    expectSameAtAnyNumberOfThreads { crossProduct(a).bytes }
    expectSameAtAnyNumberOfThreads { product(transposed: a, c).bytes }
    expectSameAtAnyNumberOfThreads { gram(c).bytes }
  }

  @Test func overwritingDoesNotReachCopies() {
    let a = randomMatrix(4, 4)
    var c = a
    product(a, a, into: &c)
    #expect(c == product(a, a))
    #expect(c != a)
  }

  @Test func knowsItsLibrary() throws {
    try BLAS.load()
    #expect(BLAS.version?.hasPrefix("OpenBLAS") == true)
    #expect(BLAS.core?.isEmpty == false)
  }
}
