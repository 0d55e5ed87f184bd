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
    let zips = Zips(config.json["zip"], slots: declarations, report: report)
    var filler = SlotFiller(catalog: stages, config: config, zips: zips, report: report)
    let before = report.problems.count
    var slots: [FilledSlot] = []
    for declaration in declarations { slots.append(filler.fill(declaration)) }
    let isFilled = report.problems.count == before
    if isFilled { zips.check(filler.sweeps, slots: slots, report: report) }
    var request = reader.request(slots: slots)
    // What is not filled as it should be would be missed by patterns as well.
    if isFilled {
      let pairings = zips.pairings(of: slots)
      let skips = SkipReader(slots: slots, graph: graph, report: report)
      request.rules = CellRules(
        counts: slots.map(\.alternatives.count),
        patterns: skips.patterns(config.json["skip"], pairings: pairings), pairings: pairings)
    }
    guard report.problems.isEmpty else { throw Diagnostics(report.problems) }

    let expansion = Expansion(
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
  /// A measure that is asked for by name.
  struct Metric {
    var name: String
    /// Its parameters as the config gives them.
    var parameters = JSON.object([])
    var location: SourceLocation?
  }

  /// The measures that are asked for; nil if the config names none.
  var metrics: [Metric]?
  var tables: [TableSpecification] = []
  /// Which combinations of alternatives are left in; nil for all.
  var rules: CellRules?
}
