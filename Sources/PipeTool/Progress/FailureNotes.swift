import Diagnostics
import Execution
import Planning

/// What is said of failures while a run goes on: a line each, up to a number that leaves a log readable.
struct FailureNotes {
  private let color: Bool
  private var count = 0

  /// How many failures are told one by one.
  static let most = 20

  init(color: Bool = false) { self.color = color }

  /// The line for a node that failed; nil once there were too many.
  mutating func failed(_ node: Plan.Node, _ error: Diagnostic) -> String? {
    count += 1
    guard count <= FailureNotes.most else { return nil }
    let text = "\(mark("failed", .bad)) \(TerminalText.clean("\(node.name): \(error.headline)"))"
    guard count == FailureNotes.most else { return text }
    return text + "\nfurther failures are counted here and told at the end"
  }

  /// The line for a stored result that is computed again.
  func recovered(_ node: Plan.Node, _ error: Diagnostic) -> String {
    let reason = TerminalText.clean(error.headline)
    return "\(mark("warning", .notice)) \(TerminalText.clean(node.name)): "
      + "stored result set aside and computed again (\(reason))"
  }

  private func mark(_ word: String, _ style: PanelLine.Style) -> String {
    var line = PanelLine(color: color)
    line.add(word + ":", style)
    return line.text
  }
}
