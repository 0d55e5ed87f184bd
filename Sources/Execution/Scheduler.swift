import Artifacts
public import Diagnostics
import Glibc
import LinearAlgebra
public import Planning
import StageKit
public import Store
import Synchronization

/// Runs a plan: finds what the store has, computes the rest in parallel, lets go of what is no longer needed.
///
/// Nothing runs that nobody asked for: the wanted numbers are looked up first, and only where one is missing is what
/// it needs looked up, and so on upwards.
public final class Scheduler: Sendable {
  /// What a run needs besides its plan.
  public struct Options: Sendable {
    /// How many threads may be busy.
    public var jobs: Int
    /// Asks for an early end.
    public var interruption: Interruption
    /// Is told what happens.
    public var observer: (any ProgressObserver)?

    /// Makes options.
    public init(
      jobs: Int, interruption: Interruption = Interruption(), observer: (any ProgressObserver)? = nil
    ) {
      self.jobs = jobs
      self.interruption = interruption
      self.observer = observer
    }
  }

  private let plan: Plan
  private let store: Store
  private let options: Options
  private let urgency: [Int]
  private let state: Mutex<RunState>
  /// Set with `fatal`: what still runs ends at its next safe point.
  private let isBroken = Atomic<Bool>(false)
  /// Taken while the observer is told something.
  private let telling = Mutex(())
  private let finished = DispatchGate()
  private let pool: Mutex<WorkerPool?> = Mutex(nil)

  /// Everything that changes while a run goes on.
  struct RunState {
    var nodes: [NodeProgress]
    var ready = ReadyQueue()
    /// Nodes whose key another process is computing.
    var contended: [Plan.NodeID] = []
    /// Nodes that are ready, contended or running.
    var open = 0
    /// Whether another process computed a node that this one was about to.
    var sawOthers = false
    /// A fault of the store that ends the run: no space, no permission.
    var fatal: Diagnostic?
  }

  /// Makes a scheduler for one run.
  public init(_ plan: Plan, store: Store, options: Options) {
    self.plan = plan
    self.store = store
    self.options = options
    // The longest chain below each node, counted in nodes.
    var urgency = [Int](repeating: 0, count: plan.nodes.count)
    for node in plan.nodes.reversed() {
      for edge in node.inputs {
        urgency[edge.node.index] = max(urgency[edge.node.index], urgency[node.id.index] + 1)
      }
    }
    self.urgency = urgency
    state = Mutex(RunState(nodes: Array(repeating: NodeProgress(), count: plan.nodes.count)))
  }

  /// Runs the plan to its end, or until it is interrupted.
  ///
  /// - Throws: what makes going on pointless, such as a full disk; failures of single nodes are in the report.
  public func run() throws(Diagnostic) -> RunReport {
    let start = ContinuousClock.now
    let targets = Set(plan.measured.map(\.node)).sorted()
    let toRun = state.withLock { state in
      for target in targets {
        state.nodes[target.index].isTarget = true
        demand(target, &state)
      }
      return plan.nodes.map(\.id).filter { id in
        if case .compute = state.nodes[id.index].mode { !state.nodes[id.index].isIdle } else { false }
      }
    }
    let outline = RunOutline(
      plan: plan, toRun: toRun, predictedSeconds: toRun.map { _ in nil }, jobs: options.jobs)
    tell { $0.started(outline) }
    defer { tell { $0.ended() } }
    if toRun.isEmpty { loadHere() }
    try work()
    awaitRecords()
    var report = state.withLock { RunReport(of: plan, $0.nodes, store) }
    report.wasInterrupted = options.interruption.isRequested
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
    return report
  }

  /// Reads results on this thread, as long as nothing has to be computed.
  private func loadHere() {
    while !options.interruption.isRequested {
      let next = state.withLock { state -> (node: Plan.NodeID, entry: Entry)? in
        guard let node = state.ready.first, case .load(let entry) = state.nodes[node.index].mode else {
          return nil
        }
        _ = state.ready.pop()
        state.nodes[node.index].state = .running
        return (node, entry)
      }
      guard let next else { return }
      load(next.node, next.entry)
    }
  }

