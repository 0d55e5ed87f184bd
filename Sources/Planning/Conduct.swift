import Diagnostics

/// How a stage is run, besides what it computes: nothing of this is part of a key.
public struct Conduct: Sendable, Equatable {
  /// Seconds after which it is ended; nil for what the command line says.
  public var timeout: Double?
  /// How often a failure that may pass, such as one of a file on a network, is tried again.
  public var retries = 0

  /// The members beside a stage's name that say how it is run.
  static let keys = ["timeout", "retries"]

  /// Nothing special.
  init() {}

  /// Reads `"timeout"` and `"retries"` beside a stage.
  init(_ members: [JSON.Member]) throws(Diagnostic) {
    for member in members {
      switch member.key {
      case "timeout":
        guard let seconds = member.value.number, seconds > 0, seconds < 1e9 else {
          throw Diagnostic(
            .outOfRange, "`timeout` takes a positive number of seconds",
            fields: ["given": member.value.text()], at: member.value.location)
        }
        timeout = seconds
      case "retries":
        guard let count = member.value.integer, (0...100).contains(count) else {
          throw Diagnostic(
            .outOfRange, "`retries` takes a whole number from 0 to 100",
            fields: ["given": member.value.text()], at: member.value.location)
        }
        retries = count
      default: continue
      }
    }
  }
}
