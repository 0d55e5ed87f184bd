public import Artifacts
public import Diagnostics
public import PipelineDSL
import RunRecords
public import StageKit

/// Makes plans from configs.
public struct Planner: Sendable {
  /// Gives the digest of what a source reads, remembered from earlier if possible.
  public typealias Fingerprint = @Sendable (ConfiguredStage) throws(Diagnostic) -> Digest

  private let stages: StageCatalog
  private let pipelines: PipelineCatalog
  private let fingerprint: Fingerprint

  /// A planner that knows some stages and pipelines.
  public init(stages: StageCatalog, pipelines: PipelineCatalog, fingerprint: @escaping Fingerprint) {
    self.stages = stages
    self.pipelines = pipelines
    self.fingerprint = fingerprint
  }

  /// Expands a config into nodes with keys.
  ///
  /// - Throws: every problem of the config together.
  public func plan(_ config: Config) throws(Diagnostics) -> Plan {
    let report = ParameterReport()
    let reader = ConfigReader(config: config, stages: stages, report: report)
    guard let pipeline = reader.pipeline(among: pipelines) else { throw Diagnostics(report.problems) }
    let (declarations, graph) = pipeline.expanded()
    reader.refuseUnknownKeys(slots: declarations)
    let filler = SlotFiller(catalog: stages, folder: config.folder, report: report)
    let slots = declarations.map { filler.fill($0, from: config) }
    let request = reader.request(slots: slots)
    guard report.problems.isEmpty else { throw Diagnostics(report.problems) }

    var expansion = Expansion(
      plan: Plan(config: config, pipeline: pipeline.name, seeds: request.seeds), slots: slots, graph: graph,
      request: request, stages: stages, fingerprint: fingerprint, report: report)
    expansion.expand()
    guard report.problems.isEmpty else { throw Diagnostics(report.problems) }
    return expansion.plan
  }
}

/// What a config asks for besides its slots.
struct Request {
  var seeds: [Int] = [0]
  var runSeed = 0
  /// The measures that are asked for by name; nil if the config names none.
  var metrics: [(name: String, location: SourceLocation?)]?
  var tables: [TableSpecification] = []
}
