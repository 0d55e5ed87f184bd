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

  /// The stage with parameters from a config.
  ///
  /// - Parameter folder: where relative paths start.
  /// - Throws: every problem of the parameters together.
  public func configured(_ json: JSON, folder: String = ".") throws(Diagnostics) -> ConfiguredStage {
    try Self.configure(stage, self, json, folder)
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
  /// The parameter of which smaller values can be cut from the result of a larger one.
  public let nesting: Nesting?
  /// Whether it cuts its result from that of the same stage with a larger nested parameter, instead of fitting.
  public let isSlice: Bool
  private let stage: any Stage

  /// The stage's name, and whether it only cuts a result.
  public var name: String { isSlice ? "\(type.name) (slice)" : type.name }

  /// The stage that cuts its result from that of the same stage with a larger nested parameter.
  ///
  /// Its inputs are the outputs of that stage, port by port.
  public var slice: ConfiguredStage { ConfiguredStage(slicing: self) }

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
    let isNested = (stage as? any NestedStage)?.isNested ?? false
    nesting = isNested ? Nesting(S.self, parameters) : nil
    sources = source?.sources ?? []
    isSlice = false
  }

  private init(slicing fitted: ConfiguredStage) {
    type = fitted.type
    parameters = fitted.parameters
    keyParameters = fitted.keyParameters
    isRandom = false
    absentOutputs = fitted.absentOutputs
    foldCount = fitted.foldCount
    sources = fitted.sources
    isSource = fitted.isSource
    nesting = fitted.nesting
    isSlice = true
    stage = fitted.stage
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
    if isSlice {
      guard let nested = stage as? any NestedStage else {
        throw Diagnostic(.internalFault, "`\(type.name)` has no nested parameter")
      }
      return try nested.sliced(inputs)
    }
    return try Self.run(stage, inputs, context)
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
