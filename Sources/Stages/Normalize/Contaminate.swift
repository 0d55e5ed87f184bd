import Artifacts
import LinearAlgebra
import StageKit

/// Replaces a share of the fit rows by normal noise, as outliers that a robust method should not be moved by.
///
/// The rows are drawn without repetition, as many as `share` of the fit rows, rounded. Each of their values becomes a
/// normal number of mean 0 and standard deviation `deviation`, whatever the features are like. Held-out rows stay.
///
/// - Shapes: `features` n × d, `fitRows` n → `features` n × d.
/// - Units: `deviation` in those of the features.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least 1.
/// - Cost: O(n d) time, no memory besides the output.
/// - Errors: `notFinite`, `tooFewRows`, `lengthMismatch`, `badShape`; `outOfRange` for noise beyond Float32.
/// - Source: the contaminated Iris data of Tonin, Lambert, Patrinos, Suykens, ICML 2023, arXiv:2306.05815.
struct Contaminate: Stage {
  struct Parameters: StageParameters {
    @Parameter("The share of the fit rows that is replaced.", .range(0...1)) var share = 0.1
    @Parameter("Standard deviation of the noise that replaces them.", .above(0)) var deviation = 10.0
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports { var features: Features }

  static let name = "contaminate"
  static let summary = "Replaces a share of the fit rows by normal noise."
  static let kind = StageKind.normalizer
  static let revision = 1
  static let traits: Set<StageTrait> = [.fitsOnFitRows]
  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let rows = try input.features.fitIndices(input.fitRows)
    try input.features.requireFinite()
    let random = RandomStream(seed: context.seed)
    // Every row has a stream of its own, whose first number decides whether the row is drawn.
    let draws = rows.map { row in
      var stream = random.substream(UInt64(row))
      return (ticket: stream.uniform(), row: row, stream: stream)
    }
    let count = Int((parameters.share * Double(rows.count)).rounded())
    let drawn = draws.sorted { ($0.ticket, $0.row) < ($1.ticket, $1.row) }.prefix(count)
    var matrix = input.features.matrix
    for var draw in drawn {
      for column in 0..<matrix.columns {
        matrix[draw.row, column] = Float(parameters.deviation * draw.stream.normal())
      }
    }
    return Output(features: try matrix.finiteFeatures())
  }
}
