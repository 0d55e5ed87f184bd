import Execution

/// Where a node of a run stands, as progress counts it.
enum NodePhase: Int, CaseIterable {
  /// The store has its result, or nothing that runs needs it.
  case stored
  /// It is to run and its turn has not come.
  case waiting
  /// Its stage runs.
  case running
  /// It was computed.
  case ran
  /// It was to run, and another process put its result into the store.
  case cached
  /// It was to run, and what goes in turned out to be as before.
  case cutOff
  /// Its stage threw an error.
  case failed
  /// A node above it failed.
  case blocked

  /// The phase that an end leads to; nil for a node that stays as it was.
  init?(_ end: NodeEnd) {
    switch end {
    case .ran: self = .ran
    case .cached: self = .cached
    case .cutOff: self = .cutOff
    case .failed: self = .failed
    case .blocked: self = .blocked
    case .notRun: return nil
    }
  }

  /// Whether nothing more will happen to the node.
  var isEnd: Bool {
    switch self {
    case .stored, .waiting, .running: false
    case .ran, .cached, .cutOff, .failed, .blocked: true
    }
  }
}
