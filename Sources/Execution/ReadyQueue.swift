import Planning

/// The nodes that could run now, the most urgent first.
///
/// Urgent is what the longest chain hangs on; among equals, what stands later in the plan, since it lets go of what
/// stands above it soonest.
struct ReadyQueue {
  private var heap: [(urgency: Int, node: Plan.NodeID)] = []

  var isEmpty: Bool { heap.isEmpty }
  var first: Plan.NodeID? { heap.first?.node }

  mutating func push(_ node: Plan.NodeID, urgency: Int) {
    heap.append((urgency, node))
    var child = heap.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> Plan.NodeID? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first.node }
    heap[0] = last
    var parent = 0
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, best) {
        best = child
      }
      if best == parent { return first.node }
      heap.swapAt(parent, best)
      parent = best
    }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    (heap[a].urgency, heap[a].node) > (heap[b].urgency, heap[b].node)
  }
}
