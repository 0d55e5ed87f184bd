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

/// A stage that fits many values of one parameter together for little more than one costs.
///
/// A sweep over that parameter fits once, and each value takes its part; all values that were fitted together are part
/// of its key.
public protocol PathStage: Stage {
  /// The parameter, a number.
  static var pathParameter: String { get }
  /// How far a value's result may lie from that of a fit of its own: numbers as a share of the largest of their array,
  /// classes as a share of the rows that have another.
  static var pathTolerance: Double { get }
  /// What these parameters give for each of several values of that parameter; for one value alone it is what `run`
  /// gives.
  ///
  /// - Parameter values: ascending, none twice.
  func run(_ input: Input, along values: [Double], in context: StageContext) throws(StageError) -> [Output]
}

extension PathStage {
  public static var pathTolerance: Double { 1e-3 }
}

/// What a configured stage shares with those that differ from it in one parameter alone.
public struct SharedFit: Sendable {
  /// How one fit serves several values of the parameter.
  public enum Way: Sendable {
    /// Smaller values are cut from the fit of the largest.
    case largest
    /// All values are fitted together.
    case path
  }

  /// How one fit serves several values.
  public let way: Way
  /// The parameter's name.
  public let parameter: String
  /// Its value.
  public let value: Double
  /// All other parameters, as text that is the same for stages that can share a fit.
  public let family: String

  /// - Parameter parameters: the stage's, complete.
  init?<S: Stage>(_ stage: S.Type, _ parameters: JSON) {
    if let type = S.self as? any NestedStage.Type {
      (way, parameter) = (.largest, type.nestedParameter)
    } else if let type = S.self as? any PathStage.Type {
      (way, parameter) = (.path, type.pathParameter)
    } else {
      return nil
    }
    guard let value = parameters[parameter]?.number else { return nil }
    self.value = value
    let name = parameter
    family = S.name + JSON.object((parameters.members ?? []).filter { $0.key != name }).text()
  }

  /// The parameters of a fit along a path: in place of the parameter's value all values.
  func along(_ values: [JSON], _ parameters: JSON) -> JSON {
    .object(
      (parameters.members ?? []).map { $0.key == parameter ? JSON.Member($0.key, .array(values)) : $0 })
  }

  /// A value as people write it: 8, 0.1.
  public static func json(_ value: Double) -> JSON { Int(exactly: value).map(JSON.integer) ?? .number(value) }

  /// The output port of a path for one of its values.
  static func port(_ name: String, at value: Double) -> String { "\(name) at \(json(value).text())" }
}

extension NestedStage {
  public var isNested: Bool { true }

  /// The same by ports.
  func sliced(_ fitted: [String: any Artifact]) throws(StageError) -> [String: any Artifact] {
    try slice(Output.filled(from: fitted)).artifacts
  }
}

extension PathStage {
  /// The same by ports, each with its value.
  func fitted(
    _ inputs: [String: any Artifact], along values: [Double], in context: StageContext
  ) throws(StageError) -> [String: any Artifact] {
    let outputs = try run(Input.filled(from: inputs), along: values, in: context)
    var found: [String: any Artifact] = [:]
    for (value, output) in zip(values, outputs) {
      for (port, artifact) in output.artifacts { found[SharedFit.port(port, at: value)] = artifact }
    }
    return found
  }
}
