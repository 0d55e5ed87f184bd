import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// The rows of each cluster that has any, one cluster after the other; rows that are noise are one more.
struct ClusterGroups {
  /// All rows in the order of their clusters.
  let order: [Int]
  /// Where each cluster begins in that order, and the end of the last.
  let starts: [Int]

  var count: Int { starts.count - 1 }

  init(_ assignment: Assignment) {
    var members = [[Int]](repeating: [], count: assignment.count + 1)
    for (row, cluster) in assignment.clusters.enumerated() {
      members[cluster < 0 ? assignment.count : Int(cluster)].append(row)
    }
    members.removeAll(where: \.isEmpty)
    order = members.flatMap(\.self)
    starts = members.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
  }

  /// The clusters of rows whose features a measure compares.
  ///
  /// - Throws: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`; `tooFewClasses` if all rows are in one cluster,
  ///   `tooFewRows` if each is one of its own.
  init(comparing features: Features, _ assignment: Assignment) throws(StageError) {
    try requireEqualRows(assignment.rows, of: "assignment", toBe: features.rows, as: "features")
    try features.requireSize(rowsAtLeast: 2)
    try features.requireFinite()
    self.init(assignment)
    guard count > 1 else {
      throw Diagnostic(.tooFewClasses, "all rows are in one cluster, so there is no other to compare with")
    }
    guard count < features.rows else {
      throw Diagnostic(
        .tooFewRows, "every row is a cluster of its own",
        fields: ["rows": "\(features.rows)", "clusters": "\(count)"])
    }
  }
}

/// The centre of each cluster and how its rows lie around it, in double precision.
struct ClusterCentres {
  /// Clusters × columns.
  let centres: Matrix<Double>
  let sizes: [Double]
  /// Σ ‖row − centre‖² of each cluster.
  let squares: [Double]
  /// The mean ‖row − centre‖ of each cluster.
  let radii: [Double]

  init(_ features: Features, _ groups: ClusterGroups, _ context: StageContext) throws(StageError) {
    let (columns, order) = (features.columns, groups.order)
    // Parts of clusters, as many as threads may share, each with sums of its own.
    let parts = (0..<groups.count).flatMap { group in
      stride(from: groups.starts[group], to: groups.starts[group + 1], by: 1024).map {
        (group: group, rows: $0..<min($0 + 1024, groups.starts[group + 1]))
      }
    }
    let sums = Buffer<Double>(repeating: 0, count: parts.count * columns)
    try features.matrix.withPointer { values throws(StageError) in
      try parallelFor(parts.count, stoppingAt: context.safePoint) { index in
        // Less the first row of the cluster: the mean of equal rows is that row, to the last bit.
        let (first, sum) = (
          values + order[groups.starts[parts[index].group]] * columns, sums.base + index * columns
        )
        for place in parts[index].rows {
          let row = values + order[place] * columns
          for column in 0..<columns { sum[column] += Double(row[column]) - Double(first[column]) }
        }
      }
    }
    let sizes = (0..<groups.count).map { Double(groups.starts[$0 + 1] - groups.starts[$0]) }
    let centres = Matrix<Double>(rows: groups.count, columns: columns) { target in
      for group in 0..<groups.count {
        let first = order[groups.starts[group]]
        for column in 0..<columns {
          target[group * columns + column] = Double(features.matrix[first, column])
        }
      }
      for (index, part) in parts.enumerated() {
        for column in 0..<columns {
          target[part.group * columns + column] += sums.base[index * columns + column] / sizes[part.group]
        }
      }
    }
    let spread = Buffer<(squares: Double, distances: Double)>(uninitialized: parts.count)
    try parallelFor(parts.count, stoppingAt: context.safePoint) { index in
      var found = (squares: 0.0, distances: 0.0)
      for place in parts[index].rows {
        let square = features.squaredDistance(order[place], to: centres, parts[index].group)
        found.squares += square
        found.distances += square.squareRoot()
      }
      spread.base[index] = found
    }
    var (squares, radii) = (sizes.map { _ in 0.0 }, sizes.map { _ in 0.0 })
    for (index, part) in parts.enumerated() {
      squares[part.group] += spread.base[index].squares
      radii[part.group] += spread.base[index].distances / sizes[part.group]
    }
    (self.centres, self.sizes, self.squares, self.radii) = (centres, sizes, squares, radii)
  }

  /// ‖centre − other centre‖².
  func squaredDistance(_ one: Int, _ other: Int) -> Double {
    centres.withPointer { base in
      (0..<centres.columns).reduce(0.0) { sum, column in
        let difference = base[one * centres.columns + column] - base[other * centres.columns + column]
        return sum + difference * difference
      }
    }
  }
}

extension Features {
  /// ‖row − centre‖² in double precision.
  fileprivate func squaredDistance(_ row: Int, to centres: Matrix<Double>, _ centre: Int) -> Double {
    matrix.withPointer { values in
      centres.withPointer { centres in
        let (row, centre) = (values + row * columns, centres + centre * columns)
        // Four sums at once, so that no addition waits for the one before.
        var lanes = SIMD4<Double>.zero
        for start in stride(from: 0, to: columns, by: 4) {
          for lane in 0..<min(4, columns - start) {
            let difference = Double(row[start + lane]) - centre[start + lane]
            lanes[lane] += difference * difference
          }
        }
        return lanes.sum()
      }
    }
  }
}
