import Artifacts
import StageKit

/// Measures clusters in the features before their reduction: there indices of several reducers can be compared.
///
/// - Shapes: `features` n × d → `features` n × d, the same.
/// - Units: those of the features.
/// - Fits on: nothing.
/// - Cost: O(n d) time, no memory.
/// - Errors: `notFinite`.
struct InputSpace: Stage {
  typealias Parameters = NoParameters
  struct Input: Ports { var features: Features }
  struct Output: Ports { var features: Features }

  static let name = "input-space"
  static let summary = "Measures clusters in the features before their reduction."
  static let kind = StageKind.space
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    try input.features.requireFinite()
    return Output(features: input.features)
  }
}
