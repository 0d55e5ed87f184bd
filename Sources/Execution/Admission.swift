import Diagnostics
import LinearAlgebra
import Planning
import StageKit

/// What of the memory budget is taken.
struct MemoryLedger {
  let budget: Int
  /// Bytes of results that are held for nodes to come.
  var held = 0
  /// Bytes that are set aside for what runs.
  private(set) var reserved = 0
  /// How many nodes run.
  private(set) var running = 0

  init(budget: Int) { self.budget = budget }

  /// What of a result lies in memory: one that is too large for the budget lies in a file.
  func inMemory(_ bytes: Int) -> Int { FileMemory.isInFile(bytes, budget: budget) ? 0 : bytes }

  /// Whether so much more fits; what would run all alone always does.
  func admits(_ bytes: Int) -> Bool { running == 0 || bytes <= budget - held - reserved }

  mutating func reserve(_ bytes: Int, _ account: inout Int) {
    reserved += bytes
    account = max(1, bytes)
    running += 1
  }

  mutating func release(_ account: inout Int) {
    guard account > 0 else { return }
    reserved = max(0, reserved - account)
    account = 0
    running -= 1
  }
}

/// Which node may start, with the memory that there is.
extension Scheduler {
  /// Takes the most urgent node if it fits; else the one nearest to the end of its chain that does, since that lets go
  /// of memory soonest.
  func admit(_ state: inout RunState) -> Plan.NodeID? {
    guard let first = state.ready.first else { return nil }
    var taken: Plan.NodeID?
    if state.memory.admits(need(of: first, state)) {
      taken = state.ready.pop()
    } else {
      taken = lastThatFits(&state)
      if taken == nil, letGo(&state) { taken = lastThatFits(&state) }
    }
    guard let taken else { return nil }
    let need = need(of: taken, state)
    state.memory.reserve(need, &state.nodes[taken.index].reservedBytes)
    return taken
  }

  private func lastThatFits(_ state: inout RunState) -> Plan.NodeID? {
    var queue = state.ready
    let current = state
    defer { state.ready = queue }
    return queue.popLast { current.memory.admits(need(of: $0, current)) }
  }

  /// Bytes that a node will take besides its inputs: as predicted, else three times what goes in.
  private func need(of id: Plan.NodeID, _ state: borrowing RunState) -> Int {
    if case .load = state.nodes[id.index].mode { return state.nodes[id.index].outputBytes }
    if let peak = state.nodes[id.index].prediction.peakBytes { return peak }
    return 3 * inputBytes(of: id, state)
  }

  private func inputBytes(of id: Plan.NodeID, _ state: borrowing RunState) -> Int {
    var sum = 0
    for input in Set(edges(of: id, state).map(\.node)) {
      sum += state.memory.inMemory(state.nodes[input.index].outputBytes)
    }
    return sum
  }

  /// Lets go of held results that the store has and that nothing running uses; they are read again when needed.
  private func letGo(_ state: inout RunState) -> Bool {
    var inUse: Set<Plan.NodeID> = []
    for node in plan.nodes {
      if case .running = state.nodes[node.id.index].state {
        inUse.formUnion(edges(of: node.id, state).map(\.node))
      }
    }
    var found = false
    for node in plan.nodes where state.nodes[node.id.index].heldBytes > 0 {
      let progress = state.nodes[node.id.index]
      guard progress.entry != nil, !progress.isTarget, !inUse.contains(node.id) else { continue }
      state.hold(nil, of: node.id)
      found = true
    }
    return found
  }

  /// The error for a node that is known not to fit, even alone.
  func refusal(of id: Plan.NodeID, _ state: borrowing RunState) -> Diagnostic? {
    guard case .compute = state.nodes[id.index].mode, state.nodes[id.index].prediction.isMeasured,
      let peak = state.nodes[id.index].prediction.peakBytes
    else { return nil }
    let inputs = inputBytes(of: id, state)
    // Its large arrays may lie in files.
    let room = FileMemory.current.map { $0.threshold < peak ? $0.capacity : 0 } ?? 0
    guard inputs + peak > state.memory.budget, inputs + peak - state.memory.budget > room else { return nil }
    return Diagnostic(
      .outOfMemory, "`\(plan[id].stage.name)` needs more memory than this run may take",
      fields: [
        "inputs": byteText(inputs), "stage": "\(byteText(peak)) at its peak, measured in an earlier run",
        "together": byteText(inputs + peak), "budget": byteText(state.memory.budget),
      ],
      hint: "give it more with --memory, on a machine that has it, or use fewer rows", at: plan[id].location)
  }
}

/// A number of bytes in the unit that suits it.
func byteText(_ count: Int) -> String {
  let units = ["bytes", "kB", "MB", "GB", "TB"]
  var value = Double(count)
  var unit = 0
  while value >= 1000, unit < units.count - 1 {
    value /= 1000
    unit += 1
  }
  return unit == 0 ? "\(count) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
}
