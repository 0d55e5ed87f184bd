import Execution
import Glibc

/// Turns signals into requests to end.
enum Signals {
  private static let interruption = Interruption()

  /// From now on the first SIGINT, SIGTERM or SIGHUP asks the run to end at a safe point, the second ends the
  /// program at once; the store is whole in both cases.
  static func install() -> Interruption {
    _ = interruption
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) {
      signal(number) { _ in
        if Signals.interruption.isRequested { _exit(130) }
        Signals.interruption.request()
      }
    }
    return interruption
  }

  /// Whether the program was started with a signal ignored, as `nohup` does; it stays so.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
