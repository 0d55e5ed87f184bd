import Artifacts
public import Diagnostics

/// A stage whose results for a smaller value of one parameter are a prefix of those for a larger one.
///
/// A sweep over that parameter fits once, at the largest value, and cuts the others from it; the value that was fitted
/// is part of their keys.
public protocol NestedStage: Stage {
  /// The parameter, a whole number.
  static var nestedParameter: String { get }
  /// Whether it is so with these parameters.
  var isNested: Bool { get }
  /// What these parameters give, cut from what a larger value of the nested parameter gave.
  func slice(_ fitted: Output) throws(StageError) -> Output
}

/// The nested parameter of a configured stage.
public struct Nesting: Sendable {
  /// The parameter's name.
  public let parameter: String
  /// Its value.
  public let value: Int
  /// All other parameters, as text that is the same for stages that can share a fit.
  public let family: String

  /// - Parameter parameters: the stage's, complete.
  init?<S: Stage>(_ stage: S.Type, _ parameters: JSON) {
    guard let type = S.self as? any NestedStage.Type, let value = parameters[type.nestedParameter]?.integer
    else { return nil }
    parameter = type.nestedParameter
    self.value = value
    let others = parameters.members?.filter { $0.key != type.nestedParameter } ?? []
    family = S.name + JSON.object(others).text()
  }
}

extension NestedStage {
  public var isNested: Bool { true }

  /// The same by ports.
  func sliced(_ fitted: [String: any Artifact]) throws(StageError) -> [String: any Artifact] {
    try slice(Output.filled(from: fitted)).artifacts
  }
}
