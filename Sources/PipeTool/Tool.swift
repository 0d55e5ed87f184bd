import Diagnostics
import Glibc
import PipelineDSL
import StageKit

/// What every command works with: the catalogs and the way to the user.
struct Tool: Sendable {
  private let makeStages: @Sendable () -> StageCatalog
  /// The pipelines.
  let pipelines: PipelineCatalog

  init(stages: @escaping @Sendable () -> StageCatalog, pipelines: PipelineCatalog) {
    makeStages = stages
    self.pipelines = pipelines
  }

  /// The stages; made on first need, since most words of help need none.
  var stages: StageCatalog { makeStages() }

  /// Whether standard output may be coloured.
  var usesColor: Bool { Terminal.output.usesColor }

  /// How many columns the terminal has; 80 where there is none.
  var width: Int {
    guard let columns = Terminal.output.size?.columns, columns > 20 else { return 80 }
    return columns
  }

  /// Prints a text on standard output.
  func print(_ text: String, terminator: String = "\n") { write(text + terminator, to: STDOUT_FILENO) }

  /// Prints a text on standard error.
  func printError(_ text: String, terminator: String = "\n") { write(text + terminator, to: STDERR_FILENO) }

  private func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      // A reader that went away, such as `head`, is no fault of the run's.
      if count < 0 && errno != EINTR { return }
      bytes = bytes.dropFirst(max(0, count))
    }
  }
}
