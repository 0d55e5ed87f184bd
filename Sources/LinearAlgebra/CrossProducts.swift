internal import CKernels

/// Σ xᵀ·y over the rows x of `a` and y of `b` (of `a` itself where nil): p × q, in double.
///
/// Rows are multiplied in blocks and the blocks summed in double: an element's error is that of a block of 512 rows.
/// The rows are dealt to a few groups that are summed side by side and added in order at the end.
func sumOfProducts<Scalar: MatrixScalar, Failure>(
  _ a: RowSource<Scalar>, _ b: RowSource<Scalar>?, _ safePoint: SafePoint<Failure>
) throws(Failure) -> Matrix<Double> {
  let sum = CrossProductSum(a: a, b: b) { safePoint.shouldStop }
  let result = sum.result()
  try safePoint.check()
  return result
}

/// Σ xᵀ·x and Σ x over the rows x of `a`, from one reading of the rows.
func sumOfProductsAndColumns<Failure>(
  _ a: RowSource<Float>, _ safePoint: SafePoint<Failure>
) throws(Failure) -> (products: Matrix<Double>, sums: [Double]) {
  let sum = CrossProductSum(a: a, b: nil, sumsColumns: true) { safePoint.shouldStop }
  let result = sum.result()
  try safePoint.check()
  return (result, sum.columnSums())
}

/// How many rows are summed in the precision of the elements before they are added in double.
private let blockRows = 512

private struct CrossProductSum<Scalar: MatrixScalar> {
  let a: RowSource<Scalar>
  let b: RowSource<Scalar>?
  private let blocks: Tiling
  private let leftTiles: Tiling
  private let rightTiles: Tiling
  private let pairs: [(Int, Int)]
  /// Groups of blocks of rows.
  private let groups: Tiling
  private let leftScratch: Scratch<Scalar>
  private let rightScratch: Scratch<Scalar>
  private let tileScratch: Scratch<Scalar>

  private let rows: Int
  private let columns: Int
  /// Asked before each block; when it says yes the result is worthless.
  private let shouldStop: () -> Bool
  /// The sums of the columns of `a`, a row for each group; nil where nobody asks for them.
  private let sums: Buffer<Double>?
  /// The pairs of tiles, those off the diagonal first: they take twice as long.
  private let order: [Int]

  init(
    a: RowSource<Scalar>, b: RowSource<Scalar>?, sumsColumns: Bool = false,
    shouldStop: @escaping () -> Bool
  ) {
    self.shouldStop = shouldStop
    self.a = a
    self.b = b
    rows = a.columns
    columns = (b ?? a).columns
    blocks = Tiling(total: a.count, size: blockRows)
    leftTiles = Tiling(evenly: a.columns, atMost: 512)
    rightTiles = Tiling(evenly: (b ?? a).columns, atMost: 512)
    let (down, across) = (leftTiles.count, rightTiles.count)
    pairs =
      b == nil ? lowerPairs(down) : (0..<down).flatMap { row in (0..<across).map { (row, $0) } }
    // As many groups as give 12 tasks, but none with less than some 50 µs of work.
    let work = 2 * a.count * a.columns * (b ?? a).columns / max(1, pairs.count)
    let wanted = max(1, min(12 / max(1, pairs.count), work / 4_000_000, blocks.count))
    groups = Tiling(total: blocks.count, size: max(1, (blocks.count + wanted - 1) / wanted))
    let isDiagonal = pairs.map { b == nil && $0.0 == $0.1 }
    order = pairs.indices.filter { !isDiagonal[$0] } + pairs.indices.filter { isDiagonal[$0] }
    sums = sumsColumns ? Buffer(repeating: 0, count: groups.count * a.columns) : nil
    let (side, height) = (min(512, a.columns), min(blockRows, a.count))
    let width = min(512, (b ?? a).columns)
    leftScratch = Scratch(count: a.scratchCount(rows: height, columns: side))
    rightScratch = Scratch(count: (b ?? a).scratchCount(rows: height, columns: width))
    tileScratch = Scratch(count: Scalar.self == Double.self ? 0 : side * width)
  }

  func result() -> Matrix<Double> {
    if rows * columns == 0 || a.count == 0 { return Matrix(rows: rows, columns: columns) }
    let partial = (0..<groups.count).map { _ in Buffer<Double>(uninitialized: rows * columns) }
    for group in partial { group.base.update(repeating: 0, count: rows * columns) }
    forEachStep { positions in
      parallelFor(groups.count * pairs.count) { task in
        // Large pieces first, so that the threads end together.
        let (pair, group) = (order[task / groups.count], task % groups.count)
        sum(
          blocks: blocks(of: group, at: positions), left: leftTiles[pairs[pair].0],
          right: rightTiles[pairs[pair].1], into: partial[group].base,
          columnSums: sums.map { $0.base + group * rows })
      }
    }
    let total = partial[0].base
    parallelFor(pairs.count) { index in
      let (left, right) = (leftTiles[pairs[index].0], rightTiles[pairs[index].1])
      for row in left {
        let start = row * columns + right.lowerBound
        for group in partial.dropFirst() { add(group.base + start, to: total + start, count: right.count) }
      }
      if b == nil { mirror(total, order: rows, rows: left, columns: right) }
    }
    return Matrix(rows: rows, columns: columns, buffer: partial[0])
  }

