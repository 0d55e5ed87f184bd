#if canImport(Glibc)
  internal import Glibc
#endif

/// A lock with two conditions: there is work for idle workers, and something finished.
final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let work = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let change = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(work, nil)
    pthread_cond_init(change, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(work)
    pthread_cond_destroy(change)
    mutex.deallocate()
    work.deallocate()
    change.deallocate()
  }

  /// Runs `body` while holding the lock.
  func locked<R>(_ body: () -> R) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  // The following are called while the lock is held.
  func waitForWork() { pthread_cond_wait(work, mutex) }
  func wakeWorker() { pthread_cond_signal(work) }
  func wakeAllWorkers() { pthread_cond_broadcast(work) }
  func waitForChange() { pthread_cond_wait(change, mutex) }
  func waitForChange(within seconds: Double) {
    var end = timespec()
    clock_gettime(CLOCK_REALTIME, &end)
    let nanoseconds = end.tv_nsec + Int(seconds * 1e9)
    end.tv_sec += nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    pthread_cond_timedwait(change, mutex, &end)
  }
  func announceChange() { pthread_cond_broadcast(change) }
}

/// Starts a thread with a stack of 8 MiB, as LAPACK and deep recursions need; nil if the system refuses.
func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
  final class Start {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setstacksize(&attributes, 8 << 20)
  let start = Unmanaged.passRetained(Start(body))
  var handle = pthread_t()
  let refused = pthread_create(
    &handle, &attributes,
    { argument in
      if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
      return nil
    }, start.toOpaque())
  if refused != 0 {
    start.release()
    return nil
  }
  return handle
}

/// The pool of the calling thread, in a thread-specific slot.
enum CurrentPool {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    if pthread_key_create(&key, nil) != 0 { fatalError("the system has no thread-specific slot left") }
    return key
  }()

  static func get() -> WorkerPool? {
    pthread_getspecific(key).map { Unmanaged<WorkerPool>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Runs `body` with `pool` as the calling thread's.
  static func with<R>(_ pool: WorkerPool, _ body: () throws -> R) rethrows -> R {
    let previous = pthread_getspecific(key)
    pthread_setspecific(key, Unmanaged.passUnretained(pool).toOpaque())
    defer {
      pthread_setspecific(key, previous)
      withExtendedLifetime(pool) {}
    }
    return try body()
  }
}
