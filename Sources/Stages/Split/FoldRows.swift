import Artifacts
import Diagnostics
import StageKit

/// Picks the rows that are fitted on in one fold: all that the fold does not hold out.
///
/// - Shapes: `folds` n → `fitRows` n.
/// - Fits on: nothing.
/// - Cost: O(n).
/// - Errors: `outOfRange` if there is no such fold.
struct FoldRows: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of the fold, from 0.", .atLeast(0))
    var fold = 0
  }
  struct Input: Ports {
    var folds: Folds
  }
  struct Output: Ports {
    var fitRows: RowMask
  }

  static let name = "fold-rows"
  static let summary = "Picks the rows that are fitted on in one fold."
  static let kind = StageKind.selector
  static let revision = 1

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    guard parameters.fold < input.folds.count else {
      throw Diagnostic(
        .outOfRange, "there is no fold \(parameters.fold)", fields: ["folds": "\(input.folds.count), from 0"])
    }
    return Output(fitRows: input.folds.mask(of: parameters.fold))
  }
}