  /// Works off the rest of the queue on a pool.
  private func work() throws(Diagnostic) {
    let open = state.withLock { $0.open }
    if open > 0 {
      do throws(LinearAlgebraError) { try BLAS.load() } catch {
        throw Diagnostic(
          .libraryMissing, "OpenBLAS cannot be loaded", fields: ["reason": "\(error)"],
          hint: "install it: apt-get install libopenblas-dev")
      }
      let pool = WorkerPool(threads: options.jobs)
      self.pool.withLock { $0 = pool }
      let waiting = state.withLock { $0.open }
      for _ in 0..<waiting { pool.submit { self.step() } }
      finished.wait()
      self.pool.withLock { $0 = nil }
      pool.shutdown()
    }
    if let fatal = state.withLock({ $0.fatal }) { throw fatal }
  }

  /// Where another process computed some of the nodes, waits a moment for the records of the others above them, which
  /// it is still writing: a run's record names the digests of all results.
  private func awaitRecords() {
    let keys = state.withLock { state in
      !state.sawOthers ? [] : zip(plan.nodes, state.nodes).filter { $1.isIdle }.map { $0.0.key }
    }
    for _ in 0..<100 where keys.contains(where: { store.entry(for: $0) == nil }) {
      usleep(20_000)
      store.refresh()
    }
  }

  private func tell(_ what: (any ProgressObserver) -> Void) {
    guard let observer = options.observer else { return }
    telling.withLock { _ in what(observer) }
  }

  // MARK: Transitions

  /// Makes sure that a node's outputs will be there.
  private func demand(_ id: Plan.NodeID, _ state: inout RunState) {
    switch state.nodes[id.index].state {
    case .idle: break
    case .done where state.nodes[id.index].outputs == nil: break
    default: return
    }
    if let entry = store.entry(for: plan[id].key) {
      state.nodes[id.index].mode = .load(entry)
      state.nodes[id.index].entry = entry
      enqueue(id, &state)
    } else {
      compute(id, &state)
    }
  }

  /// Makes a node wait for its inputs, or run if all are there.
  private func compute(_ id: Plan.NodeID, _ state: inout RunState) {
    state.nodes[id.index].mode = .compute
    state.nodes[id.index].outcome = .notRun
    var missing = 0
    var isBlocked: Plan.NodeID?
    let inputs = Set(edges(of: id, state).map(\.node)).sorted()
    if !state.nodes[id.index].holdsInputs {
      state.nodes[id.index].holdsInputs = true
      for input in inputs { state.nodes[input.index].pendingUses += 1 }
    }
    for input in inputs {
      demand(input, &state)
      switch state.nodes[input.index].state {
      case .done: break
      case .failed, .blocked: isBlocked = input
      default:
        state.nodes[input.index].waiters.append(id)
        missing += 1
      }
    }
    if let isBlocked {
      block(id, by: isBlocked, &state)
    } else if missing == 0 {
      enqueue(id, &state)
    } else {
      state.nodes[id.index].state = .waiting(inputs: missing)
    }
  }

  private func enqueue(_ id: Plan.NodeID, _ state: inout RunState) {
    state.nodes[id.index].state = .ready
    state.ready.push(id, urgency: urgency[id.index])
    state.open += 1
    pool.withLock { $0 }?.submit { self.step() }
  }

  private func succeed(
    _ id: Plan.NodeID, _ outputs: [String: any Artifact], _ entry: Entry, _ outcome: NodeEnd
  ) {
    state.withLock { state in
      state.nodes[id.index].state = .done
      state.nodes[id.index].entry = entry
      // What was computed in this run and is read again stays computed.
      if case .ran = state.nodes[id.index].outcome {} else { state.nodes[id.index].outcome = outcome }
      let isNeeded = state.nodes[id.index].pendingUses > 0 || state.nodes[id.index].isTarget
      state.nodes[id.index].outputs = isNeeded ? outputs : nil
      releaseInputs(of: id, &state)
      for waiter in takeWaiters(of: id, &state) {
        guard case .waiting(let inputs) = state.nodes[waiter.index].state else { continue }
        if inputs == 1 {
          enqueue(waiter, &state)
        } else {
          state.nodes[waiter.index].state = .waiting(inputs: inputs - 1)
        }
      }
      close(&state)
    }
    tell { $0.ended(plan[id], outcome) }
  }

