import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Draws samples and several views of each, which share few dimensions and differ in others.
///
/// Each sample has a normal number in each of the first `signal` columns, the same in all its views but for normal noise
/// of standard deviation `jitter`. The next `noise` columns are normal numbers of each view alone, of deviation 1, and
/// all other columns of deviation `floor`. Views of a sample follow each other.
///
/// - Shapes: → `features` (samples · views) × columns, `groups` the same number: the sample of each row.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n d) time, no memory besides the output.
/// - Errors: none for parameters within their limits.
struct SyntheticViews: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of samples.", .range(1...1e7)) var samples = 500
    @Parameter("Number of views of each sample.", .range(1...1e4)) var views = 10
    @Parameter("Number of columns.", .range(1...1e5)) var columns = 64
    @Parameter("Columns that the views of a sample share.", .atLeast(0)) var signal = 8
    @Parameter("Columns in which each view is on its own.", .atLeast(0)) var noise = 0
    @Parameter("Standard deviation of what views add to the columns that they share.", .range(0...1e6))
    var jitter = 0.1
    @Parameter("Standard deviation of all other columns.", .range(0...1e6)) var floor = 1e-3

    var conflicts: [String] {
      var found: [String] = []
      if signal + noise > columns {
        found.append(
          "`signal` and `noise` (\(signal) and \(noise)) must not be more than `columns` (\(columns))")
      }
      if samples * views * columns > 1 << 31 {
        found.append("`samples` × `views` × `columns` must not be more than 2147483648 values")
      }
      return found
    }
  }
  struct Output: Ports {
    var features: Features
    var groups: Labels
  }

  static let name = "synthetic-views"
  static let summary = "Draws samples and several views of each, which share few dimensions."
  static let kind = StageKind.loader
  static let revision = 1
  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> Output {
    let (samples, views, columns) = (parameters.samples, parameters.views, parameters.columns)
    let random = RandomStream(seed: context.seed)
    let matrix = try Matrix<Float>(rows: samples * views, columns: columns) { target throws(StageError) in
      guard let target = target.baseAddress else { return }
      try parallelFor(samples, stoppingAt: context.safePoint) { sample in
        var stream = random.substream(UInt64(sample))
        let shared = (0..<parameters.signal).map { _ in stream.normal() }
        for view in 0..<views {
          let row = target + (sample * views + view) * columns
          for column in 0..<columns {
            row[column] = Float(
              column < shared.count
                ? shared[column] + parameters.jitter * stream.normal()
                : (column < shared.count + parameters.noise ? 1 : parameters.floor) * stream.normal())
          }
        }
      }
    }
    return Output(
      features: Features(matrix),
      groups: Labels(
        indices: (0..<samples * views).map { Int32($0 / views) }, names: (0..<samples).map(String.init)))
  }
}
