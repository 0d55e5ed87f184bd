import Artifacts
import Diagnostics
import LinearAlgebra
import Planning
import StageKit
import Store
import Synchronization

/// How nodes come from one state into another; always under the lock of the run's state.
extension Scheduler {
  /// Makes sure that a node's outputs will be there.
  func demand(_ id: Plan.NodeID, _ state: inout RunState) {
    switch state.nodes[id.index].state {
    case .idle: break
    case .done where state.nodes[id.index].outputs == nil: break
    default: return
    }
    if let entry = stored(id, &state) {
      state.nodes[id.index].mode = .load(entry)
      enqueue(id, &state)
    } else {
      compute(id, &state)
    }
  }

  /// What the store has for a node, under its own key or one with the same bytes.
  private func stored(_ id: Plan.NodeID, _ state: inout RunState) -> Entry? {
    if let entry = store.entry(for: plan[id].key) {
      state.nodes[id.index].take(entry)
      return entry
    }
    return cutOff(id, &state)
  }

  /// Makes a node wait for its inputs, or run if all are there.
  func compute(_ id: Plan.NodeID, _ state: inout RunState) {
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
    state.ready.push(id)
    state.open += 1
    pool.withLock { $0 }?.submit { self.step() }
  }

  /// A node has its outputs.
  func succeed(_ id: Plan.NodeID, _ outputs: [String: any Artifact], bytes: Int, _ outcome: NodeEnd) {
    let told = state.withLock { state in
      state.nodes[id.index].state = .done
      state.nodes[id.index].outputBytes = bytes
      let old = state.nodes[id.index].outcome
      // What was computed or cut off in this run and is read again stays what it was.
      let stays =
        switch old {
        case .ran, .cutOff: true;
        default: false
        }
      if !stays { state.nodes[id.index].outcome = outcome }
      let isNeeded = state.nodes[id.index].pendingUses > 0 || state.nodes[id.index].isTarget
      state.hold(isNeeded ? outputs : nil, bytes: bytes, of: id)
      releaseInputs(of: id, &state)
      resume(takeWaiters(of: id, &state), &state)
      close(id, &state)
      return stays ? old : outcome
    }
    tell { $0.ended(plan[id], told) }
    tellRest()
  }

  /// Tells of nodes that came to an end because of what happened to another.
  func tellRest() {
    let rest = state.withLock { state in
      defer { state.untold = [] }
      return state.untold
    }
    for (node, end) in rest { tell { $0.ended(plan[node], end) } }
  }

  /// One of the inputs of these nodes is there.
  private func resume(_ waiters: [Plan.NodeID], _ state: inout RunState) {
    for waiter in waiters {
      guard case .waiting(let inputs) = state.nodes[waiter.index].state else { continue }
      if inputs == 1 {
        proceed(waiter, &state)
      } else {
        state.nodes[waiter.index].state = .waiting(inputs: inputs - 1)
      }
    }
  }

  /// All inputs of a node have results: it runs, unless its own result turns out to be known by their bytes.
  private func proceed(_ id: Plan.NodeID, _ state: inout RunState) {
    if let cause = changedNameOnly(id, state), canBeCutOff(id, &state) {
      let entry = cutOff(id, &state)
      releaseInputs(of: id, &state)
      state.nodes[id.index].outcome = .cutOff(because: cause)
      if let entry, state.nodes[id.index].isTarget {
        state.nodes[id.index].mode = .load(entry)
        enqueue(id, &state)
      } else {
        state.nodes[id.index].state = .done
        state.untold.append((id, .cutOff(because: cause)))
        resume(takeWaiters(of: id, &state), &state)
      }
    } else if plan[id].inputs.contains(where: { state.nodes[$0.node.index].outputs == nil }) {
      // What was cut off above has its outputs still in the store.
      compute(id, &state)
    } else {
      enqueue(id, &state)
    }
  }

  func fail(_ id: Plan.NodeID, _ error: Diagnostic, log: [String]) {
    let isCancelled = error.code == .cancelled
    state.withLock { state in
      releaseInputs(of: id, &state)
      state.nodes[id.index].outcome = isCancelled ? .notRun : .failed(error, log: log)
      state.nodes[id.index].state = .failed
      for waiter in takeWaiters(of: id, &state) where !isCancelled { block(waiter, by: id, &state) }
      if options.endsAtFailure, !isCancelled { isEnding.store(true, ordering: .relaxed) }
      close(id, &state)
    }
    if !isCancelled { tell { $0.ended(plan[id], .failed(error, log: log)) } }
    tellRest()
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
    state.untold.append((id, .blocked(by: cause)))
    releaseInputs(of: id, &state)
    for waiter in takeWaiters(of: id, &state) { block(waiter, by: cause, &state) }
  }

  /// What feeds a node; where the fit that it would be cut from failed, what feeds its own.
  func edges(of id: Plan.NodeID, _ state: borrowing RunState) -> [Plan.Edge] {
    state.nodes[id.index].isAlone ? plan[id].alone?.inputs ?? [] : plan[id].inputs
  }

  private func takeWaiters(of id: Plan.NodeID, _ state: inout RunState) -> [Plan.NodeID] {
    defer { state.nodes[id.index].waiters = [] }
    return state.nodes[id.index].waiters
  }

  /// A node needs its inputs no longer: outputs that nobody else waits for are let go.
  func releaseInputs(of id: Plan.NodeID, _ state: inout RunState) {
    guard state.nodes[id.index].holdsInputs else { return }
    state.nodes[id.index].holdsInputs = false
    for input in Set(edges(of: id, state).map(\.node)) {
      state.nodes[input.index].pendingUses -= 1
      if state.nodes[input.index].pendingUses <= 0, !state.nodes[input.index].isTarget {
        state.hold(nil, of: input)
      }
    }
  }

  /// One open node less; the last one ends the run.
  func close(_ id: Plan.NodeID, _ state: inout RunState) {
    state.memory.release(&state.nodes[id.index].reservedBytes)
    state.open -= 1
    if state.open == 0 { return finished.open() }
    let pool = pool.withLock { $0 }
    for _ in 0..<state.parked { pool?.submit { self.step() } }
    state.parked = 0
  }
}
