import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Groups rows by k-means into as many clusters as an index of validity likes best.
///
/// k-means is run for each number of clusters from `from` to `to` (less than the rows), and the result is kept whose index
/// is best: the largest silhouette or Caliński–Harabasz index, or the least Davies–Bouldin index; of equally good ones
/// that of the fewest clusters. A number for which the index has no value, since all rows fall into one cluster or
/// clusters coincide, is passed over.
///
/// - Shapes: `features` n × d → `assignment` n, `centroids` k × d, `validity` candidates × 2: each number and its index.
/// - Units: `features` and `centroids` in u; the indices have none.
/// - Fits on: every row; more than `from`.
/// - Cost: that of `k-means` and of the index for each number.
/// - Errors: `tooFewRows`, `badShape`, `notFinite`, `outOfRange`; that of the index where it has no value for any number.
/// - Source: the indices of `silhouette`, `calinski-harabasz` and `davies-bouldin`.
struct KMeansSelection: Stage {
  struct Parameters: StageParameters {
    @Parameter("The least number of clusters.", .atLeast(2)) var from = 2
    @Parameter("The largest number of clusters.", .atLeast(2)) var to = 10
    @Parameter("By which index numbers of clusters are compared.") var index = ValidityIndex.silhouette
    @Parameter("Number of starts of each k-means; the best result is kept.", .atLeast(1)) var starts = 3

    var conflicts: [String] { from > to ? ["`from` (\(from)) must not be above `to` (\(to))"] : [] }
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports {
    var assignment: Assignment
    var centroids: Matrix<Float>
    var validity: Matrix<Double>
  }

  static let name = "k-means-selection"
  static let summary = "Groups rows by k-means into as many clusters as an index of validity likes best."
  static let kind = StageKind.clusterer
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let features = input.features
    try features.requireRows(forClusters: parameters.from + 1)
    var best: (found: KMeans.Output, value: Double)?
    var validity: [[Double]] = []
    var refusal: StageError?
    for count in parameters.from...min(parameters.to, features.rows - 1) {
      var settings = KMeans.Parameters()
      (settings.clusters, settings.starts) = (count, parameters.starts)
      let found = try KMeans(parameters: settings).run(.init(features: features), in: context)
      do throws(StageError) {
        let value = try parameters.index.value(of: found.assignment, features, context)
        validity.append([Double(count), value])
        if best.map({ parameters.index.isBetter(value, than: $0.value) }) ?? true { best = (found, value) }
      } catch {
        if error.code == .cancelled { throw error }
        refusal = refusal ?? error
      }
    }
    if let best {
      return Output(
        assignment: best.found.assignment, centroids: best.found.centroids, validity: Matrix(validity))
    }
    throw refusal ?? StageContext.interruption
  }
}

/// An index of how well clusters are apart.
enum ValidityIndex: String, PlainChoice {
  case silhouette
  case calinskiHarabasz = "calinski-harabasz"
  case daviesBouldin = "davies-bouldin"

  func value(
    of assignment: Assignment, _ features: Features, _ context: StageContext
  ) throws(StageError) -> Double {
    let none = NoParameters()
    switch self {
    case .silhouette:
      return try Silhouette(parameters: none).run(
        .init(features: features, assignment: assignment), in: context
      ).measurement.value
    case .calinskiHarabasz:
      return try CalinskiHarabasz(parameters: none).run(
        .init(features: features, assignment: assignment), in: context
      ).measurement.value
    case .daviesBouldin:
      return try DaviesBouldin(parameters: none).run(
        .init(features: features, assignment: assignment), in: context
      ).measurement.value
    }
  }

  func isBetter(_ value: Double, than other: Double) -> Bool {
    self == .daviesBouldin ? value < other : value > other
  }
}
