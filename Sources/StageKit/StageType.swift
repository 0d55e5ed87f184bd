public import Artifacts
public import Diagnostics
import Synchronization

/// A stage of the catalog with its types hidden.
///
/// A class, since every node of a plan refers to one.
public final class StageType: Sendable {
  /// The name that configs use.
  public let name: String
  /// What it does, in one sentence.
  public let summary: String
  /// Which slots it can fill.
  public let kind: StageKind
  /// Raised whenever results change.
  public let revision: Int
  /// What the laws may assume.
  public let traits: Set<StageTrait>
  /// What a measure's number means.
  public let metric: Metric?
  private let stage: any Stage.Type
  private let ports = Mutex<(inputs: [Port], inputsByName: [Port], outputs: [Port])?>(nil)

  /// Hides the types of a stage.
  public init(_ type: any Stage.Type) {
    name = type.name
    summary = type.summary
    kind = type.kind
    revision = type.revision
    traits = type.traits
    metric = type.kind == .measure ? (type as? any MeasureStage.Type)?.metric : nil
    stage = type
  }

  /// The input ports, in the order of their declaration.
  public var inputs: [Port] { declared.inputs }
  /// The input ports, in the order of their names.
  public var inputsByName: [Port] { declared.inputsByName }
  /// The output ports, in the order of their declaration.
  public var outputs: [Port] { declared.outputs }

  /// Found when first asked for: of most stages of a catalog nobody asks.
  private var declared: (inputs: [Port], inputsByName: [Port], outputs: [Port]) {
    ports.withLock { ports in
      if let ports { return ports }
      let inputs = Self.inputs(of: stage)
      let found = (inputs, inputs.sorted { $0.name < $1.name }, Self.outputs(of: stage))
      ports = found
      return found
    }
  }

  /// The parameters.
  public var schema: [ParameterSchema] { Self.schema(of: stage) }

  /// How far results from a path may lie from those of a fit of their own; 0 for a stage that has none.
  var pathTolerance: Double { (stage as? any PathStage.Type)?.pathTolerance ?? 0 }

  /// The stage with parameters from a config.
  ///
  /// - Parameter folder: where relative paths start.
  /// - Throws: every problem of the parameters together.
  public func configured(_ json: JSON, folder: String = ".") throws(Diagnostics) -> ConfiguredStage {
    try Self.configure(stage, self, json, folder)
  }

  /// The stage that a record names: as a config has it, along a path, or the slice of a shared fit.
  ///
  /// - Parameters:
  ///   - name: as ``ConfiguredStage/name`` tells it.
  ///   - json: the parameters, as the record tells them.
  /// - Throws: what stages say of parameters that they refuse.
  public func recorded(
    as name: String, _ json: JSON, folder: String
  ) throws(Diagnostics) -> ConfiguredStage {
    if name.hasSuffix(ConfiguredStage.sliceEnding) { return try configured(json, folder: folder).slice }
    guard name.hasSuffix(ConfiguredStage.pathEnding), let path = stage as? any PathStage.Type,
      let values = json[path.pathParameter]?.items?.compactMap(\.number), let first = values.first
    else { return try configured(json, folder: folder) }
    let members = (json.members ?? []).map {
      $0.key == path.pathParameter ? JSON.Member($0.key, .number(first)) : $0
    }
    return try configured(.object(members), folder: folder).along(values)
  }

  private static func inputs<S: Stage>(of type: S.Type) -> [Port] { S.Input.declared }
  private static func outputs<S: Stage>(of type: S.Type) -> [Port] { S.Output.declared }
  private static func schema<S: Stage>(of type: S.Type) -> [ParameterSchema] { S.Parameters.schema }

  private static func configure<S: Stage>(
    _ swiftType: S.Type, _ type: StageType, _ json: JSON, _ folder: String
  ) throws(Diagnostics) -> ConfiguredStage {
    ConfiguredStage(S(parameters: try S.Parameters.read(json)), of: type, folder: folder)
  }
}

/// A stage with resolved parameters, its types hidden.
///
/// A class, since a plan passes it on often.
public final class ConfiguredStage: Sendable {
  /// The stage's type.
  public let type: StageType
  /// The complete parameters in canonical form.
  public let parameters: JSON
  /// The parameters that can change a result, in canonical form.
  public let keyParameters: JSON
  /// Whether the result depends on the seed.
  public let isRandom: Bool
  /// The optional outputs that it does not give.
  public let absentOutputs: Set<String>
  /// The number of folds, for a splitter.
  public let foldCount: Int
  /// The files that it reads, for a source.
  public let sources: [SourceDescription]
  /// Whether it reads files, so that its key is the digest of their content.
  public let isSource: Bool
  /// What it shares with stages that differ from it in one parameter alone.
  public let sharing: SharedFit?
  /// What it does with its inputs.
  private let role: Role
  private let stage: any Stage

  private enum Role: Equatable {
    /// It fits.
    case fit
    /// It fits several values of its path parameter together.
    case path([Double])
    /// It takes its result from that of a fit that serves several values.
    case slice
  }

  /// The stage's name, and whether it fits a path or only takes its part of a shared fit.
  public var name: String {
    switch role {
    case .fit: type.name
    case .path: "\(type.name)\(Self.pathEnding)"
    case .slice: "\(type.name)\(Self.sliceEnding)"
    }
  }

