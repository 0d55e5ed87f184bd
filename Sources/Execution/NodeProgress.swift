import Artifacts
import Diagnostics
import Planning
import Store

/// Where a node of a run stands; only the scheduler's transitions change it.
enum NodeState {
  /// Nobody asked for it so far.
  case idle
  /// It waits for that many inputs.
  case waiting(inputs: Int)
  /// All it needs is there; it is in the queue.
  case ready
  /// A worker is at it.
  case running
  /// It has a result: computed, read from the store, or there to be read.
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
  /// Bytes of these outputs as long as they are held.
  var heldBytes = 0
  /// Bytes of the outputs, once known.
  var outputBytes = 0
  /// The most memory that its stage took, its outputs included and its inputs not.
  var peakBytes = 0
  /// Bytes that are set aside for it while it runs.
  var reservedBytes = 0
  /// What earlier runs say of it.
  var prediction = Prediction()
  /// Whether the run itself wants the outputs, for the tables.
  var isTarget = false
  /// Whether it fits by itself, since the fit that it would be cut from failed.
  var isAlone = false
  /// How many nodes that will run have yet to take the outputs.
  var pendingUses = 0
  /// Whether it is one of the pending uses of its inputs.
  var holdsInputs = false
  /// The nodes that wait for this one.
  var waiters: [Plan.NodeID] = []
  /// What its stage wrote into its log.
  var log: [String] = []
  /// The digests of the outputs, where they were taken without storing them.
  var digests: [RunReport.Output] = []
  /// What the store says of the result; nil where it is not kept.
  var entry: Entry?
  /// The key whose result has the same bytes, once looked up; its own where there is no other.
  var canonical: Key?
  /// Seconds to have the result again: by reading it where it is kept, else by computing it.
  var secondsAgain = 0.0

  var isIdle: Bool { if case .idle = state { true } else { false } }

  /// Whether its stage will run, or has to be brought to run.
  var isToBeComputed: Bool { if case .compute = mode { !isIdle } else { false } }

  mutating func take(_ entry: Entry) {
    self.entry = entry
    outputBytes = entry.outputs.reduce(0) { $0 + $1.byteCount }
  }
}
