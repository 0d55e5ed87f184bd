import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// How much nearer rows are to their own cluster than to the next one, on average.
///
/// With a the mean Euclidean distance of a row to the others of its cluster and b the smallest mean distance to the
/// rows of another cluster, a row has (b − a) / max(a, b), and 0 if it is alone in its cluster. Rows that a method
/// leaves out as noise count as one more cluster, as in scikit-learn.
///
/// - Shapes: `features` n × d, `assignment` n → one number from −1 to 1.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n² d) time by matrix products in double precision, O(n d) memory.
/// - Errors: `notFinite`, `lengthMismatch`, `badShape`; `tooFewRows` if there are not more rows than clusters;
///   `tooFewClasses` if all rows are in one cluster.
/// - Source: Rousseeuw, J. Comput. Appl. Math. 20 (1987) 53–65; scikit-learn's `silhouette_score`.
struct Silhouette: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var features: Features
    var assignment: Assignment
  }

  static let name = "silhouette"
  static let summary = "How much nearer rows are to their own cluster than to the next one, on average."
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .higher, range: -1...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let (features, assignment) = (input.features, input.assignment)
    try requireEqualRows(assignment.rows, of: "assignment", toBe: features.rows, as: "features")
    try features.requireSize(rowsAtLeast: 2)
    try features.requireFinite()
    let groups = Groups(assignment)
    try requireClusters(groups.count, rows: features.rows)
    let rows = ClusteredRows(features, groups)
    let tile = 128
    let scores = Buffer<Double>(repeating: 0, count: features.rows)
    parallelFor((features.rows + tile - 1) / tile) { index in
      if context.shouldStop { return }
      rows.score(index * tile..<min(features.rows, (index + 1) * tile), into: scores.base)
    }
    try context.checkCancelled()
    let sum = (0..<features.rows).reduce(0.0) { $0 + scores.base[$1] }
    return MeasureOutput(sum / Double(features.rows))
  }

  private func requireClusters(_ count: Int, rows: Int) throws(StageError) {
    guard count > 1 else {
      throw Diagnostic(.tooFewClasses, "all rows are in one cluster, so there is no other to compare with")
    }
    guard count < rows else {
      throw Diagnostic(
        .tooFewRows, "every row is a cluster of its own",
        fields: ["rows": "\(rows)", "clusters": "\(count)"])
    }
  }
}

/// The rows of each cluster that has any, one cluster after the other.
private struct Groups {
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
}

/// Centred rows in double precision, sorted by cluster, so that the distances to a cluster stand side by side.
private struct ClusteredRows {
  let matrix: Matrix<Double>
  let norms: [Double]
  let groups: Groups

  init(_ features: Features, _ groups: Groups) {
    self.groups = groups
    let (rows, columns) = (features.rows, features.columns)
    var matrix = features.matrix.selecting(rows: groups.order).converted(to: Double.self)
    var norms = [Double](repeating: 0, count: rows)
    matrix.withMutablePointer { values in
      var means = [Double](repeating: 0, count: columns)
      for row in 0..<rows {
        for column in 0..<columns { means[column] += values[row * columns + column] / Double(rows) }
      }
      for row in 0..<rows {
        for column in 0..<columns {
          let value = values[row * columns + column] - means[column]
          values[row * columns + column] = value
          norms[row] += value * value
        }
      }
    }
    self.matrix = matrix
    self.norms = norms
  }

  /// Writes the silhouettes of some of the sorted rows.
  func score(_ tile: Range<Int>, into scores: UnsafeMutablePointer<Double>) {
    let products = product(matrix.selecting(rows: Array(tile)), transposed: matrix)
    products.withPointer { products in
      norms.withUnsafeBufferPointer { norms in
        var own = groups.starts.lastIndex { $0 <= tile.lowerBound } ?? 0
        for row in tile {
          while row >= groups.starts[own + 1] { own += 1 }
          let line = products + (row - tile.lowerBound) * matrix.rows
          scores[row] = score(row, own, line, norms)
        }
      }
    }
  }

  private func score(
    _ row: Int, _ own: Int, _ products: UnsafePointer<Double>, _ norms: UnsafeBufferPointer<Double>
  ) -> Double {
    let ownSize = groups.starts[own + 1] - groups.starts[own]
    guard ownSize > 1 else { return 0 }
    var (inside, nearest) = (0.0, Double.infinity)
    for cluster in 0..<groups.count {
      var sum = 0.0
      for other in groups.starts[cluster]..<groups.starts[cluster + 1] where other != row {
        sum += max(0, norms[row] + norms[other] - 2 * products[other]).squareRoot()
      }
      if cluster == own {
        inside = sum / Double(ownSize - 1)
      } else {
        nearest = min(nearest, sum / Double(groups.starts[cluster + 1] - groups.starts[cluster]))
      }
    }
    let larger = max(inside, nearest)
    return larger > 0 ? (nearest - inside) / larger : 0
  }
}
