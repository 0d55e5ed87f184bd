public import RunRecords

/// Why the nodes of a run did what they did, as its record says it.
public struct ReasonList {
  private let manifest: Manifest

  /// Takes the record of a run.
  public init(_ manifest: Manifest) { self.manifest = manifest }

  /// A line for each stage and reason: `kernel-pca × 2: gamma 0.005 → 0.01 (configs/a.json:10)`, in the order of the
  /// plan and with a line break at the end of each; nodes that say nothing are left out.
  public var text: String {
    var groups: [(title: String, count: Int, stage: String, reason: String)] = []
    var places: [String: Int] = [:]
    for (node, outcome) in zip(manifest.deterministic.nodes, manifest.volatile.nodes) {
      guard let reason = outcome.reason else { continue }
      let words = "\(Self.words(outcome.state))\(reason)"
      let name = "\(node.stage)\n\(words)"
      if let place = places[name] {
        groups[place].count += 1
      } else {
        places[name] = groups.count
        groups.append((node.name, 1, node.stage, words))
      }
    }
    return groups.map { group in
      let title = group.count == 1 ? group.title : "\(group.stage) × \(group.count)"
      return printable("\(title): \(group.reason)") + "\n"
    }.joined()
  }

  /// What became of a node, where it did not simply run.
  private static func words(_ state: NodeOutcome.State) -> String {
    switch state {
    case .ran, .cached: ""
    case .cutOff: "cut off: "
    case .failed: "failed: "
    case .blocked: "blocked: "
    case .notRun: "not run: "
    }
  }
}
