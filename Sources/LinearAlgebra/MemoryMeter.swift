#if canImport(Glibc)
  internal import Glibc
#endif
internal import Synchronization

/// Counts the bytes of the buffers that a piece of work takes, those alive and the most at once.
///
///     let meter = MemoryMeter()
///     let result = MemoryMeter.measure(meter) { gram(table) }
///     meter.peak  // what the work needed beside its input
///
/// A buffer is charged to the meter of the thread that makes it and given back to the same one wherever it ends, so
/// `live` after the work is what its result holds. What is charged is what is asked for, whether it is ever written
/// or not; arrays, and memory that LAPACK takes for itself, are not seen.
public final class MemoryMeter: Sendable {
  private let liveBytes = Atomic<Int>(0)
  private let peakBytes = Atomic<Int>(0)

  /// A meter that has counted nothing.
  public init() {}

  /// The bytes of the buffers that are alive.
  public var live: Int { liveBytes.load(ordering: .relaxed) }

  /// The most bytes that were alive at once.
  public var peak: Int { peakBytes.load(ordering: .relaxed) }

  /// Runs `body` with `meter` as the calling thread's.
  ///
  /// Threads that help with the loops of `body` charge it too. Of nested calls the innermost counts.
  public static func measure<R, Failure: Error>(
    _ meter: MemoryMeter, _ body: () throws(Failure) -> R
  ) throws(Failure) -> R {
    try with(meter, body)
  }

  /// The calling thread's meter, if it has one.
  static var current: MemoryMeter? {
    pthread_getspecific(slot).map { Unmanaged<MemoryMeter>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Runs `body` with a meter, or none, as the calling thread's.
  static func with<R, Failure: Error>(
    _ meter: MemoryMeter?, _ body: () throws(Failure) -> R
  ) throws(Failure) -> R {
    let previous = pthread_getspecific(slot)
    pthread_setspecific(slot, meter.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) })
    defer {
      pthread_setspecific(slot, previous)
      withExtendedLifetime(meter) {}
    }
    return try body()
  }

  func charge(_ bytes: Int) {
    let live = liveBytes.wrappingAdd(bytes, ordering: .relaxed).newValue
    // Most buffers do not raise the peak: a read is cheaper than an exchange.
    if live > peakBytes.load(ordering: .relaxed) { peakBytes.max(live, ordering: .relaxed) }
  }

  func giveBack(_ bytes: Int) { liveBytes.wrappingSubtract(bytes, ordering: .relaxed) }

  private static let slot: pthread_key_t = {
    var key = pthread_key_t()
    if pthread_key_create(&key, nil) != 0 { fatalError("the system has no thread-specific slot left") }
    return key
  }()
}
