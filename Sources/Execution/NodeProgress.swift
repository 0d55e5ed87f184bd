import Artifacts
import Diagnostics
import Planning
import Store

/// Where a node of a run stands; only the scheduler's `transition` functions change it.
enum NodeState {
  /// Nobody asked for it so far.
  case idle
  /// It waits for that many inputs.
  case waiting(inputs: Int)
  /// All it needs is there; it is in the queue.
  case ready
  /// A worker is at it.
  case running
  /// It was computed, or its result was read from the store.
  case done
  /// Its stage threw.
  case failed
  /// A node above it failed.
  case blocked
}

/// How a node comes to its result.
enum NodeMode {
  /// By running its stage.
  case compute
  /// By reading what the store has.
  case load(Entry)
}

/// What the scheduler knows of a node.
struct NodeProgress {
  var state = NodeState.idle
  var mode = NodeMode.compute
  var outcome = NodeEnd.cached
  /// The outputs while somebody still needs them.
  var outputs: [String: any Artifact]?
  /// Whether the run itself wants the outputs, for the tables.
  var isTarget = false
  /// How many nodes that will run have yet to take the outputs.
  var pendingUses = 0
  /// Whether it is one of the pending uses of its inputs.
  var holdsInputs = false
  /// The nodes that wait for this one.
  var waiters: [Plan.NodeID] = []
  /// What its stage wrote into its log.
  var log: [String] = []
  /// What the store says of the result.
  var entry: Entry?
}
