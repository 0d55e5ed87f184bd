import Artifacts
import Diagnostics
import LinearAlgebra
import PipelineDSL
import Planning
import StageKit
import Synchronization

/// A source whose content is what its parameter says.
struct FakeSource: SourceStage {
  struct Parameters: StageParameters {
    @Parameter("The file.", .notEmpty) var file: Locator = "a.h5"
    @Parameter("Whether there are labels.") var labelled = true
  }
  typealias Input = NoPorts
  struct Output: Ports {
    var features: Features
    var labels: Labels?
  }

  static let name = "source"
  static let summary = "Reads rows."
  static let kind = StageKind.loader
  static let revision = 1

  let parameters: Parameters

  var absentOutputs: Set<String> { parameters.labelled ? [] : ["labels"] }
  var sources: [SourceDescription] { [SourceDescription(file: parameters.file.text, parts: "features")] }
  func fingerprint() throws(StageError) -> Digest {
    if parameters.file.text.hasSuffix("missing.h5") {
      throw Diagnostic(.fileNotFound, "there is no such file", fields: ["path": parameters.file.text])
    }
    return Digest(of: Array("content".utf8))
  }
  func resolved(against folder: String) -> FakeSource {
    var parameters = parameters
    parameters.file = Locator(folder + parameters.file.text)
    return FakeSource(parameters: parameters)
  }
  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> Output {
    Output(features: .empty, labels: nil)
  }
}

/// A splitter with a number of folds, random or not.
struct FakeSplit: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of folds.", .range(1...20)) var folds = 1
    @Parameter("Whether rows are shuffled.") var shuffled = false
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports { var folds: Folds }

  static let name = "split"
  static let summary = "Divides rows."
  static let kind = StageKind.splitter
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { parameters.shuffled }
  var foldCount: Int { parameters.folds }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output { Output(folds: .empty) }
}

/// Picks a fold.
struct FakeFold: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of the fold, from 0.", .atLeast(0)) var fold = 0
  }
  struct Input: Ports { var folds: Folds }
  struct Output: Ports { var fitRows: RowMask }

  static let name = "fold"
  static let summary = "Picks a fold."
  static let kind = StageKind.selector
  static let revision = 1

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output { Output(fitRows: .empty) }
}

/// A deterministic reducer with one parameter of every sort.
struct FakeReduce: Stage {
  enum Kernel: ParameterChoice {
    case linear, rbf(RBF)
    struct RBF: ParameterGroup {
      @Parameter("Inverse width.", .above(0)) var gamma = 1.0
    }
    static let cases: [ChoiceCase<Kernel>] = [.plain("linear", .linear), .fields("rbf", Kernel.rbf)]
    var chosen: ChosenCase {
      switch self {
      case .linear: "linear"
      case .rbf(let rbf): ChosenCase("rbf", rbf)
      }
    }
  }
  enum Solver: String, PlainChoice { case exact, quick }

  struct Parameters: StageParameters {
    @Parameter("Number of components.", .atLeast(1)) var components = 2
    @Parameter("Ridge.", .range(0...1)) var ridge = 0.5
    @Parameter("Kernel.") var kernel = Kernel.linear
    @Parameter("Solver.") var solver = Solver.exact
    @Parameter("Powers.", .length(2)) var powers: [Int]? = nil
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports { var embedding: Features }

  static let name = "reduce"
  static let summary = "Reduces."
  static let kind = StageKind.reducer
  static let revision = 1

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    Output(embedding: input.features)
  }
}

/// The same reducer after it was mended.
struct FakeMendedReduce: Stage {
  static let name = FakeReduce.name
  static let summary = FakeReduce.summary
  static let kind = FakeReduce.kind
  static let revision = 2

  let parameters: FakeReduce.Parameters

  func run(_ input: FakeReduce.Input, in context: StageContext) throws(StageError) -> FakeReduce.Output {
    FakeReduce.Output(embedding: input.features)
  }
}

/// A reducer whose smaller results are prefixes of larger ones.
struct FakeNested: NestedStage {
  struct Parameters: StageParameters {
    @Parameter("Number of components.", .atLeast(1)) var components = 2
    @Parameter("Ridge.", .range(0...1)) var ridge = 0.5
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports { var embedding: Features }

  static let name = "nested"
  static let summary = "Reduces, with prefixes."
  static let kind = StageKind.reducer
  static let revision = 1
  static let nestedParameter = "components"

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    Output(embedding: input.features)
  }

  func slice(_ fitted: Output) throws(StageError) -> Output { fitted }
}

/// A reducer that fits many strengths together.
struct FakePath: PathStage {
  struct Parameters: StageParameters {
    @Parameter("Strength.", .above(0)) var strength = 1.0
    @Parameter("Ridge.", .range(0...1)) var ridge = 0.5
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports { var embedding: Features }

  static let name = "path"
  static let summary = "Reduces, many strengths together."
  static let kind = StageKind.reducer
  static let revision = 1
  static let pathParameter = "strength"

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    Output(embedding: input.features)
  }

