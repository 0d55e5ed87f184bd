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

  static func runs(_ arguments: Arguments) -> RunStore { RunStore(path: arguments.value(of: .runs) ?? "runs") }

  /// The plan of a config, by default the one that the first operand names.
  func plan(_ path: String? = nil) throws -> Plan {
    let config = try Config.read(path ?? arguments.operands[0], changes: arguments.values(of: .set))
    return try planner.plan(config)
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
