import Artifacts
import StageKit

/// Measures clusters in the features that were clustered.
///
/// - Shapes: `embedding` n × k → `features` n × k, the same.
/// - Units: those of the embedding.
/// - Fits on: nothing.
/// - Cost: O(n k) time, no memory.
/// - Errors: `notFinite`.
struct ReducedSpace: Stage {
  typealias Parameters = NoParameters
  struct Input: Ports { var embedding: Features }
  struct Output: Ports { var features: Features }

  static let name = "reduced-space"
  static let summary = "Measures clusters in the features that were clustered."
  static let kind = StageKind.space
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    try input.embedding.requireFinite()
    return Output(features: input.embedding)
  }
}
