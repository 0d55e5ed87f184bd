import Artifacts
import Diagnostics
import Execution
import Glibc
import Planning
import Reporting
import RunRecords
import StageKit
import Store

/// What the commands that plan have in common: the store, the config and its plan.
struct Session {
  let tool: Tool
  let arguments: Arguments
  /// The store; nil where a command writes nothing and there is none.
  let store: Store?
  /// What the inputs of the plans were when these were made.
  let inputs: InputFingerprints

  static let options: [Option] = [.set, .store]

  /// Opens what is needed.
  ///
  /// - Parameter readOnly: a command that writes nothing must not make a store either.
  init(_ arguments: Arguments, _ tool: Tool, readOnly: Bool) throws(Diagnostic) {
    self.tool = tool
    self.arguments = arguments
    let path = Session.storePath(arguments)
    var status = stat()
    let exists = stat(path, &status) == 0
    store = readOnly && !exists ? nil : try Session.open(path, readOnly: readOnly)
    inputs = InputFingerprints(store, threads: try arguments.count(of: .jobs, in: 1...1024) ?? Machine.cores)
  }

  private static func open(_ path: String, readOnly: Bool) throws(Diagnostic) -> Store {
    do throws(Diagnostic) { return try Store(at: path, readOnly: readOnly) } catch {
      var error = error
      error.hint = error.hint ?? "give another folder with `--store DIR`"
      throw error
    }
  }

  static func storePath(_ arguments: Arguments) -> String { arguments.value(of: .store) ?? ".pipe/store" }

  static func runs(_ arguments: Arguments) -> RunStore {
    RunStore(path: arguments.value(of: .runs) ?? "runs")
  }

  /// The plan of a config, by default the one that the first operand names.
  func plan(_ path: String? = nil) throws -> Plan {
    let config = try Config.read(path ?? arguments.operands[0], changes: arguments.values(of: .set))
    let plan = try planner.plan(config)
    try Session.checkTables(of: plan)
    return plan
  }

  /// Tables that cannot be made of what will be measured are found before anything runs.
  private static func checkTables(of plan: Plan) throws(Diagnostics) {
    guard !plan.tables.isEmpty else { return }
    var isNumber: [String: Bool] = [:]
    for measured in plan.measured where isNumber[measured.metric] == nil {
      isNumber[measured.metric] = plan[measured.node].stage.type.metric != nil
    }
    let results = plan.measured.filter { isNumber[$0.metric] == true }.map { measured in
      // Whether there is a number for every cell is not asked: a key would say nothing here.
      MeasuredValue(
        choices: measured.choices, seed: measured.seed, fold: measured.fold, metric: measured.metric,
        value: nil, key: "")
    }
    var problems: [Diagnostic] = []
    let shapes = isNumber.filter { !$0.value }.map(\.key)
    for table in plan.tables {
      if let shape = table.metrics.first(where: shapes.contains) {
        problems.append(
          Diagnostic(
            .badConfig, "the table `\(table.name)` cannot show `\(shape)`, which is more than a number",
            hint: "name it in \"metrics\", outside the tables: it is written to a file of its own"))
        continue
      }
      do throws(Diagnostic) { _ = try ResultTable(table, results: results, metrics: []) } catch {
        problems.append(error)
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }

  /// The plans of several configs, and those whose data are not there.
  ///
  /// - Throws: every problem of all of them together; missing data are one only where a single config is asked for.
  func plans(_ paths: [String]) throws -> (plans: [Plan], missing: [MissingData]) {
    var (plans, missing, problems): ([Plan], [MissingData], [Diagnostic]) = ([], [], [])
    for path in paths {
      do { plans.append(try plan(path)) } catch let error as Diagnostics {
        if paths.count > 1, error.all.allSatisfy({ $0.code == .missingData }) {
          missing.append(MissingData(config: path, error: error.all[0]))
        } else {
          problems += error.all
        }
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return (plans, missing)
  }

  /// The latest run of a plan's config that can be read.
  static func earlier(_ plan: Plan, _ arguments: Arguments) -> Manifest? {
    runs(arguments).latest(of: plan.config.name)
  }

  /// A store that must be there.
  static func existingStore(_ arguments: Arguments, readOnly: Bool) throws(Diagnostic) -> Store {
    let path = storePath(arguments)
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw Diagnostic(.fileNotFound, "there is no store", fields: ["path": path], hint: "a run makes one")
    }
    return try open(path, readOnly: readOnly)
  }

  private var planner: Planner {
    Planner(stages: tool.stages, pipelines: tool.pipelines) { [inputs] stage throws(Diagnostic) in
      try inputs.digest(of: stage)
    }
  }
}

/// A number with its noun: `1 node`, `3 nodes`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
