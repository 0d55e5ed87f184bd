import Diagnostics
import Store

/// `pipe store stat|gc|verify|path`: looks after the store.
enum StoreCommand: Command {
  static let name = "store"
  static let summary = "look after the store: stat, verify, gc, path"
  static let operands = "stat|verify|gc|path"
  static let operandCount = 1...1
  static let options: [Option] = [.store]
  static let discussion = """
    stat    how much is kept, by stage
    verify  read everything and check it against its digest; what is bad is set aside and computed again when needed
    gc      remove what nothing refers to
    path    print where the store is
    """

  private enum Action: String, CaseIterable { case stat, verify, gc, path }

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let word = arguments.operands[0]
    guard let action = Action(rawValue: word) else {
      let names = Action.allCases.map(\.rawValue)
      throw Diagnostic(
        .badUsage, "`pipe store` cannot `\(word)`", fields: ["allowed": names.joined(separator: ", ")],
        hint: suggestion(for: word, among: names))
    }
    let path = Session.storePath(arguments)
    if action == .path {
      tool.print(path)
      return .done
    }
    let store = try Session.existingStore(arguments, readOnly: action == .stat)
    switch action {
    case .stat: tool.print(store.statistics().text)
    case .verify:
      let report = store.verify()
      tool.print(report.text)
      return report.isClean ? .done : .stageFailed
    case .gc: tool.print(try store.collect().text)
    case .path: break
    }
    return .done
  }
}
