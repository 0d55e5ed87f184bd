import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Chooses rows at random, each equally likely, without a look at their clusters.
///
/// - Shapes: `features` n × d → `sample` n.
/// - Units: none.
/// - Fits on: every row; their values are not used.
/// - Cost: O(n).
/// - Errors: `tooFewRows` if there is no row; `notFinite`, `badShape`.
struct RandomSample: Stage {
  struct Parameters: StageParameters {
    @Parameter("How many rows are chosen; all where there are not more.", .atLeast(1)) var rows = 25
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports { var sample: RowMask }

  static let name = "random-sample"
  static let summary = "Chooses rows at random."
  static let kind = StageKind.sampler
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    try input.features.requireSize()
    try input.features.requireFinite()
    var random = RandomStream(seed: context.seed)
    var isChosen = [Bool](repeating: false, count: input.features.rows)
    for row in random.sample(min(parameters.rows, isChosen.count), of: isChosen.count) {
      isChosen[row] = true
    }
    return Output(sample: RowMask(isChosen))
  }
}