  /// Calls `body` with the positions of the blocks in every group that are taken next.
  ///
  /// In memory there is one step. What lies in a file takes as many as keep the rows of a step in memory until every
  /// pair of tiles has had them, and those of the next one are read meanwhile.
  private func forEachStep(_ body: (Range<Int>) -> Void) {
    let files = FileMemory.current.flatMap { $0.holds(UnsafeRawPointer(a.base)) ? $0 : nil }
    guard let files else { return body(0..<groups.size) }
    // This step and the next one take an eighth of the budget each at most.
    let blockBytes = groups.count * blockRows * max(1, a.columns) * MemoryLayout<Scalar>.stride
    let stepBlocks = max(1, min(64 << 20, files.budget / 8) / blockBytes)
    for start in stride(from: 0, to: groups.size, by: stepBlocks) where !shouldStop() {
      let (end, next) = (start + stepBlocks, start + 2 * stepBlocks)
      for group in 0..<groups.count { files.willRead(memory(of: blocks(of: group, at: end..<next))) }
      body(start..<end)
      for group in 0..<groups.count { files.didRead(memory(of: blocks(of: group, at: start..<end))) }
    }
  }

  /// The blocks of a group at some positions in it, as far as it has them.
  private func blocks(of group: Int, at positions: Range<Int>) -> Range<Int> {
    let all = groups[group]
    let start = min(all.lowerBound + positions.lowerBound, all.upperBound)
    return start..<min(all.lowerBound + positions.upperBound, all.upperBound)
  }

  /// From the first row of some blocks to the last.
  private func memory(of range: Range<Int>) -> UnsafeRawBufferPointer {
    if range.isEmpty { return UnsafeRawBufferPointer(start: nil, count: 0) }
    let (first, end) = (blocks[range.lowerBound].lowerBound, blocks[range.upperBound - 1].upperBound)
    let (firstRow, lastRow) = (a.indices?[first] ?? first, a.indices?[end - 1] ?? end - 1)
    // Rows that lie far apart, or in no order, are not worth the thought.
    guard firstRow <= lastRow, lastRow - firstRow < 4 * (end - first) else {
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    return a.memory(ofRows: firstRow..<lastRow + 1)
  }

  /// The sums of the columns of `a`, once `result` is there.
  func columnSums() -> [Double] {
    guard let sums else { return [] }
    return (0..<rows).map { column in
      (0..<groups.count).reduce(0) { $0 + sums.base[$1 * rows + column] }
    }
  }

  /// Sums one tile of the result over a group of blocks.
  private func sum(
    blocks range: Range<Int>, left: Range<Int>, right: Range<Int>, into sums: UnsafeMutablePointer<Double>,
    columnSums: UnsafeMutablePointer<Double>?
  ) {
    for block in range where !shouldStop() {
      let rows = blocks[block]
      a.withBlock(rows: rows, columns: left, scratch: leftScratch) { x in
        var x = x
        x.isTransposed = true
        if b == nil && left == right {
          if let columnSums {
            for row in 0..<rows.count {
              let values = UnsafeRawPointer(x.base + row * x.stride).assumingMemoryBound(to: Float.self)
              kernel_accumulate(columnSums + left.lowerBound, values, left.count)
            }
          }
          add(x, nil, depth: rows.count, left: left, right: right, to: sums)
        } else {
          (b ?? a).withBlock(rows: rows, columns: right, scratch: rightScratch) { y in
            add(x, y, depth: rows.count, left: left, right: right, to: sums)
          }
        }
      }
    }
  }

  /// Adds the product of one block: directly where it is in double, else through a tile in single precision.
  private func add(
    _ x: BLAS.Operand<Scalar>, _ y: BLAS.Operand<Scalar>?, depth: Int, left: Range<Int>, right: Range<Int>,
    to sums: UnsafeMutablePointer<Double>
  ) {
    let target = sums + left.lowerBound * columns + right.lowerBound
    if Scalar.self == Double.self {
      let target = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Scalar.self)
      multiply(x, y, depth: depth, left: left, right: right, beta: 1, into: target, stride: columns)
      return
    }
    tileScratch.withBuffer { tile in
      multiply(x, y, depth: depth, left: left, right: right, beta: 0, into: tile, stride: right.count)
      for row in 0..<left.count {
        let values = UnsafeRawPointer(tile + row * right.count).assumingMemoryBound(to: Float.self)
        // Of a tile on the diagonal only the lower triangle was written.
        kernel_accumulate(target + row * columns, values, y == nil ? row + 1 : right.count)
      }
    }
  }

  private func multiply(
    _ x: BLAS.Operand<Scalar>, _ y: BLAS.Operand<Scalar>?, depth: Int, left: Range<Int>, right: Range<Int>,
    beta: Scalar, into target: UnsafeMutablePointer<Scalar>, stride: Int
  ) {
    if let y {
      BLAS.multiply(
        x, y, rows: left.count, columns: right.count, depth: depth, beta: beta, into: target, stride: stride)
    } else {
      BLAS.multiplySymmetric(x, order: left.count, depth: depth, beta: beta, into: target, stride: stride)
    }
  }

  private func add(_ values: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Double>, count: Int) {
    for index in 0..<count { sums[index] += values[index] }
  }
}
