import LinearAlgebra

/// Small repeatable numbers for tests: no library of randomness under test decides them.
struct TestNumbers {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  /// The next number in −1..<1.
  mutating func next() -> Double {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Double(state >> 11) / Double(1 << 52) - 1
  }

  mutating func matrix<Scalar: MatrixScalar>(_ rows: Int, _ columns: Int) -> Matrix<Scalar> {
    Matrix(rows: rows, columns: columns) { target in
      for index in target.indices { target[index] = Scalar(next()) }
    }
  }
}

/// A·B by its definition, in double precision.
func plainProduct<Scalar: MatrixScalar>(_ a: Matrix<Scalar>, _ b: Matrix<Scalar>) -> Matrix<Double> {
  precondition(a.columns == b.rows)
  return a.withPointer { x in
    b.withPointer { y in
      Matrix(rows: a.rows, columns: b.columns) { target in
        target.update(repeating: 0)
        for i in 0..<a.rows {
          for k in 0..<a.columns {
            let factor = Double(x[i * a.columns + k])
            if factor == 0 { continue }
            for j in 0..<b.columns { target[i * b.columns + j] += factor * Double(y[k * b.columns + j]) }
          }
        }
      }
    }
  }
}

/// The largest difference of two matrices of one shape.
func difference<A: MatrixScalar, B: MatrixScalar>(_ a: Matrix<A>, _ b: Matrix<B>) -> Double {
  precondition(a.rows == b.rows && a.columns == b.columns)
  return zip(a.elements, b.elements).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) }
}

/// How far rows are from orthonormal.
func orthonormality<Scalar: MatrixScalar>(_ rows: Matrix<Scalar>) -> Double {
  difference(plainProduct(rows, rows.transposed), identity(rows.rows))
}

func identity(_ n: Int) -> Matrix<Double> { diagonal([Double](repeating: 1, count: n)) }

func diagonal<Scalar: MatrixScalar>(_ values: [Scalar]) -> Matrix<Scalar> {
  var matrix = Matrix<Scalar>(rows: values.count, columns: values.count)
  for (index, value) in values.enumerated() { matrix[index, index] = value }
  return matrix
}

/// A symmetric matrix Qᵀ·diag(values)·Q with a repeatable orthogonal Q.
func symmetric<Scalar: MatrixScalar>(spectrum: [Double], seed: UInt64 = 1) throws -> Matrix<Scalar> {
  var numbers = TestNumbers(seed)
  let n = spectrum.count
  let basis = try orthonormalRows(numbers.matrix(n, n) as Matrix<Double>)
  var scaled = basis
  scaled.scaleRows(by: spectrum)
  return plainProduct(basis.transposed, scaled).converted()
}

/// The largest ‖A·v − λ·v‖ over the pairs, relative to the largest eigenvalue.
func residual<Scalar: MatrixScalar>(_ a: Matrix<Scalar>, _ pairs: EigenPairs<Scalar>) -> Double {
  let images = plainProduct(pairs.vectors, a)
  let scale = max(pairs.values.map { Double(abs($0)) }.max() ?? 0, .leastNormalMagnitude)
  return (0..<images.rows).map { row in
    let value = Double(pairs.values[row])
    let square = (0..<a.rows).reduce(0) { sum, column in
      let gap = images[row, column] - value * Double(pairs.vectors[row, column])
      return sum + gap * gap
    }
    return square.squareRoot() / scale
  }.max() ?? 0
}