  private func fail(_ id: Plan.NodeID, _ error: Diagnostic, log: [String]) {
    state.withLock { state in
      releaseInputs(of: id, &state)
      if error.code == .cancelled {
        state.nodes[id.index].outcome = .notRun
      } else {
        state.nodes[id.index].outcome = .failed(error, log: log)
      }
      state.nodes[id.index].state = .failed
      for waiter in takeWaiters(of: id, &state) {
        if error.code == .cancelled { continue }
        block(waiter, by: id, &state)
      }
      close(&state)
    }
    if error.code != .cancelled { tell { $0.ended(plan[id], .failed(error, log: log)) } }
  }

  private func block(_ id: Plan.NodeID, by cause: Plan.NodeID, _ state: inout RunState) {
    switch state.nodes[id.index].state {
    case .blocked, .failed: return
    default: break
    }
    if plan[id].alone != nil, !state.nodes[id.index].isAlone, case .failed = state.nodes[cause.index].outcome
    {
      releaseInputs(of: id, &state)
      state.nodes[id.index].isAlone = true
      return compute(id, &state)
    }
    state.nodes[id.index].state = .blocked
    state.nodes[id.index].outcome = .blocked(by: cause)
    releaseInputs(of: id, &state)
    for waiter in takeWaiters(of: id, &state) { block(waiter, by: cause, &state) }
  }

  /// What feeds a node; where the fit that it would be cut from failed, what feeds its own.
  private func edges(of id: Plan.NodeID, _ state: borrowing RunState) -> [Plan.Edge] {
    state.nodes[id.index].isAlone ? plan[id].alone?.inputs ?? [] : plan[id].inputs
  }

  private func takeWaiters(of id: Plan.NodeID, _ state: inout RunState) -> [Plan.NodeID] {
    defer { state.nodes[id.index].waiters = [] }
    return state.nodes[id.index].waiters
  }

  /// A node needs its inputs no longer: outputs that nobody else waits for are let go.
  private func releaseInputs(of id: Plan.NodeID, _ state: inout RunState) {
    guard state.nodes[id.index].holdsInputs else { return }
    state.nodes[id.index].holdsInputs = false
    for input in Set(edges(of: id, state).map(\.node)) {
      state.nodes[input.index].pendingUses -= 1
      if state.nodes[input.index].pendingUses <= 0, !state.nodes[input.index].isTarget {
        state.nodes[input.index].outputs = nil
      }
    }
  }

  /// One ready node less; the last one ends the run.
  private func close(_ state: inout RunState) {
    state.open -= 1
    if state.open == 0 { finished.open() }
  }

  // MARK: Work

  /// What a step does with a node.
  private enum Step {
    case load(Plan.NodeID, Entry)
    case compute(Plan.NodeID)
    /// To be computed if another process has given up its key by now.
    case retry(Plan.NodeID)
  }

  /// Takes the most urgent node and brings it to its end.
  private func step() {
    switch state.withLock({ nextStep(&$0) }) {
    case .load(let node, let entry): load(node, entry)
    case .compute(let node): computeLocked(node)
    case .retry(let node):
      usleep(Self.retryPause)
      computeLocked(node)
    case nil: return
    }
  }

  /// Microseconds between two looks at a key that another process is computing.
  ///
  /// Waiting for the lock itself could not be interrupted.
  private static let retryPause: UInt32 = 5_000

