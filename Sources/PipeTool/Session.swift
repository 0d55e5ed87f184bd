import Artifacts
import Diagnostics
import Execution
import Glibc
import Planning
import RunRecords
import StageKit
import Store

/// What the commands that plan have in common: the store, the config and its plan.
struct Session {
  let tool: Tool
  let arguments: Arguments
  /// The store; nil where a command writes nothing and there is none.
  let store: Store?

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
    store = readOnly && !exists ? nil : try Store(at: path, readOnly: readOnly)
  }

  static func storePath(_ arguments: Arguments) -> String { arguments.value(of: .store) ?? ".pipe/store" }

  static func runs(_ arguments: Arguments) -> RunStore {
    RunStore(path: arguments.value(of: .runs) ?? "runs")
  }

  /// The plan of a config, by default the one that the first operand names.
  func plan(_ path: String? = nil) throws -> Plan {
    let config = try Config.read(path ?? arguments.operands[0], changes: arguments.values(of: .set))
    return try planner.plan(config)
  }

  /// The plans of several configs; every problem of all of them is reported together.
  func plans(_ paths: [String]) throws -> [Plan] {
    var plans: [Plan] = []
    var problems: [Diagnostic] = []
    for path in paths {
      do { plans.append(try plan(path)) } catch let error as Diagnostics { problems += error.all }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return plans
  }

  /// The latest run of a plan's config, if it can be read.
  static func earlier(_ plan: Plan, _ arguments: Arguments) -> Manifest? {
    try? runs(arguments).find(plan.config.name).manifest()
  }

  /// A store that must be there.
  static func existingStore(_ arguments: Arguments, readOnly: Bool) throws(Diagnostic) -> Store {
    let path = storePath(arguments)
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw Diagnostic(.fileNotFound, "there is no store", fields: ["path": path], hint: "a run makes one")
    }
    return try Store(at: path, readOnly: readOnly)
  }

  private var planner: Planner {
    let fingerprints = InputFingerprints(store)
    return Planner(stages: tool.stages, pipelines: tool.pipelines) { stage throws(Diagnostic) in
      try fingerprints.digest(of: stage)
    }
  }
}

/// A number with its noun: `1 node`, `3 nodes`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
