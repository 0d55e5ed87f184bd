internal import CKernels

/// The distances, in double, that decide which neighbours are nearest.
struct NeighborRanking {
  let queries: Matrix<Float>
  let references: Matrix<Float>
  let metric: NeighborMetric
  /// The lengths of the references.
  let referenceNorms: [Double]

  init(queries: Matrix<Float>, references: Matrix<Float>, metric: NeighborMetric) {
    (self.queries, self.references, self.metric) = (queries, references, metric)
    referenceNorms = metric == .cosine ? references.squaredRowNorms().map { $0.squareRoot() } : []
  }

  /// The length of a query where the metric needs it.
  func queryNorm(_ query: Int) -> Double {
    if metric == .euclidean { return 0 }
    return queries.withPointer {
      kernel_squared_norm($0 + query * queries.columns, queries.columns).squareRoot()
    }
  }

  /// The squared Euclidean or the cosine distance, infinite where it is not a number.
  func distance(_ query: Int, _ reference: Int, queryNorm: Double) -> Double {
    let columns = queries.columns
    let distance = queries.withPointer { a in
      references.withPointer { b -> Double in
        let (x, y) = (a + query * columns, b + reference * columns)
        if metric == .euclidean { return kernel_squared_distance(x, y, columns) }
        let norms = queryNorm * referenceNorms[reference]
        return norms > 0 ? max(0, 1 - kernel_dot(x, y, columns) / norms) : 1
      }
    }
    return distance.isNaN ? .infinity : distance
  }

  /// Not above the distance, and not far below: three times as fast.
  func quickBound(_ query: Int, _ reference: Int, queryNorm: Double) -> Double {
    let columns = queries.columns
    let error = Double(columns / 32 + 16) * 0x1p-23
    return queries.withPointer { a in
      references.withPointer { b -> Double in
        let (x, y) = (a + query * columns, b + reference * columns)
        if metric == .euclidean {
          return Double(kernel_quick_squared_distance(x, y, columns)) * (1 - error)
            - Double(Float.leastNormalMagnitude)
        }
        let norms = queryNorm * referenceNorms[reference]
        let product = Double(kernel_quick_dot(x, y, columns)) + Double(Float.leastNormalMagnitude)
        return norms > 0 ? 1 - product / norms - error : 0
      }
    }
  }

  /// The distance as it is told.
  func reported(_ distance: Double) -> Float {
    Float(metric == .euclidean ? distance.squareRoot() : distance)
  }
}

/// A reference with its exact distance; ties go to the lower index.
struct RankedNeighbor: Comparable {
  var distance: Double
  var index: Int32

  static func < (a: RankedNeighbor, b: RankedNeighbor) -> Bool {
    a.distance < b.distance || (a.distance == b.distance && a.index < b.index)
  }
}

extension [RankedNeighbor] {
  /// Sorts by insertion where there are few: the library's sort takes longer than their distances.
  mutating func sortFew() {
    if count > 64 { return sort() }
    for end in indices.dropFirst() {
      let next = self[end]
      var place = end
      while place > 0, next < self[place - 1] {
        self[place] = self[place - 1]
        place -= 1
      }
      self[place] = next
    }
  }
}
