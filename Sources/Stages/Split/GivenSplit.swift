import Artifacts
import Diagnostics
import StageKit

/// Takes the split that came with the data.
///
/// - Shapes: `given` n → `folds` n.
/// - Fits on: nothing.
/// - Cost: none.
/// - Errors: `outOfRange` if the data have another number of folds than `folds` says.
struct GivenSplit: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of folds of the split that came with the data.", .range(1...1000))
    var folds = 1
  }
  struct Input: Ports {
    var given: Folds
  }
  struct Output: Ports {
    var folds: Folds
  }

  static let name = "given-split"
  static let summary = "Takes the split that came with the data."
  static let kind = StageKind.splitter
  static let revision = 1

  let parameters: Parameters
  var foldCount: Int { parameters.folds }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    guard input.given.count == parameters.folds else {
      throw Diagnostic(
        .outOfRange, "the data come with another number of folds",
        fields: ["folds of the data": "\(input.given.count)", "`folds`": "\(parameters.folds)"],
        hint: "set `folds` to \(input.given.count)")
    }
    return Output(folds: input.given)
  }
}
