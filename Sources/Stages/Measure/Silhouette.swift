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
/// - Cost: O(n² d) time by matrix products in double precision, O(n d + n k + n² ÷ 512) memory.
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
  static let revision = 2
  static let traits: Set<StageTrait> = [.rowWise, .onRequest]
  static let metric = Metric(better: .higher, range: -1...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let groups = try ClusterGroups(comparing: input.features, input.assignment)
    let sums = try distanceSums(
      among: input.features.centred(in: groups.order), groups: groups.starts, stoppingAt: context.safePoint)
    var sum = 0.0
    for group in 0..<groups.count {
      for row in groups.starts[group]..<groups.starts[group + 1] {
        sum += score(of: row, in: group, sums, groups)
      }
    }
    return MeasureOutput(sum / Double(input.features.rows))
  }

  /// The silhouette of one of the sorted rows.
  private func score(of row: Int, in own: Int, _ sums: Matrix<Double>, _ groups: ClusterGroups) -> Double {
    func size(_ group: Int) -> Double { Double(groups.starts[group + 1] - groups.starts[group]) }
    guard size(own) > 1 else { return 0 }
    let inside = sums[row, own] / (size(own) - 1)
    let nearest = (0..<groups.count).reduce(Double.infinity) { least, group in
      group == own ? least : min(least, sums[row, group] / size(group))
    }
    let larger = max(inside, nearest)
    return larger > 0 ? (nearest - inside) / larger : 0
  }
}

extension Features {
  /// The rows in another order, less their mean, in double precision.
  fileprivate func centred(in order: [Int]) -> Matrix<Double> {
    let means = columnMeans(of: matrix)
    return matrix.withPointer { values in
      Matrix(rows: order.count, columns: columns) { target in
        for (place, row) in order.enumerated() {
          for column in 0..<columns {
            target[place * columns + column] = Double(values[row * columns + column]) - means[column]
          }
        }
      }
    }
  }
}
