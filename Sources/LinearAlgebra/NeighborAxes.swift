internal import CKernels

extension NeighborFrame {
  /// As many axes as a search takes least time with, told by what is left to measure in a sample; nil where the
  /// product of whole rows takes less.
  ///
  /// - Parameters:
  ///   - count: how many neighbours are wanted.
  ///   - width: how many axes, where that is settled.
  func axes(count: Int, width: Int? = nil) -> ProjectionAxes? {
    let (sample, columns) = (ranking.sample(queries: 64, references: 2048), means.count)
    let rows = readAll(sample.references)
    guard let axes = ProjectionAxes(sampling: rows, count: width ?? min(256, columns / 2)) else { return nil }
    if width != nil { return axes.spread() }
    // As large a share of the sample is near as will be in the end.
    let near = (count * sample.references.rows + ranking.references.rows - 1) / ranking.references.rows
    let pairs = SampledPairs(sample, rows, in: self, limits: sample.distances(rank: max(1, near)))
    // The time of one product of codes is the unit. Limits fall while references are seen: half as many again are
    // looked at as those of the end would let through.
    let measured = 1.5 * pairs.shareOfWholeRows()
    var best: (cost: Double, width: Int)?
    pairs.forEachWidth(on: axes, step: 32) { width, share in
      let cost = Double(width) + 1.5 * share * Double(2 * columns + 500)
      if cost < best?.cost ?? .infinity { best = (cost, width) }
    }
    guard let best, best.cost + measured * Double(30 * columns + 2000) < 4 * Double(columns) else {
      return nil
    }
    return axes.prefix(best.width).spread()
  }

  /// All rows of a matrix, made ready.
  fileprivate func readAll(_ matrix: Matrix<Float>) -> Matrix<Float> {
    Matrix(rows: matrix.rows, columns: matrix.columns) { target in
      if let base = target.baseAddress { read(0..<matrix.rows, of: matrix, into: base) }
    }
  }
}

/// Some queries and references, of which it is counted how many pairs bounds let through.
private struct SampledPairs {
  private let (left, right): (Matrix<Float>, Matrix<Float>)
  /// What a query's bounds must not be above.
  private let limits: [Float]
  private let offsets: [Float]
  private let scale: Float

  init(_ sample: NeighborRanking, _ references: Matrix<Float>, in frame: NeighborFrame, limits: [Double]) {
    (left, right, scale) = (frame.readAll(sample.queries), references, frame.scale)
    self.limits = left.withPointer { [columns = left.columns] base in
      limits.indices.map { Float(limits[$0] - frame.bias(base + $0 * columns)).nextUp }
    }
    offsets = right.withPointer { [rows = right.rows, columns = right.columns] base in
      (0..<rows).map { frame.offset(base + $0 * columns) }
    }
  }

  private func share(_ count: Int) -> Double { Double(count) / Double(max(1, left.rows * right.rows)) }

  /// The share that bounds by codes of whole rows let through.
  func shareOfWholeRows() -> Double {
    let (columns, width) = (left.columns, CodedQueries.padded(left.columns))
    let codes = Buffer<Int8>(uninitialized: width)
    let rows = Buffer<UInt8>(uninitialized: right.rows * width)
    let terms = Buffer<CodeTerms>(uninitialized: right.rows)
    let places = (0..<Int32(right.rows)).map { $0 }
    var (bounds, found) = (
      [Float](repeating: 0, count: right.rows + 3), [Int32](repeating: 0, count: right.rows + 3)
    )
    var within = 0
    right.withPointer { base in
      for row in 0..<right.rows {
        var own = CodeTerms(row: base + row * columns, columns, width: width, into: codes.base)
        own.makeReference(offset: offsets[row])
        terms.base[row] = own
        for column in 0..<width {
          rows.base[row * width + column] = UInt8(Int(codes.base[column]) + Int(CODE_SHIFT))
        }
      }
    }
    left.withPointer { base in
      for query in 0..<left.rows {
        var own = CodeTerms(row: base + query * columns, columns, width: width, into: codes.base)
        own.makeQuery()
        within += code_rows_within(
          rows.base, terms.base, width, codes.base, &own, scale, places, right.rows, limits[query], &bounds,
          &found)
      }
    }
    return share(within)
  }

  /// Calls `body` with the share that bounds on so many of the axes let through.
  func forEachWidth(on axes: ProjectionAxes, step: Int, _ body: (Int, Double) -> Void) {
    let (short, others) = (product(left, transposed: axes.vectors), product(right, transposed: axes.vectors))
    var (squares, otherSquares) = (left.squaredRowNorms(), right.squaredRowNorms())
    let (all, otherAll) = (squares.map { $0.squareRoot() }, otherSquares.map { $0.squareRoot() })
    var products = Matrix<Float>(rows: left.rows, columns: right.rows)
    for width in stride(from: step, through: axes.count, by: step) {
      let start = width - step
      func fall(_ squares: inout [Double], _ rows: Matrix<Float>) -> [Float] {
        rows.withPointer { base in
          for row in squares.indices {
            squares[row] -= kernel_squared_norm(base + row * rows.columns + start, step)
          }
        }
        return squares.map { Float(max(0, $0).squareRoot()) }
      }
      let (rests, otherRests) = (fall(&squares, short), fall(&otherSquares, others))
      var within = 0
      products.withMutablePointer { products in
        short.withPointer { a in
          others.withPointer { b in
            BLAS.multiply(
              BLAS.Operand(base: a + start, stride: axes.count),
              BLAS.Operand(base: b + start, stride: axes.count, isTransposed: true), rows: left.rows,
              columns: right.rows, depth: step, beta: 1, into: products, stride: right.rows)
          }
        }
        for query in 0..<left.rows {
          // What codes are off by is about a seventieth of a row.
          let (rest, error) = (rests[query], Float(all[query]) * (2 / 70))
          let row = products + query * right.rows
          for other in 0..<right.rows {
            let product = row[other] + rest * otherRests[other] + error * Float(otherAll[other])
            within += offsets[other] - scale * product <= limits[query] ? 1 : 0
          }
        }
      }
      body(width, share(within))
    }
  }
}

extension NeighborRanking {
  /// Some of the queries and references, at fixed distances from each other.
  fileprivate func sample(queries queryCount: Int, references referenceCount: Int) -> NeighborRanking {
    func thinned(_ matrix: Matrix<Float>, _ count: Int) -> Matrix<Float> {
      let step = max(1, (matrix.rows + count - 1) / count)
      return matrix.selecting(rows: Array(stride(from: 0, to: matrix.rows, by: step)))
    }
    return NeighborRanking(
      queries: thinned(queries, queryCount), references: thinned(references, referenceCount), metric: metric)
  }

  /// For each query the `rank`-th least distance, from 1.
  fileprivate func distances(rank: Int) -> [Double] {
    let found = Buffer<Double>(uninitialized: queries.rows)
    parallelFor(queries.rows) { query in
      let norm = queryNorm(query)
      let all = (0..<references.rows).map { distance(query, $0, queryNorm: norm) }.sorted()
      found.base[query] = all[min(rank, all.count) - 1]
    }
    return (0..<queries.rows).map { found.base[$0] }
  }
}
