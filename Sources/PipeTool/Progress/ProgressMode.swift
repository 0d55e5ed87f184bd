import Execution
import Glibc

/// How progress is shown: what `--progress` takes.
enum ProgressMode: String, CaseIterable {
  /// A panel on a terminal, few lines elsewhere.
  case auto
  /// A line for each node.
  case plain
  /// An event a line.
  case json
  /// Nothing.
  case none

  /// What shows it.
  enum Renderer {
    case panel, summary, nodes, json, nothing
  }

  /// What shows progress on an output that is a terminal or is not.
  ///
  /// A terminal that understands text alone, and one that nobody sits in front of, get lines.
  func renderer(isTerminal: Bool, _ environment: Environment) -> Renderer {
    switch self {
    case .auto:
      isTerminal && !environment.isDumb && !environment.isContinuousIntegration ? .panel : .summary
    case .plain: .nodes
    case .json: .json
    case .none: .nothing
    }
  }

  /// Shows a run on standard error; nil if nothing is to be shown.
  func observer(_ tool: Tool, _ interruption: Interruption) -> (any ProgressObserver)? {
    let terminal = Terminal.errors
    let context = ProgressContext(
      write: { tool.printError($0, terminator: "") }, isInterrupted: { interruption.isRequested },
      color: terminal.usesColor)
    switch renderer(isTerminal: terminal.isTerminal, .process) {
    case .panel: return TerminalPanel(context, on: .errors)
    case .summary: return LineProgress(.summary, context)
    case .nodes: return LineProgress(.nodes, context)
    case .json: return JSONProgress(context)
    case .nothing: return nil
    }
  }
}

extension TerminalPanel.Screen {
  /// The terminal behind standard error.
  static let errors = TerminalPanel.Screen(
    size: { Terminal.errors.size ?? TerminalSize(columns: 80, rows: 24) },
    isTaken: { Terminal.errors.isTakenByAnother }, resumptions: { Signals.resumptions },
    keepFarewell: { Signals.farewell.keep($0) })
}
