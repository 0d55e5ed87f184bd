import Glibc

/// What the renderers of progress work with, so that none of it comes from elsewhere.
struct ProgressContext: Sendable {
  /// Prints a text as it is.
  var write: @Sendable (String) -> Void
  /// A time in seconds that only grows.
  var now: @Sendable () -> Double = ProgressContext.monotonic
  /// Whether the run was asked to end early.
  var isInterrupted: @Sendable () -> Bool = { false }
  /// Whether escape sequences for colours may be used.
  var color = false

  /// Seconds since the machine started.
  static let monotonic: @Sendable () -> Double = {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
