import Artifacts
import Diagnostics
import Planning
import Store

/// Everything that changes while a run goes on.
struct RunState {
  var nodes: [NodeProgress]
  var ready = ReadyQueue()
  /// Nodes whose key another process is computing.
  var contended: [Plan.NodeID] = []
  /// Nodes that are ready, contended or running.
  var open = 0
  /// Steps that found nothing that fits into memory; they are taken up again when a node ends.
  var parked = 0
  var memory: MemoryLedger
  /// Nodes that came to an end without running, of which the observer has not been told.
  var untold: [(node: Plan.NodeID, end: NodeEnd)] = []
  /// The keys of the plan's nodes.
  var planKeys: Set<Key> = []
  /// A fault of the store that ends the run: no space, no permission.
  var fatal: Diagnostic?

  init(_ plan: Plan, memory budget: Int) {
    nodes = Array(repeating: NodeProgress(), count: plan.nodes.count)
    memory = MemoryLedger(budget: budget)
  }

  /// Takes over what earlier runs say of the nodes, and sorts those that are ready by it.
  mutating func predict(_ plan: Plan, _ toRun: [Plan.NodeID], _ forecast: Forecast) {
    for id in toRun { nodes[id.index].prediction = forecast[id] }
    // What nothing is known of counts as much as the others do on average, so that long chains still come first.
    let known = toRun.compactMap { forecast[$0].seconds }
    let mean = known.isEmpty ? 1 : known.reduce(0, +) / Double(known.count)
    var urgency = [Double](repeating: 0, count: nodes.count)
    for node in plan.nodes.reversed() {
      let index = node.id.index
      if nodes[index].isToBeComputed { urgency[index] += nodes[index].prediction.seconds ?? mean }
      for edge in node.inputs { urgency[edge.node.index] = max(urgency[edge.node.index], urgency[index]) }
    }
    ready.sort(by: urgency)
  }

  /// Sets what a node gave; nil lets go of it.
  mutating func hold(_ outputs: [String: any Artifact]?, bytes: Int = 0, of id: Plan.NodeID) {
    let bytes = memory.inMemory(bytes)
    memory.held += (outputs == nil ? 0 : bytes) - nodes[id.index].heldBytes
    nodes[id.index].heldBytes = outputs == nil ? 0 : bytes
    nodes[id.index].outputs = outputs
  }

  /// What the run has learnt about the stages that ran.
  func samples(of plan: Plan) -> [History.Observation] {
    zip(plan.nodes, nodes).compactMap { node, progress in
      guard case .ran(let seconds) = progress.outcome, !progress.isAlone else { return nil }
      let inputs = node.inputs.map { nodes[$0.node.index].outputBytes }
      return History.Observation(
        stage: node.stage, inputBytes: inputs,
        sample: History.Sample(
          seconds: seconds, peakBytes: Double(progress.peakBytes), outputBytes: Double(progress.outputBytes),
          inputBytes: Double(inputs.reduce(0, +))))
    }
  }
}
