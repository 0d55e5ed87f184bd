import Planning

/// The nodes that could run now, the most urgent first.
///
/// Urgent is what the longest chain of work hangs on; among equals, what stands later in the plan, since it lets go of
/// what stands above it soonest.
struct ReadyQueue {
  private var heap: [(urgency: Double, node: Plan.NodeID)] = []
  private var urgency: [Double] = []

  var isEmpty: Bool { heap.isEmpty }
  var first: Plan.NodeID? { heap.first?.node }

  mutating func push(_ node: Plan.NodeID) {
    heap.append((node.index < urgency.count ? urgency[node.index] : 0, node))
    var child = heap.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Orders what is there, and what comes, by how urgent each node of the plan is.
  mutating func sort(by urgency: [Double]) {
    self.urgency = urgency
    let nodes = heap.map(\.node)
    heap = []
    for node in nodes { push(node) }
  }

  mutating func pop() -> Plan.NodeID? { heap.isEmpty ? nil : remove(at: 0) }

  /// Takes the least urgent node that passes: it is the one nearest to the end of its chain.
  mutating func popLast(where passes: (Plan.NodeID) -> Bool) -> Plan.NodeID? {
    let candidates = heap.indices.filter { passes(heap[$0].node) }
    guard let last = candidates.max(by: { isBefore($0, $1) }) else { return nil }
    return remove(at: last)
  }

  private mutating func remove(at index: Int) -> Plan.NodeID {
    let node = heap[index].node
    let last = heap.removeLast()
    guard index < heap.count else { return node }
    heap[index] = last
    var child = index
    while child > 0, isBefore(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
    var parent = child
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, best) {
        best = child
      }
      if best == parent { return node }
      heap.swapAt(parent, best)
      parent = best
    }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    (heap[a].urgency, heap[a].node) > (heap[b].urgency, heap[b].node)
  }
}
