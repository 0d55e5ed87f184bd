import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Draws what a bank knows of its accounts: amounts and counts that tell groups of behaviour, among many that do not.
///
/// Every value is the exponential of a normal number, so columns are skewed and their largest values far out. The first
/// `informative` columns tell the groups: the logarithms of one group have a mean of their own in each, drawn from a
/// normal distribution of standard deviation `separation`, and vary about it with standard deviation 1; amounts and
/// counts, which are rounded to whole numbers, take turns. Of the `noise` columns behind them every other one follows
/// one of the informative columns, drawn at random, with the given `correlation` of their logarithms within a group; the
/// others follow nothing. Row i belongs to group i mod `groups`, and a longer table begins with the rows of a shorter
/// one.
///
/// - Shapes: → `features` n × (informative + noise), `labels` n, the group of each row.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n d) time, no memory besides the output.
/// - Errors: none for parameters within their limits.
struct Transactions: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of rows, an account each.", .range(1...1e8)) var rows = 2000
    @Parameter("Number of columns that tell the groups.", .range(1...1e5)) var informative = 30
    @Parameter("Number of columns that do not.", .range(0...1e5)) var noise = 170
    @Parameter("Number of groups of behaviour.", .range(1...1e5)) var groups = 6
    @Parameter(
      "How far the groups lie apart: standard deviation of their means, in logarithms.", .range(0...10))
    var separation = 1.0
    @Parameter("Correlation of every other noise column with an informative one.", .range(0...1))
    var correlation = 0.5

    var conflicts: [String] {
      var found: [String] = []
      if groups > rows {
        found.append("`groups` (\(groups)) must not be more than `rows` (\(rows)): every group has a row")
      }
      if rows * (informative + noise) > 1 << 31 || groups * informative > 1 << 31 {
        found.append("the table must not have more than 2147483648 values")
      }
      return found
    }
  }
  struct Output: Ports {
    var features: Features
    var labels: Labels
  }

  static let name = "transactions"
  static let summary =
    "Draws amounts and counts of accounts in groups of behaviour, among many noisy columns."
  static let kind = StageKind.loader
  static let revision = 1
  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> Output {
    let (rows, groups) = (parameters.rows, parameters.groups)
    let columns = parameters.informative + parameters.noise
    let random = RandomStream(seed: context.seed)
    let means = means(random.substream(0)), followed = followed(random.substream(1))
    // Every row has a stream of its own: neither tiles nor the number of rows decide what it becomes.
    let tile = max(1, 65_536 / columns)
    let matrix = Matrix<Float>(rows: rows, columns: columns) { target in
      guard let target = target.baseAddress else { return }
      parallelFor((rows + tile - 1) / tile) { index in
        if context.shouldStop { return }
        for row in index * tile..<min(rows, (index + 1) * tile) {
          var stream = random.substream(UInt64(row) + 2)
          draw(row % groups, means, followed, &stream, target + row * columns)
        }
      }
    }
    try context.checkCancelled()
    return Output(
      features: Features(matrix),
      labels: Labels(
        indices: (0..<rows).map { Int32($0 % groups) }, names: Labels(integers: Array(0..<groups)).names))
  }

  /// Draws one row.
  private func draw(
    _ group: Int, _ means: [Double], _ followed: [Int], _ stream: inout RandomStream,
    _ row: UnsafeMutablePointer<Float>
  ) {
    let (informative, correlation) = (parameters.informative, parameters.correlation)
    let deviations = (0..<informative).map { _ in stream.normal() }
    for column in 0..<informative {
      let value = exp(means[group * informative + column] + deviations[column])
      row[column] = Float(column % 2 == 0 ? value : value.rounded())
    }
    for column in 0..<parameters.noise {
      let own = stream.normal()
      let logarithm =
        column % 2 == 0
        ? correlation * deviations[followed[column]] + (1 - correlation * correlation).squareRoot() * own
        : own
      row[informative + column] = Float(exp(logarithm))
    }
  }

  /// The mean logarithm of each informative column in each group.
  private func means(_ start: RandomStream) -> [Double] {
    var stream = start
    return (0..<parameters.groups * parameters.informative).map { _ in parameters.separation * stream.normal()
    }
  }

  /// The informative column that each noise column follows, if it follows one.
  private func followed(_ start: RandomStream) -> [Int] {
    var stream = start
    return (0..<parameters.noise).map { _ in stream.below(parameters.informative) }
  }
}
