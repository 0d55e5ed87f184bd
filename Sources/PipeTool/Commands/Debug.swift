import Artifacts
import Diagnostics
import Execution
import Planning
import Reporting
import RunRecords
import StageKit
import Store

/// `pipe debug RUN [NODE]`: what one node had, as files, and the node alone once more.
enum Debug: Command {
  static let name = "debug"
  static let summary =
    "write a node's inputs, parameters, seed and error as files, or run just that node again"
  static let operands = "RUN [NODE]"
  static let operandCount = 1...2
  static let options: [Option] = [.output, .rerun, .folder, .jobs, .memory, .store, .runs]
  static let discussion = """
    NODE is a node's number, the start of its name or of its key, or its stage if only one node has it; without it the
    first node that failed. Inputs that the store does not have are computed first, and kept. With --rerun the stage
    runs once more on the same inputs, whatever the store has of it, and nothing is written.
    Exit code 1: the stage failed again.
    """

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    var options = try Run.options(arguments)
    let folder = try Session.runs(arguments).find(arguments.operands[0])
    let manifest = try folder.manifest()
    let wanted = arguments.operands.count > 1 ? arguments.operands[1] : nil
    let node = try NodeQuery(manifest).node(for: wanted)
    options.interruption = Signals.install()
    let session = try Session(arguments, tool, readOnly: false)
    let run = RecordedRun(manifest, folder: arguments.value(of: .folder))
    let (plan, inputs) = try self.inputs(of: node, run, session, options)
    if arguments.has(.rerun) {
      guard let planned = plan.nodes.first(where: { $0.key == node.key }) else { return .badUsage }
      return try rerun(planned, node, inputs, manifest, options, tool)
    }
    let debug = DebugFolder(
      path: arguments.value(of: .output) ?? DebugFolder.name(node), manifest: manifest, node: node,
      rerun: command(node, folder, arguments))
    let lines = try debug.write(inputs, log: folder.logTail(node: node.id, lines: 100))
    tool.print("\(node.name)\n\(debug.path)/")
    for line in lines { tool.print("  \(line)") }
    tool.print("run it alone: \(debug.rerun)")
    return .done
  }

  /// What goes into a node, by port: from the store, or computed.
  private static func inputs(
    of node: NodeRecord, _ run: RecordedRun, _ session: Session, _ options: Scheduler.Options
  ) throws -> (Plan, [String: any Artifact]) {
    guard let store = session.store else { return try (run.plan(session.tool), [:]) }
    let targets = Set(node.inputs.map(\.node))
    let plan: Plan
    do {
      plan = try run.plan(session.tool, targets: targets, others: [node.id])
      try run.checkInputs(of: plan, InputFingerprints(store)) { source in
        source.key == node.key || store.entry(for: source.key) == nil
      }
    } catch { throw Failure(code: .stageFailed, error: error) }
    let report = try Scheduler(plan, store: store, options: options).run()
    try store.flush()
    if report.wasInterrupted { throw Failure(code: .interrupted, error: StageContext.interruption) }
    for case .failed(let error, _) in report.outcomes { throw Failure(code: .stageFailed, error: error) }
    guard let planned = plan.nodes.first(where: { $0.key == node.key }) else { return (plan, [:]) }
    var inputs: [String: any Artifact] = [:]
    for edge in planned.inputs {
      let above = plan[edge.node]
      guard let output = store.entry(for: above.key)?[edge.output],
        let port = above.stage.outputs.first(where: { $0.name == edge.output })
      else {
        throw Diagnostic(
          .internalFault, "the input `\(edge.port)` was computed and is not in the store",
          fields: ["node": above.name])
      }
      inputs[edge.port] = try port.type.init(store.load(output))
    }
    return (plan, inputs)
  }

  /// Runs a node on its inputs and compares what it gives with what the run recorded.
  private static func rerun(
    _ planned: Plan.Node, _ node: NodeRecord, _ inputs: [String: any Artifact], _ manifest: Manifest,
    _ options: Scheduler.Options, _ tool: Tool
  ) throws -> ExitCode {
    let rerun = NodeRerun(planned, threads: options.jobs, interruption: options.interruption)
    let ending = try rerun.run(inputs)
    for line in ending.log { tool.print("log: \(line)") }
    if let error = ending.error {
      if error.code == .cancelled { return .interrupted }
      tool.print("\(node.name): failed after \(milliseconds(ending.seconds))")
      tool.printError(error.description)
      return .stageFailed
    }
    tool.print("\(node.name): ran in \(milliseconds(ending.seconds))")
    let outcome = manifest.volatile.nodes.first { $0.id == node.id }
    let recorded = node.outputs.isEmpty ? outcome?.outputs ?? [] : node.outputs
    for (port, artifact) in (ending.outputs ?? [:]).sorted(by: { $0.key < $1.key }) {
      let digest = artifact.digest
      let before = recorded.first { $0.port == port }?.digest
      let comparison =
        before.map { $0 == digest ? "as in the run" : "other bytes than in the run (\($0.short))" }
        ?? "not in the run's record"
      tool.print("  \(port)  \(type(of: artifact).kind) \(digest.short), \(comparison)")
    }
    return .done
  }

  private static func milliseconds(_ seconds: Double) -> String {
    "\((seconds * 1e6).rounded() / 1e3) ms"
  }

  /// The words that run just this node again.
  private static func command(_ node: NodeRecord, _ folder: RunFolder, _ arguments: Arguments) -> String {
    var words = ["pipe", "debug", folder.path, String(node.id), "--rerun"]
    for option in [Option.store, .folder] {
      if let value = arguments.value(of: option) { words += [option.name, value] }
    }
    return words.map(quoted).joined(separator: " ")
  }

  /// A word as a shell takes it.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=+@%,".contains($0)) }
    if isPlain, !word.isEmpty { return word }
    let parts = word.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: #"'\''"#) + "'"
  }
}

extension Option {
  fileprivate static let output = Option(
    name: "--output", value: "DIR", help: "where the files are written (default: debug-<number>-<stage>)")
  fileprivate static let rerun = Option(name: "--rerun", help: "run just this node again, and write nothing")
}
