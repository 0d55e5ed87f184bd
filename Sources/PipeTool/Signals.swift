import Execution
import Glibc
import Synchronization

/// Turns signals into requests to end.
enum Signals {
  private static let interruption = Interruption()
  private static let resumed = Atomic<Int>(0)

  /// What is written if a second signal ends the program at once.
  static let farewell = Farewell()

  /// How often the program went on after it was stopped.
  static var resumptions: Int { resumed.load(ordering: .relaxed) }

  /// From now on the first SIGINT, SIGTERM or SIGHUP asks the run to end at a safe point, the second ends the
  /// program at once; the store is whole in both cases.
  static func install() -> Interruption {
    _ = interruption
    _ = farewell
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) {
      signal(number) { _ in
        if Signals.interruption.isRequested {
          Signals.farewell.write()
          _exit(130)
        }
        Signals.interruption.request()
      }
    }
    signal(SIGCONT) { _ in Signals.resumed.add(1, ordering: .relaxed) }
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
