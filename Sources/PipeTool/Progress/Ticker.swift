import Glibc

/// A thread of its own that does something again and again until it is stopped.
final class Ticker: @unchecked Sendable {
  private let interval: Double
  private let body: @Sendable () -> Void
  /// A pipe whose writing end is closed to stop.
  private var ends: (reading: Int32, writing: Int32) = (-1, -1)
  private var thread: pthread_t?

  /// Starts; the first time comes after one interval, in seconds, or when a signal arrives.
  init(every interval: Double, _ body: @escaping @Sendable () -> Void) {
    self.interval = interval
    self.body = body
    var descriptors: [Int32] = [-1, -1]
    // Without a thread nothing is shown while the run goes on, which is no reason to end it.
    guard pipe(&descriptors) == 0 else { return }
    ends = (descriptors[0], descriptors[1])
    var handle = pthread_t()
    let context = Unmanaged.passRetained(self)
    let error = pthread_create(
      &handle, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Ticker>.fromOpaque(context).takeRetainedValue().loop()
        return nil
      }, context.toOpaque())
    if error == 0 { thread = handle } else { context.release() }
  }

  private func loop() {
    var wait = pollfd(fd: ends.reading, events: Int16(POLLIN), revents: 0)
    while poll(&wait, 1, Int32(interval * 1000)) <= 0 { body() }
  }

  /// Waits until the body has ended for the last time.
  func stop() {
    if ends.writing >= 0 { close(ends.writing) }
    if let thread { pthread_join(thread, nil) }
    if ends.reading >= 0 { close(ends.reading) }
    ends = (-1, -1)
    thread = nil
  }
}
