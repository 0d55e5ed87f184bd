/// A growing orthonormal basis of a block Krylov space with the operator's projection on it.
///
/// The relation A·Vᵀ = Vᵀ·T + Qᵀ·R holds for the basis rows V, where Q is the block that comes next and R acts on the
/// last block alone: so the residual of a Ritz pair is ‖R·s‖ for the last part s of its coordinates.
/// Every block is made orthogonal to the whole basis twice.
final class BlockKrylov<Scalar: MatrixScalar> {
  /// y ← A·x for a block in the kernels' layout; y holds zeros before.
  typealias Operator = (_ x: UnsafeMutablePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>)
    throws(LinearAlgebraError) -> Void

  let n: Int
  /// Vectors in a block: 8 or 16.
  let width: Int
  /// The most basis vectors, beside the next block.
  let capacity: Int
  /// The number of basis vectors; the next block stands behind them.
  private(set) var size = 0
  /// How often the operator was applied to a block.
  private(set) var products = 0
  private let apply: Operator
  private let basis: Buffer<Scalar>
  private let current: Buffer<Scalar>
  private let image: Buffer<Scalar>
  /// T in rows of length `capacity`.
  private var projection: [Double]
  /// R, row after row.
  private var remainder: [Double]
  /// The largest ‖A·v‖ seen for a unit vector v.
  private var scale = 0.0
  private var random: RandomStream

  init(n: Int, width: Int, capacity: Int, random: RandomStream, apply: @escaping Operator) {
    (self.n, self.width, self.capacity, self.random, self.apply) = (n, width, capacity, random, apply)
    basis = Buffer(uninitialized: (capacity + width) * n)
    current = Buffer(uninitialized: n * width)
    image = Buffer(uninitialized: n * width)
    projection = [Double](repeating: 0, count: capacity * capacity)
    remainder = [Double](repeating: 0, count: width * width)
  }

  var isFull: Bool { size + width > capacity }

  /// Makes the next block random, orthogonal to the basis.
  func startRandomBlock() throws(LinearAlgebraError) {
    for vector in 0..<width { fillRandom(vector) }
    remainder = [Double](repeating: 0, count: width * width)
    for _ in 0..<2 {
      _ = project()
      _ = try orthonormalise()
    }
    swapInNextBlock()
  }

  /// Takes the next block into the basis and makes the one after it by applying the operator.
  func extend() throws(LinearAlgebraError) {
    image.base.update(repeating: 0, count: n * width)
    try apply(current.base, image.base)
    products += 1
    let before = size
    size += width
    let first = project()
    if !first.allSatisfy(\.isFinite) { throw .notFinite }
    let r1 = try orthonormalise(inBasis: first)
    let second = project()
    let r2 = try orthonormalise()
    remainder = multiply(r2, r1, rows: width)
    storeColumns(at: before, first, multiply(second, r1, rows: size))
    swapInNextBlock()
  }

  /// The `count` largest eigenpairs of the projection, as coordinates in the basis.
  func ritzPairs(_ count: Int) throws(LinearAlgebraError) -> EigenPairs<Double> {
    let t = Matrix<Double>(rows: size, columns: size) { target in
      for row in 0..<size {
        for column in 0..<size { target[row * size + column] = projection[row * capacity + column] }
      }
    }
    return try symmetricEigen(t, top: count)
  }

  /// The residual norm of each pair as the Krylov relation gives it.
  func residuals(of pairs: EigenPairs<Double>) -> [Double] {
    (0..<pairs.values.count).map { pair in
      var square = 0.0
      for row in 0..<width {
        var sum = 0.0
        for column in 0..<width {
          sum += remainder[row * width + column] * pairs.vectors[pair, size - width + column]
        }
        square += sum * sum
      }
      return square.squareRoot()
    }
  }

  /// The Ritz vectors, as rows of length n.
  func ritzVectors(_ pairs: EigenPairs<Double>) -> Matrix<Scalar> {
    let weights: Matrix<Scalar> = pairs.vectors.converted()
    let count = pairs.values.count
    return Matrix(rows: count, columns: n) { target in
      guard let out = target.baseAddress else { return }
      weights.withPointer { weights in
        BLAS.multiply(
          .init(base: weights, stride: size), .init(base: basis.base, stride: n), rows: count, columns: n,
          depth: size, into: out, stride: n)
      }
    }
  }

  /// Keeps only the Ritz vectors of `pairs` and the next block.
  func restart(keeping pairs: EigenPairs<Double>) {
    let vectors = ritzVectors(pairs)
    let kept = pairs.values.count
    vectors.withPointer { basis.base.update(from: $0, count: kept * n) }
    projection = [Double](repeating: 0, count: capacity * capacity)
    for (index, value) in pairs.values.enumerated() { projection[index * capacity + index] = value }
    size = kept
    swap(current, image)
    swapInNextBlock()
  }
}

