internal import Artifacts
public import Diagnostics
public import RunRecords

/// Finds the node of a run that a user names: by its number, its name or the start of it, its stage if only one node
/// has it, or the start of its key.
public struct NodeQuery: Sendable {
  private let manifest: Manifest

  /// Looks among the nodes of a run.
  public init(_ manifest: Manifest) { self.manifest = manifest }

  /// The node of that name; without one the first that failed.
  ///
  /// - Throws: `unknownName`, with the nearest name; `badUsage` where several nodes are named so, or none failed.
  public func node(for wanted: String?) throws(Diagnostic) -> NodeRecord {
    let nodes = manifest.deterministic.nodes
    guard let wanted else { return try firstFailed() }
    if let id = Int(wanted), let node = nodes.first(where: { $0.id == id }) { return node }
    if let node = nodes.first(where: { $0.name == wanted }) { return node }
    let isKey = wanted.utf8.count >= 4 && wanted.allSatisfy(\.isHexDigit)
    let found = nodes.filter { node in
      node.stage == wanted || (!wanted.isEmpty && node.name.hasPrefix(wanted))
        || (isKey && node.key.digest.hex.hasPrefix(wanted))
    }
    if let first = found.first, found.count == 1 { return first }
    guard found.isEmpty else {
      var lines = found.prefix(12).map { "\($0.id)  \($0.name)" }
      if found.count > lines.count { lines.append("… and \(found.count - lines.count) more") }
      throw Diagnostic(
        .badUsage, "`\(wanted)` names \(found.count) nodes",
        fields: ["nodes": lines.joined(separator: "\n         ")], hint: "give the number of one of them")
    }
    var stages: [String] = []
    for node in nodes where !stages.contains(node.stage) { stages.append(node.stage) }
    throw Diagnostic(
      .unknownName, "the run has no node `\(wanted)`",
      fields: ["nodes": "0 to \(nodes.count - 1)", "stages": stages.joined(separator: ", ")],
      hint: suggestion(for: wanted, among: stages + nodes.map(\.name)))
  }

  private func firstFailed() throws(Diagnostic) -> NodeRecord {
    guard let failed = manifest.volatile.nodes.first(where: { $0.state == .failed }),
      let node = manifest.deterministic.node(failed.id)
    else {
      throw Diagnostic(
        .badUsage, "no node of the run failed", fields: ["run": manifest.volatile.run],
        hint: "name a node: its number, the start of its name, or its stage")
    }
    return node
  }
}