  private func nextStep(_ state: inout RunState) -> Step? {
    let isContended = state.ready.isEmpty
    guard let node = state.ready.pop() ?? (state.contended.isEmpty ? nil : state.contended.removeFirst())
    else { return nil }
    if state.fatal != nil || options.interruption.isRequested {
      if case .ran = state.nodes[node.index].outcome {} else { state.nodes[node.index].outcome = .notRun }
      close(&state)
      return nil
    }
    state.nodes[node.index].state = .running
    if case .load(let entry) = state.nodes[node.index].mode { return .load(node, entry) }
    return isContended ? .retry(node) : .compute(node)
  }

  private func load(_ id: Plan.NodeID, _ entry: Entry) {
    do throws(Diagnostic) {
      var outputs: [String: any Artifact] = [:]
      for output in entry.outputs {
        guard let port = plan[id].stage.type.outputs.first(where: { $0.name == output.port }) else {
          throw Diagnostic(.corruptObject, "a stored result has a port `\(output.port)` that its stage lacks")
        }
        outputs[output.port] = try port.type.init(store.load(output))
      }
      succeed(id, outputs, entry, .cached)
    } catch {
      // What cannot be read is computed again, as if it had never been there.
      tell { $0.recovered(plan[id], error) }
      store.forget(plan[id].key)
      state.withLock { state in
        compute(id, &state)
        close(&state)
      }
    }
  }

  /// Computes a node under the lock of its key, unless another process is at it.
  private func computeLocked(_ id: Plan.NodeID) {
    guard store.tryLock(on: plan[id].key, { computeUnlessStored(id) }) == nil else { return }
    state.withLock { $0.contended.append(id) }
    pool.withLock { $0 }?.submit { self.step() }
  }

  private func computeUnlessStored(_ id: Plan.NodeID) {
    if let entry = store.entry(for: plan[id].key) {
      state.withLock { state in
        state.nodes[id.index].mode = .load(entry)
        state.sawOthers = true
      }
      load(id, entry)
    } else {
      runStage(id)
    }
  }

  private func runStage(_ id: Plan.NodeID) {
    let node = plan[id]
    tell { $0.started(node) }
    let log = Mutex<[String]>([])
    let alone = state.withLock { $0.nodes[id.index].isAlone } ? node.alone : nil
    let context = StageContext(
      seed: alone?.seed ?? node.seed ?? 0, isCancelled: { [self] in shouldStop },
      note: { line in log.withLock { $0.append(line) } })
    let start = ContinuousClock.now
    defer {
      let lines = log.withLock { $0 }
      if !lines.isEmpty { state.withLock { $0.nodes[id.index].log = lines } }
    }
    do throws(Diagnostic) {
      let outputs = try (alone?.stage ?? node.stage).run(takeInputs(of: node), in: context)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      state.withLock { releaseInputs(of: id, &$0) }
      if alone != nil { log.withLock { $0.append("fitted by itself, as the fit for a larger value failed") } }
      keep(outputs, of: node, seconds)
    } catch {
      fail(id, error, log: log.withLock { $0 })
    }
  }

  private var shouldStop: Bool {
    options.interruption.isRequested || isBroken.load(ordering: .relaxed)
  }

  private func takeInputs(of node: Plan.Node) -> [String: any Artifact] {
    state.withLock { state in
      var inputs: [String: any Artifact] = [:]
      for edge in edges(of: node.id, state) {
        inputs[edge.port] = state.nodes[edge.node.index].outputs?[edge.output]
      }
      return inputs
    }
  }

  /// Puts what a stage gave into the store; if that cannot be done, the run ends.
  private func keep(_ outputs: [String: any Artifact], of node: Plan.Node, _ seconds: Double) {
    let encoded = outputs.sorted { $0.key < $1.key }.map { (port: $0.key, artifact: $0.value.encoded) }
    do throws(Diagnostic) {
      let entry = try store.put(
        node.key, outputs: encoded, components: node.components.json, seconds: seconds,
        stage: node.stage.name)
      succeed(node.id, outputs, entry, .ran(seconds: seconds))
    } catch {
      isBroken.store(true, ordering: .relaxed)
      state.withLock { $0.fatal = $0.fatal ?? error }
      fail(node.id, error, log: [])
    }
  }
}

extension NodeProgress {
  var isIdle: Bool { if case .idle = state { true } else { false } }
}
