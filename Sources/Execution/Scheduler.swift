import Artifacts
public import Diagnostics
import LinearAlgebra
public import Planning
import StageKit
public import Store
import Synchronization

/// Runs a plan: finds what the store has, computes the rest in parallel, lets go of what is no longer needed.
///
/// Nothing runs that nobody asked for: the wanted numbers are looked up first, and only where one is missing is what
/// it needs looked up, and so on upwards. What hangs on the longest chain of work runs first, by the durations of
/// earlier runs, as soon as it fits into the memory budget.
public final class Scheduler: Sendable {
  let plan: Plan
  let store: Store
  let options: Options
  let equivalences: Equivalences
  let history: History
  let state: Mutex<RunState>
  /// What storing costs here, as measured so far.
  let storingCost: Mutex<StoringCost>
  /// Set when the run ends early: what still runs ends at its next safe point.
  let isEnding = Atomic<Bool>(false)
  let pool: Mutex<WorkerPool?> = Mutex(nil)
  let finished = DispatchGate()
  /// Taken while the observer is told something.
  private let telling = Mutex(())

  /// Makes a scheduler for one run.
  public init(_ plan: Plan, store: Store, options: Options) {
    self.plan = plan
    self.store = store
    self.options = options
    equivalences = Equivalences(store)
    history = History(store)
    storingCost = Mutex(StoringCost(history))
    state = Mutex(RunState(plan, memory: options.memory))
  }

  /// Runs the plan to its end, or until it is interrupted.
  ///
  /// - Throws: what makes going on pointless, such as a full disk; failures of single nodes are in the report.
  public func run() throws(Diagnostic) -> RunReport {
    let start = ContinuousClock.now
    let targets = Set(plan.measured.map(\.node)).sorted()
    if !takeStored(targets) {
      begin(targets)
      defer { tell { $0.ended() } }
      try work()
    }
    history.record(state.withLock { $0.samples(of: plan) }, storingCost.withLock { $0 })
    var report = state.withLock { RunReport(of: plan, $0.nodes, store) }
    report.wasInterrupted = options.interruption.isRequested
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
    return report
  }

  /// Takes every wanted number from the store; false if one of them is not there.
  private func takeStored(_ targets: [Plan.NodeID]) -> Bool {
    var loaded: [(id: Plan.NodeID, entry: Entry, outputs: [String: any Artifact])] = []
    for id in targets {
      guard let entry = store.entry(for: plan[id].key) else { return false }
      do throws(Diagnostic) { loaded.append((id, entry, try outputs(of: id, entry))) } catch {
        tell { $0.recovered(plan[id], error) }
        return false
      }
    }
    tell { $0.started(RunOutline(plan: plan, toRun: [], predictedSeconds: [], jobs: options.jobs)) }
    state.withLock { state in
      for (id, entry, outputs) in loaded {
        state.nodes[id.index].isTarget = true
        state.nodes[id.index].state = .done
        state.nodes[id.index].take(entry)
        state.nodes[id.index].outputs = outputs
      }
    }
    for (id, _, _) in loaded { tell { $0.ended(plan[id], .cached) } }
    tell { $0.ended() }
    return true
  }

  /// Finds out what has to be computed, and in which order.
  private func begin(_ targets: [Plan.NodeID]) {
    let outline = state.withLock { state in
      state.planKeys = Set(plan.nodes.map(\.key))
      for target in targets { state.nodes[target.index].isTarget = true }
      for target in targets { demand(target, &state) }
      let toRun = plan.nodes.map(\.id).filter { state.nodes[$0.index].isToBeComputed }
      let forecast = Forecast(plan, toRun, store, history)
      state.predict(plan, toRun, forecast)
      return RunOutline(
        plan: plan, toRun: toRun, predictedSeconds: toRun.map { forecast[$0].seconds }, jobs: options.jobs)
    }
    tell { $0.started(outline) }
  }

  /// Works off the queue on a pool of threads.
  private func work() throws(Diagnostic) {
    if state.withLock({ $0.open }) > 0 {
      do throws(LinearAlgebraError) { try BLAS.load() } catch {
        throw Diagnostic(
          .libraryMissing, "OpenBLAS cannot be loaded", fields: ["reason": "\(error)"],
          hint: "install it: apt-get install libopenblas-dev")
      }
      let files = FileMemory(folder: store.scratchFolder, budget: options.memory)
      FileMemory.use(files) { workOnPool() }
    }
    if let fatal = state.withLock({ $0.fatal }) { throw fatal }
  }

  private func workOnPool() {
    let pool = WorkerPool(threads: options.jobs)
    self.pool.withLock { $0 = pool }
    let waiting = state.withLock { $0.open }
    for _ in 0..<waiting { pool.submit { self.step() } }
    finished.wait()
    self.pool.withLock { $0 = nil }
    pool.shutdown()
  }

  func tell(_ what: (any ProgressObserver) -> Void) {
    guard let observer = options.observer else { return }
    telling.withLock { _ in what(observer) }
  }

  /// Whether what runs should end at its next safe point.
  var shouldStop: Bool { options.interruption.isRequested || isEnding.load(ordering: .relaxed) }
}