extension BlockKrylov {
  /// Removes from `image` its part in the basis; returns the coordinates of that part, `size × width`.
  private func project() -> [Double] {
    if size == 0 { return [] }
    let coordinates = Buffer<Scalar>(repeating: 0, count: size * width)
    parallelTiles(Tiling(total: size, size: 64)) { rows in
      BlockKernels.addProduct(
        rows: rows.count, inner: n, basis.base + rows.lowerBound * n, image.base,
        coordinates.base + rows.lowerBound * width, width: width)
    }
    parallelTiles(Tiling(total: n, size: 512)) { rows in
      BlockKernels.subtractTransposedProduct(
        rows: rows.count, inner: size, basis.base + rows.lowerBound, stride: n, coordinates.base,
        image.base + rows.lowerBound * width, width: width)
    }
    return (0..<size * width).map { Double(coordinates.base[$0]) }
  }

  /// Makes the vectors of `image` orthonormal and returns the triangle that gives the old ones back.
  ///
  /// By Cholesky's factor of their Gram matrix. A vector that depends on those before it, or that is nothing but
  /// rounding beside its `part` in the basis, adds nothing: a random one takes its place and has a row of zeros in
  /// the triangle.
  private func orthonormalise(inBasis part: [Double]? = nil) throws(LinearAlgebraError) -> [Double] {
    let gram = BlockKernels.gram(n, image.base, width: width)
    if !gram.allSatisfy(\.isFinite) { throw .notFinite }
    var floor = 0.0
    if let part {
      noteScale(part, gram)
      floor = 8 * Double(Scalar.ulpOfOne) * scale
    }
    var upper = [Double](repeating: 0, count: width * width)
    var inverse = upper
    var replaced: [Int] = []
    for j in 0..<width {
      var square = gram[j * width + j]
      for i in 0..<j {
        var sum = gram[i * width + j]
        for l in 0..<i { sum -= upper[l * width + i] * upper[l * width + j] }
        let pivot = upper[i * width + i]
        upper[i * width + j] = pivot > 0 ? sum / pivot : 0
        square -= upper[i * width + j] * upper[i * width + j]
      }
      if square <= max(1e-11 * gram[j * width + j], floor * floor) || !square.isNormal {
        replaced.append(j)
        continue
      }
      let length = square.squareRoot()
      upper[j * width + j] = length
      for i in 0..<j {
        var sum = 0.0
        for l in i..<j { sum += inverse[i * width + l] * upper[l * width + j] }
        inverse[i * width + j] = -sum / length
      }
      inverse[j * width + j] = 1 / length
    }
    parallelTiles(Tiling(total: n, size: 2048)) { rows in
      BlockKernels.transform(rows.count, image.base + rows.lowerBound * width, width: width, by: inverse)
    }
    for vector in replaced { fillRandom(vector) }
    return upper
  }

  /// Gives a vector of `image` random coordinates of about unit length.
  private func fillRandom(_ vector: Int) {
    let spread = 1 / Double(n).squareRoot()
    for index in 0..<n { image.base[index * width + vector] = Scalar(random.normal() * spread) }
  }

  private func swapInNextBlock() {
    current.base.update(from: image.base, count: n * width)
    BlockKernels.toRows(n, image.base, width: width, basis.base + size * n)
  }

  private func swap(_ source: Buffer<Scalar>, _ target: Buffer<Scalar>) {
    target.base.update(from: source.base, count: n * width)
  }

  private func noteScale(_ coordinates: [Double], _ gram: [Double]) {
    for vector in 0..<width {
      var square = gram[vector * width + vector]
      for row in 0..<size { square += coordinates[row * width + vector] * coordinates[row * width + vector] }
      scale = max(scale, square.squareRoot())
    }
  }

  /// Writes the operator's coordinates on a block into T, from both sides.
  private func storeColumns(at start: Int, _ first: [Double], _ second: [Double]) {
    for row in 0..<size {
      for vector in 0..<width {
        let value = first[row * width + vector] + second[row * width + vector]
        projection[row * capacity + start + vector] = value
        projection[(start + vector) * capacity + row] = value
      }
    }
  }

  /// A·B for A of some rows and B square, both `width` wide.
  private func multiply(_ a: [Double], _ b: [Double], rows: Int) -> [Double] {
    var product = [Double](repeating: 0, count: rows * width)
    for row in 0..<rows {
      for inner in 0..<width {
        let factor = a[row * width + inner]
        for column in 0..<width { product[row * width + column] += factor * b[inner * width + column] }
      }
    }
    return product
  }
}