  /// What the name of a stage ends with that takes its part of a shared fit.
  public static let sliceEnding = " (slice)"
  /// What the name of a stage ends with that fits a path.
  public static let pathEnding = " (path)"

  /// Whether it takes its result from that of a shared fit, instead of fitting.
  public var isSlice: Bool { role == .slice }

  /// The stage that takes its result from that of a shared fit; see ``parts(for:)``.
  public var slice: ConfiguredStage { ConfiguredStage(self, as: .slice) }

  /// The stage that fits by itself.
  public var whole: ConfiguredStage { ConfiguredStage(self, as: .fit) }

  /// The stage that fits several values of the path parameter together.
  ///
  /// - Parameter values: ascending, none twice.
  public func along(_ values: [Double]) -> ConfiguredStage { ConfiguredStage(self, as: .path(values)) }

  /// The output ports that it gives with these parameters.
  public var outputs: [Port] {
    let absent = absentOutputs
    let given = absent.isEmpty ? type.outputs : type.outputs.filter { !absent.contains($0.name) }
    guard case .path(let values) = role else { return given }
    return values.flatMap { value in
      given.map { Port(SharedFit.port($0.name, at: value), $0.type, isOptional: $0.isOptional) }
    }
  }

  /// The outputs of this shared fit that a slice takes, by its input ports.
  public func parts(for slice: ConfiguredStage) -> [(input: String, output: Port)] {
    guard case .path = role, let value = slice.sharing?.value else {
      return outputs.map { ($0.name, $0) }
    }
    let inputs = Dictionary(
      slice.type.outputs.map { (SharedFit.port($0.name, at: value), $0.name) }
    ) { first, _ in first }
    return outputs.compactMap { output in inputs[output.name].map { ($0, output) } }
  }

  /// Hides the types of a stage.
  public init<S: Stage>(_ original: S, of type: StageType? = nil, folder: String = ".") {
    let source = (original as? any SourceStage)?.resolved(against: folder)
    let stage: any Stage = source ?? original
    self.stage = stage
    self.type = type ?? StageType(S.self)
    // As the config gives them: a manifest must not hold the paths of one machine.
    (parameters, keyParameters) = original.parameters.canonical
    isRandom = stage.isRandom
    absentOutputs = stage.absentOutputs
    foldCount = stage.foldCount
    isSource = source != nil
    let isShared = (stage as? any NestedStage)?.isNested ?? true
    sharing = isShared ? SharedFit(S.self, parameters) : nil
    sources = source?.sources ?? []
    role = .fit
  }

  private init(_ fit: ConfiguredStage, as role: Role) {
    type = fit.type
    if case .path(let values) = role, let sharing = fit.sharing {
      let values = values.map { JSON.number($0) }
      parameters = sharing.along(values, fit.parameters)
      keyParameters = sharing.along(values, fit.keyParameters)
    } else {
      (parameters, keyParameters) = (fit.parameters, fit.keyParameters)
    }
    isRandom = role != .slice && fit.stage.isRandom
    absentOutputs = fit.absentOutputs
    foldCount = fit.foldCount
    sources = fit.sources
    isSource = fit.isSource
    sharing = fit.sharing
    self.role = role
    stage = fit.stage
  }

  /// The digest of the content that a source reads.
  public func fingerprint() throws(StageError) -> Digest {
    guard let source = stage as? any SourceStage else {
      throw Diagnostic(.internalFault, "`\(type.name)` reads no files")
    }
    return try source.fingerprint()
  }

  /// Computes the outputs from the inputs, by port.
  public func run(
    _ inputs: [String: any Artifact], in context: StageContext
  ) throws(StageError) -> [String: any Artifact] {
    switch role {
    case .fit: return try Self.run(stage, inputs, context)
    case .slice:
      // What is taken from a path is what goes in.
      return try (stage as? any NestedStage)?.sliced(inputs) ?? inputs
    case .path(let values):
      guard let path = stage as? any PathStage else {
        throw Diagnostic(.internalFault, "`\(type.name)` has no path parameter")
      }
      return try path.fitted(inputs, along: values, in: context)
    }
  }

  private static func run<S: Stage>(
    _ stage: S, _ inputs: [String: any Artifact], _ context: StageContext
  ) throws(StageError) -> [String: any Artifact] {
    try stage.run(S.Input.filled(from: inputs), in: context).artifacts
  }
}

/// The list of stages that a tool knows.
public struct StageCatalog: Sendable {
  /// The stages, in the order in which they are listed.
  public let stages: [StageType]
  private let byName: [String: StageType]

  /// Makes a catalog; names are unique.
  public init(_ types: [any Stage.Type]) {
    stages = types.map { StageType($0) }
    byName = Dictionary(stages.map { ($0.name, $0) }) { first, _ in first }
    precondition(byName.count == stages.count, "two stages of the catalog have one name")
  }

  /// The stage of that name.
  public subscript(name: String) -> StageType? { byName[name] }

  /// The stages that can fill a slot of that kind.
  public func stages(of kind: StageKind) -> [StageType] { stages.filter { $0.kind == kind } }
}
