import RunRecords

/// Why a node runs.
///
/// The cases stand in the order in which they are tried: a node is given the first that holds. `Reasons.md` publishes
/// the same list for users, under the raw values.
public enum Reason: String, Sendable, CaseIterable {
  /// No run of this config was recorded.
  case firstRun = "first-run"
  /// Its stage threw an error in the latest run.
  case failed
  /// A node above it failed in the latest run.
  case blocked
  /// The latest run was stopped before it.
  case interrupted
  /// The latest run kept its result, and the store has it no more.
  case gone
  /// Its result was not kept, and a node below needs it.
  case notKept = "not-kept"
  /// The revision of its stage is another.
  case revision
  /// The content of its input file is another.
  case content
  /// Its parameters are others.
  case parameters
  /// Its seed is another, though what feeds it is the same.
  case seed
  /// Another stage or another output feeds one of its ports.
  case rewired
  /// Nothing about itself is different: a node above it changed.
  case above
  /// Nothing is different but the key: this version of the program makes keys in another way.
  case keys
  /// The latest run had nothing like it.
  case new
}

/// What is known of a node that runs, for the reasons to be tried on.
struct NodeComparison {
  /// Whether a run of the config was recorded.
  var hasEarlierRun = false
  /// How the node with the same key ended in the latest run.
  var earlier: NodeOutcome.State?
  /// Whether that run kept its result.
  var wasKept = false
  /// What is different from the node that it was in that run; nil where it was none.
  var changes: [Change]?
  /// Whether something above it changed.
  var hasCauses = false

  fileprivate func differs(in kind: Change.Kind) -> Bool { changes?.contains { $0.kind == kind } ?? false }
}

extension Reason {
  /// Whether this is a reason for a node; of several that are, the first counts.
  func holds(for node: NodeComparison) -> Bool {
    switch self {
    case .firstRun: !node.hasEarlierRun
    case .failed: node.earlier == .failed
    case .blocked: node.earlier == .blocked
    case .interrupted: node.earlier == .notRun
    case .gone: node.earlier != nil && node.wasKept
    case .notKept: node.earlier != nil && !node.wasKept
    case .revision: node.differs(in: .revision)
    case .content: node.differs(in: .content)
    case .parameters: node.differs(in: .parameter)
    case .seed: node.differs(in: .seed)
    case .rewired: node.differs(in: .input)
    case .above: node.changes != nil && node.hasCauses
    case .keys: node.changes != nil
    case .new: node.earlier == nil
    }
  }

  /// The first reason that holds.
  static func first(for node: NodeComparison) -> Reason { allCases.first { $0.holds(for: node) } ?? .new }
}
