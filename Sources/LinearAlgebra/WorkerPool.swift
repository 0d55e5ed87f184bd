#if canImport(Glibc)
  internal import Glibc
#endif
internal import Synchronization

/// A fixed number of threads of our own for arithmetic.
///
/// `submit` runs whole jobs on them. Inside a job `parallelFor` shares a loop: the job's own thread works on it, and
/// threads without a job join in. So a lone job uses every core, and many jobs share them; never are more than
/// `threads` threads busy. Swift's cooperative pool is not used, because a busy one starves the scheduler.
/// The threads live until `shutdown` is called.
public final class WorkerPool: @unchecked Sendable {
  /// How many threads may be busy at once.
  public let threads: Int
  private let monitor = Monitor()
  // Guarded by the monitor.
  private var jobs = JobQueue()
  private var loops: [SharedLoop] = []
  private var busy = 0
  private var isStopping = false
  private var handles: [pthread_t] = []
  /// How many jobs wait: read by helpers between two indices of a loop.
  private let waitingJobs = Atomic<Int>(0)

  /// Starts `threads` threads (1 to 256; what lies outside is moved to the nearest of the two).
  public init(threads: Int) {
    self.threads = min(max(threads, 1), 256)
    monitor.locked {
      for _ in 0..<self.threads {
        guard let handle = startThread({ [self] in workerLoop() }) else { break }
        handles.append(handle)
      }
    }
    if handles.isEmpty { fatalError("the system refuses to start a thread") }
  }

  /// The pool that the calling thread works for, if any.
  public static var current: WorkerPool? { CurrentPool.get() }

  /// Runs `job` on one of the threads, after the jobs that were submitted before.
  ///
  /// A job must not wait for another one: all threads could end up waiting.
  public func submit(_ job: @escaping @Sendable () -> Void) {
    monitor.locked {
      precondition(!isStopping || CurrentPool.get() === self, "a job for a worker pool that was shut down")
      jobs.append(job)
      waitingJobs.wrappingAdd(1, ordering: .relaxed)
      monitor.wakeWorker()
    }
  }

  /// Runs `body` on the calling thread as if it were one of the pool's: its loops are shared with the others.
  ///
  /// Waits until one of the pool's threads is free, as it takes its place.
  public func run<R>(_ body: () throws -> R) rethrows -> R {
    if CurrentPool.get() === self { return try body() }
    monitor.locked {
      while busy >= threads { monitor.waitForChange() }
      busy += 1
    }
    defer {
      monitor.locked {
        busy -= 1
        monitor.wakeWorker()
        monitor.announceChange()
      }
    }
    return try CurrentPool.with(self, body)
  }

  /// Waits until all submitted jobs are done and ends the threads; not to be called from one of them.
  public func shutdown() {
    precondition(CurrentPool.get() !== self, "a worker pool cannot be shut down by one of its threads")
    let ending = monitor.locked {
      isStopping = true
      monitor.wakeAllWorkers()
      defer { handles = [] }
      return handles
    }
    for handle in ending { pthread_join(handle, nil) }
  }
}

extension WorkerPool {
  /// Calls `body` for each index on the calling thread and on those that have nothing else to do.
  func share(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        let loop = SharedLoop(count: count, body: pointer)
        monitor.locked {
          loops.append(loop)
          for _ in 0..<min(count - 1, threads - busy) { monitor.wakeWorker() }
        }
        loop.work { false }
        // The body must not be used after this call returns: wait until every helper has left.
        monitor.locked {
          loops.removeAll { $0 === loop }
          while loop.helpers > 0 { monitor.waitForChange() }
        }
      }
    }
  }

  /// What a worker does next.
  private enum Step {
    case job(@Sendable () -> Void)
    case help(SharedLoop)
    case stop
  }

  private func workerLoop() {
    CurrentPool.with(self) {
      while true {
        switch monitor.locked({ nextStep() }) {
        case .job(let job):
          job()
          monitor.locked { finishStep() }
        case .help(let loop):
          MemoryMeter.with(loop.meter) {
            loop.work { self.waitingJobs.load(ordering: .relaxed) > 0 }
          }
          monitor.locked {
            loop.helpers -= 1
            finishStep()
          }
        case .stop: return
        }
      }
    }
  }

  /// Waits for something to do and marks the thread busy.
  private func nextStep() -> Step {
    while true {
      if busy < threads {
        if let job = jobs.popFirst() {
          waitingJobs.wrappingSubtract(1, ordering: .relaxed)
          busy += 1
          return .job(job)
        }
        if let loop = loopToHelp() {
          loop.helpers += 1
          busy += 1
          return .help(loop)
        }
      }
      if isStopping && jobs.isEmpty { return .stop }
      monitor.waitForWork()
    }
  }

  private func finishStep() {
    busy -= 1
    // Owners of loops wait for their helpers, `run` waits for a free place.
    monitor.announceChange()
  }

  /// The loop with work left that has the fewest helpers, the oldest of these.
  private func loopToHelp() -> SharedLoop? {
    var best: SharedLoop?
    for loop in loops where loop.hasWork && loop.helpers < (best?.helpers ?? .max) { best = loop }
    return best
  }
}

/// A loop that several threads work on; indices are claimed one by one.
private final class SharedLoop: @unchecked Sendable {
  private let count: Int
  private let body: UnsafePointer<(Int) -> Void>
  private let next = Atomic<Int>(0)
  /// What the owner's memory is charged to, and so that of the helpers.
  let meter = MemoryMeter.current
  /// How many threads besides the owner work on it; guarded by the pool's monitor.
  var helpers = 0

  init(count: Int, body: UnsafePointer<(Int) -> Void>) {
    self.count = count
    self.body = body
  }

  var hasWork: Bool { next.load(ordering: .relaxed) < count }

  /// Claims indices until none is left or the worker is wanted elsewhere.
  ///
  /// Not inlined: no reference to the body may outlive the call.
  @inline(never) func work(until isWantedElsewhere: () -> Bool) {
    while !isWantedElsewhere() {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if index >= count { return }
      body.pointee(index)
      FileMemory.look()
    }
  }
}

/// Jobs in the order in which they came.
private struct JobQueue {
  private var items: [(@Sendable () -> Void)?] = []
  private var head = 0

  var isEmpty: Bool { head == items.count }

  mutating func append(_ job: @escaping @Sendable () -> Void) { items.append(job) }

  mutating func popFirst() -> (@Sendable () -> Void)? {
    if isEmpty { return nil }
    let job = items[head]
    items[head] = nil
    head += 1
    if head == items.count || head >= 1024 {
      items.removeFirst(head)
      head = 0
    }
    return job
  }
}
