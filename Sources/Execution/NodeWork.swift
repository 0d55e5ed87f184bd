import Artifacts
import Diagnostics
import Glibc
import LinearAlgebra
import Planning
import StageKit
import Store
import Synchronization

/// What workers do with nodes.
extension Scheduler {
  /// What a step does with a node.
  private enum Step {
    case load(Plan.NodeID, Entry)
    case compute(Plan.NodeID)
    /// To be computed if another process has given up its key by now.
    case retry(Plan.NodeID)
    case refuse(Plan.NodeID, Diagnostic)
  }

  /// Takes the most urgent node that fits and brings it to its end.
  func step() {
    switch state.withLock({ nextStep(&$0) }) {
    case .load(let node, let entry): load(node, entry)
    case .compute(let node): computeLocked(node)
    case .retry(let node):
      usleep(Self.retryPause)
      computeLocked(node)
    case .refuse(let node, let error): fail(node, error, log: [])
    case nil: return
    }
  }

  /// Microseconds between two looks at a key that another process is computing.
  ///
  /// Waiting for the lock itself could not be interrupted.
  private static let retryPause: UInt32 = 5_000

  private func nextStep(_ state: inout RunState) -> Step? {
    let isContended = state.ready.isEmpty
    if state.fatal != nil || shouldStop {
      guard let node = state.ready.pop() ?? state.contended.popLast() else { return nil }
      if case .ran = state.nodes[node.index].outcome {} else { state.nodes[node.index].outcome = .notRun }
      close(node, &state)
      return nil
    }
    guard !isContended else {
      return state.contended.isEmpty ? nil : .retry(state.contended.removeFirst())
    }
    guard let node = admit(&state) else {
      state.parked += 1
      return nil
    }
    if case .load(let entry) = state.nodes[node.index].mode {
      state.nodes[node.index].state = .running
      return .load(node, entry)
    }
    if edges(of: node, state).contains(where: { state.nodes[$0.node.index].outputs == nil }) {
      // Let go of for want of memory while it waited: they are read again first.
      compute(node, &state)
      close(node, &state)
      return nil
    }
    state.nodes[node.index].state = .running
    return refusal(of: node, state).map { .refuse(node, $0) } ?? .compute(node)
  }

  /// The outputs that an entry names.
  func outputs(of id: Plan.NodeID, _ entry: Entry) throws(Diagnostic) -> [String: any Artifact] {
    var outputs: [String: any Artifact] = [:]
    for output in entry.outputs {
      guard let port = plan[id].stage.outputs.first(where: { $0.name == output.port }) else {
        throw Diagnostic(.corruptObject, "a stored result has a port `\(output.port)` that its stage lacks")
      }
      outputs[output.port] = try port.type.init(store.load(output))
    }
    return outputs
  }

  private func load(_ id: Plan.NodeID, _ entry: Entry) {
    let start = ContinuousClock.now
    do throws(Diagnostic) {
      let outputs = try outputs(of: id, entry)
      let bytes = entry.outputs.reduce(0) { $0 + $1.byteCount }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      storingCost.withLock { $0.read(bytes, in: seconds) }
      state.withLock { state in
        state.nodes[id.index].take(entry)
        state.nodes[id.index].secondsAgain = seconds
      }
      succeed(id, outputs, bytes: bytes, .cached)
    } catch {
      // What cannot be read is computed again, as if it had never been there.
      tell { $0.recovered(plan[id], error) }
      store.forget(plan[id].key)
      state.withLock { state in
        state.nodes[id.index].entry = nil
        compute(id, &state)
        close(id, &state)
      }
      tellRest()
    }
  }

  /// Computes a node under the lock of its key, unless another process is at it.
  private func computeLocked(_ id: Plan.NodeID) {
    guard isWorthLocking(id) else { return computeUnlessStored(id) }
    guard store.tryLock(on: plan[id].key, { computeUnlessStored(id) }) == nil else { return }
    state.withLock { $0.contended.append(id) }
    pool.withLock { $0 }?.submit { self.step() }
  }

  /// Whether the result may well be stored, so that another process could take it.
  private func isWorthLocking(_ id: Plan.NodeID) -> Bool {
    let (prediction, isTarget) = state.withLock {
      ($0.nodes[id.index].prediction, $0.nodes[id.index].isTarget)
    }
    guard !isTarget, !options.keepsEverything, let seconds = prediction.seconds,
      let bytes = prediction.outputBytes
    else { return true }
    return storingCost.withLock { $0.isWorth(seconds, bytes: bytes) } || store.isShared
  }

  private func computeUnlessStored(_ id: Plan.NodeID) {
    if let entry = store.entry(for: plan[id].key) {
      state.withLock { $0.nodes[id.index].mode = .load(entry) }
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
    let meter = MemoryMeter()
    defer {
      let lines = log.withLock { $0 }
      if !lines.isEmpty { state.withLock { $0.nodes[id.index].log = lines } }
    }
    let start = ContinuousClock.now
    do throws(Diagnostic) {
      let attempt = Attempt(
        stage: alone?.stage ?? node.stage, seed: alone?.seed ?? node.seed ?? 0,
        timeout: node.conduct.timeout ?? options.timeout,
        retries: node.conduct.retries, shouldStop: { [self] in shouldStop },
        note: { line in log.withLock { $0.append(line) } })
      let outputs = try attempt.run(takeInputs(of: node), meter)
      try requireUnchangedFiles()
      if node.stage.isSource { try options.inputs?.requireUnchanged(node.stage) }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      if alone != nil { log.withLock { $0.append("fitted by itself, as the fit for a larger value failed") } }
      state.withLock { $0.nodes[id.index].peakBytes = meter.peak }
      keep(outputs, of: node, seconds)
    } catch {
      fail(id, error, log: log.withLock { $0 })
    }
  }

  /// Refuses what was computed from a file that was read where it lies and changed meanwhile.
  private func requireUnchangedFiles() throws(Diagnostic) {
    guard let file = FileMemory.current?.changedFile else { return }
    throw InputFingerprints.changed(file)
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
}
