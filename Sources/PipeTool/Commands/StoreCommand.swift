import Diagnostics
import RunRecords
import Store

/// `pipe store stat|verify|gc|pin|unpin|path`: looks after the store.
enum StoreCommand: Command {
  static let name = "store"
  static let summary = "look after the store: stat, verify, gc, pin, unpin, path"
  static let operands = "stat|verify|gc|pin RUN|unpin RUN|path"
  static let operandCount = 1...2
  static let options: [Option] = [.store, .storeLimit, .runs]
  static let discussion = """
    stat    how much is kept, by stage, since when, and what is pinned
    verify  read everything and check it against its digest; what is bad is set aside and computed again when needed
    gc      remove what nothing refers to, and with --store-limit what saves the least time per byte
    pin     never give up the results of a run, whatever the limit
    unpin   let them go again
    path    print where the store is
    """

  private enum Action: String, CaseIterable { case stat, verify, gc, pin, unpin, path }

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let action = try action(arguments)
    let limit = try arguments.bytes(of: .storeLimit)
    if action == .path {
      tool.print(Session.storePath(arguments))
      return .done
    }
    let store = try Session.existingStore(arguments, readOnly: action == .stat)
    switch action {
    case .stat: tool.print(store.statistics().text(now: Store.systemClock()))
    case .verify:
      let report = store.verify()
      tool.print(report.text)
      return report.isClean ? .done : .stageFailed
    case .gc: tool.print(try store.collect(limit: limit).text)
    case .pin: try pin(arguments, store, tool)
    case .unpin: try unpin(arguments, store, tool)
    case .path: break
    }
    return .done
  }

  private static func action(_ arguments: Arguments) throws(Diagnostic) -> Action {
    let word = arguments.operands[0]
    guard let action = Action(rawValue: word) else {
      let names = Action.allCases.map(\.rawValue)
      throw Diagnostic(
        .badUsage, "`pipe store` cannot `\(word)`", fields: ["allowed": names.joined(separator: ", ")],
        hint: suggestion(for: word, among: names))
    }
    let takesRun = action == .pin || action == .unpin
    guard takesRun == (arguments.operands.count == 2) else {
      throw Diagnostic(
        .badUsage, takesRun ? "`pipe store \(word)` needs a run" : "`pipe store \(word)` takes nothing more",
        fields: takesRun ? [:] : ["given": arguments.operands[1]],
        hint: takesRun ? "write pipe store \(word) RUN; `pipe runs` lists all" : nil)
    }
    return action
  }

  /// Pins what the store has of a run: its measured results and all that stands above them.
  private static func pin(_ arguments: Arguments, _ store: Store, _ tool: Tool) throws {
    let folder = try Session.runs(arguments).find(arguments.operands[1])
    let nodes = try folder.manifest().deterministic.nodes
    let stored = Set(nodes.map(\.key)).filter { store.entry(for: $0) != nil }.sorted()
    guard !stored.isEmpty else {
      throw Diagnostic(
        .badUsage, "the store has none of the results of `\(folder.name)`",
        fields: ["store": store.path],
        hint: "run it again, or name the store that it was run with by `--store DIR`")
    }
    try store.pin(stored, name: folder.name)
    tool.print("pinned \(counted(stored.count, "result")) of \(folder.name)")
  }

  /// Unpins by the name of the pin, since the run's folder may be gone.
  private static func unpin(_ arguments: Arguments, _ store: Store, _ tool: Tool) throws {
    let wanted = arguments.operands[1]
    let names = store.pins().map(\.name)
    let name = names.contains(wanted) ? wanted : try? Session.runs(arguments).find(wanted).name
    guard let name, try store.unpin(name) else {
      throw Diagnostic(
        .unknownRun, "`\(wanted)` is not pinned",
        fields: ["pinned": names.isEmpty ? "nothing" : names.joined(separator: ", ")],
        hint: suggestion(for: wanted, among: names))
    }
    tool.print("unpinned \(name)")
  }
}