  func run(
    _ input: Input, along values: [Double], in context: StageContext
  ) throws(StageError) -> [Output] { values.map { _ in Output(embedding: input.features) } }
}

/// A random clusterer.
struct FakeCluster: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of clusters.", .atLeast(1)) var clusters = 2
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports { var assignment: Assignment }

  static let name = "cluster"
  static let summary = "Clusters."
  static let kind = StageKind.clusterer
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    Output(assignment: .empty)
  }
}

/// A deterministic probe that needs labels.
struct FakeProbe: Stage {
  struct Parameters: StageParameters {
    @Parameter("Neighbours.", .atLeast(1)) var k = 1
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var fitRows: RowMask
  }
  struct Output: Ports { var predictions: Predictions }

  static let name = "probe"
  static let summary = "Predicts."
  static let kind = StageKind.probe
  static let revision = 1

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    Output(predictions: .empty)
  }
}

/// Measures predictions against labels.
struct FakeHits: MeasureStage {
  struct Input: Ports {
    var predictions: Predictions
    var labels: Labels
  }
  static let name = "hits"
  static let summary = "Counts hits."
  static let revision = 1
  static let metric = Metric(better: .higher)
  let parameters: NoParameters
  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput { MeasureOutput(0) }
}

/// Measures clusters alone.
struct FakeSpread: MeasureStage {
  struct Input: Ports { var assignment: Assignment }
  static let name = "spread"
  static let summary = "Measures the spread of clusters."
  static let revision = 1
  static let metric = Metric(better: .lower)
  let parameters: NoParameters
  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput { MeasureOutput(0) }
}

/// Measures embeddings, but only where it is asked for.
struct FakeDetail: MeasureStage {
  struct Input: Ports { var embedding: Features }
  static let name = "detail"
  static let summary = "Measures an embedding at great cost."
  static let revision = 1
  static let traits: Set<StageTrait> = [.onRequest]
  static let metric = Metric(better: .neither)
  struct Parameters: StageParameters {
    @Parameter("How fine the detail is.", .atLeast(1)) var grain = 1
  }
  let parameters: Parameters
  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput { MeasureOutput(0) }
}

/// Every reducer before every clusterer and probe.
struct FakePipeline: Pipeline {
  static let name = "compare"
  static let summary = "Compares reducers."

  @Slot var data: Loader
  @Slot var split: Splitter = .standard("split")
  @Slots var whiten: [Normalizer] = [.none]
  @Slots var reduce: [Reducer]
  @Slots var cluster: [Clusterer] = []
  @Slots var probe: [Probe] = []

  var flow: some Flow {
    let table = data.table
    let fold = split.fold(of: table)
    each(whiten, reduce) { whiten, reduce in
      let embedding = table.features.then(whiten, fit: fold).then(reduce, labels: table.labels, fit: fold)
      embedding.measured()
      each(cluster) { embedding.then($0).measured(against: table.labels) }
      each(probe) { embedding.then($0, labels: table.labels, fit: fold).measured() }
    }
  }
}

/// What the fakes are known as, and how configs are planned with them.
enum Fakes {
  static let stages = StageCatalog([
    FakeSource.self, FakeSplit.self, FakeFold.self, FakeReduce.self, FakeCluster.self, FakeProbe.self,
    FakeHits.self, FakeSpread.self, FakeDetail.self,
  ])
  static let pipelines = PipelineCatalog([PipelineType(FakePipeline.self)])

  /// A config with the pipeline and the data in its first lines, and some members more.
  static func config(_ members: String, changes: [String] = []) throws -> Config {
    let text = """
      {
        "pipeline": "compare",
        "data": { "source": {} },
        \(members)
      }
      """
    return try Config(SourceText(file: "configs/test.json", text), changes: changes)
  }

  /// The plan with one more stage in the catalog, so that what others expect to be listed stays.
  static func plan(_ members: String, with stage: any Stage.Type) throws -> Plan {
    let stages = StageCatalog([
      FakeSource.self, FakeSplit.self, FakeFold.self, stage, FakeCluster.self, FakeSpread.self,
    ])
    let planner = Planner(stages: stages, pipelines: pipelines) { (stage) throws(Diagnostic) in
      try stage.fingerprint()
    }
    return try planner.plan(config(members))
  }

  static func plan(_ members: String, changes: [String] = []) throws -> Plan {
    try plan(config(members, changes: changes))
  }

  static func plan(_ config: Config) throws -> Plan {
    try Planner(stages: stages, pipelines: pipelines) { (stage) throws(Diagnostic) in try stage.fingerprint()
    }
    .plan(config)
  }

  /// The whole message of all errors; nil if there is none.
  static func errors(_ members: String, changes: [String] = []) -> String? {
    do {
      _ = try plan(members, changes: changes)
      return nil
    } catch { return "\(error)" }
  }
}

extension Plan {
  /// How many nodes each stage has.
  var counts: [String: Int] { nodes.reduce(into: [:]) { $0[$1.stage.type.name, default: 0] += 1 } }

  func nodes(of stage: String) -> [Node] { nodes.filter { $0.stage.type.name == stage } }
}
