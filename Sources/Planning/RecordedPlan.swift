import Artifacts
public import Diagnostics
public import RunRecords
public import StageKit

extension Plan {
  /// The plan of a run as its record tells it: neither the config nor the pipeline is asked, so that it does not matter
  /// whether they would still give the same.
  ///
  /// - Parameters:
  ///   - stages: what this program has.
  ///   - folder: where relative paths of inputs start.
  ///   - targets: the numbers of the nodes whose results are wanted; by default all that was measured.
  ///   - others: the numbers of nodes that the plan holds besides the targets and what they need.
  /// - Throws: `notReproducible` for every stage that this program lacks or has in another revision; what stages say
  ///   of parameters that they refuse; `corruptRecord` where the record's nodes do not fit together.
  public init(
    recorded record: DeterministicRecord, stages: StageCatalog, folder: String, targets: Set<Int>? = nil,
    others: Set<Int> = []
  ) throws(Diagnostics) {
    let settings = (record.config.members ?? []).filter { !["extends", "$schema"].contains($0.key) }
    let text = SourceText(file: "\(folder)/\(record.name).json", JSON.object(settings).text())
    self.init(
      config: try Config(text), pipeline: record.pipeline, seeds: Self.seeds(record))
    var builder = RecordedPlanBuilder(record, stages: stages, folder: folder)
    nodes = try builder.nodes(record.ancestors(of: targets?.union(others)))
    tables = record.tables
    measured = targets.map { builder.measured($0) } ?? builder.measured(record.results)
  }

  private static func seeds(_ record: DeterministicRecord) -> [Int] {
    let seeds = Set(record.results.compactMap(\.seed)).sorted()
    return seeds.isEmpty ? [0] : seeds
  }
}

extension DeterministicRecord {
  /// Some nodes with all that they need; all nodes without a choice.
  fileprivate func ancestors(of chosen: Set<Int>?) -> [NodeRecord] {
    guard var needed = chosen else { return nodes }
    for node in nodes.reversed() where needed.contains(node.id) { needed.formUnion(node.inputs.map(\.node)) }
    return nodes.filter { needed.contains($0.id) }
  }
}

/// Makes the nodes of a plan from those of a record, gathering every problem.
private struct RecordedPlanBuilder {
  private let stages: StageCatalog
  private let folder: String
  private let contents: [Int: Digest]
  private var problems: [Diagnostic] = []
  private var known: Set<String> = []
  private var made: [Plan.Node] = []
  /// The place in the plan, by the number in the record.
  private var places: [Int: Plan.NodeID] = [:]
  private var byKey: [String: Plan.NodeID] = [:]

  init(_ record: DeterministicRecord, stages: StageCatalog, folder: String) {
    self.stages = stages
    self.folder = folder
    contents = record.contentInputs.mapValues(\.digest)
  }

  mutating func nodes(_ records: [NodeRecord]) throws(Diagnostics) -> [Plan.Node] {
    var counts: [String: Int] = [:]
    for record in records { counts[record.stage, default: 0] += 1 }
    for record in records {
      guard let stage = try stage(of: record, count: counts[record.stage] ?? 0) else { continue }
      add(record, stage)
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return made
  }

  private mutating func stage(of record: NodeRecord, count: Int) throws(Diagnostics) -> ConfiguredStage? {
    let endings = [ConfiguredStage.sliceEnding, ConfiguredStage.pathEnding]
    let ending = endings.first(where: record.stage.hasSuffix) ?? ""
    let name = String(record.stage.dropLast(ending.count))
    let hint = "reproduce the run with the version of `pipe` that made it"
    guard let type = stages[name] else {
      report(
        Diagnostic(
          .notReproducible, "this version of `pipe` has no stage `\(name)`", fields: ["nodes": "\(count)"],
          hint: hint))
      return nil
    }
    guard type.revision == record.revision else {
      report(
        Diagnostic(
          .notReproducible, "the stage `\(name)` gives other results than in the run",
          fields: [
            "revision in the run": "\(record.revision)", "revision now": "\(type.revision)",
            "nodes": "\(count)",
          ], hint: hint))
      return nil
    }
    return try type.recorded(as: record.stage, record.parameters, folder: folder)
  }

  private mutating func report(_ problem: Diagnostic) {
    if known.insert(problem.headline).inserted { problems.append(problem) }
  }

  private mutating func add(_ record: NodeRecord, _ stage: ConfiguredStage) {
    var inputs: [Plan.Edge] = []
    for input in record.inputs {
      guard let node = places[input.node] else {
        // What feeds it could not be made, which was said; or it stands behind what it feeds.
        if problems.isEmpty {
          report(
            Diagnostic(
              .corruptRecord, "the node `\(record.name)` takes from a node that does not stand before it",
              hint: "restore the manifest from a copy, or run the config again"))
        }
        return
      }
      inputs.append(Plan.Edge(port: input.port, node: node, output: input.output))
    }
    let placed = PlacedStage(stage, label: record.name)
    let records = contents[record.id].map(placed.records.with(content:)) ?? placed.records
    let components = KeyComponents(
      records, seed: record.seed.map { UInt64(bitPattern: Int64($0)) },
      sorted: inputs.map {
        KeyComponents.Input(port: $0.port, key: made[$0.node.index].key, output: $0.output)
      })
    let id = Plan.NodeID(index: made.count)
    var node = Plan.Node(
      id: id, inputs: inputs, key: record.key, components: components, placed: placed.with(records),
      suffix: NodeNames.Suffix())
    if stage.isSlice, let fit = inputs.first.map({ made[$0.node.index] }) {
      // Where the fit fails a slice comes about by itself, from what feeds the fit.
      node.alone = Plan.Alone(
        PlacedStage(stage.whole, label: record.name), inputs: fit.inputs, seed: fit.seed)
    }
    made.append(node)
    places[record.id] = id
    byKey[record.key.digest.hex] = id
  }

  /// What was measured: the numbers with their places, and what is more than a number.
  func measured(_ results: [MeasuredValue]) -> [Plan.PlannedMeasurement] {
    let numbers = results.compactMap { result in
      byKey[result.key].map { node in
        Plan.PlannedMeasurement(
          choices: result.choices, seed: result.seed, fold: result.fold, metric: result.metric, node: node)
      }
    }
    let seen = Set(numbers.map(\.node))
    return numbers + made.filter { $0.stage.type.kind == .measure && !seen.contains($0.id) }.map(target)
  }

  func measured(_ targets: Set<Int>) -> [Plan.PlannedMeasurement] {
    targets.sorted().compactMap { places[$0].map { target(made[$0.index]) } }
  }

  private func target(_ node: Plan.Node) -> Plan.PlannedMeasurement {
    Plan.PlannedMeasurement(choices: [], seed: nil, fold: nil, metric: node.stage.name, node: node.id)
  }
}
