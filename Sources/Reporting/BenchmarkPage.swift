public import Diagnostics
public import RunRecords

/// One page about several benchmarks: of each its tables, its claims with the verdicts, and its config's name.
public struct BenchmarkPage: Sendable {
  private let manifests: [Manifest]

  /// A page about some runs, in their order.
  public init(_ manifests: [Manifest]) { self.manifests = manifests }

  /// The page as Markdown.
  ///
  /// - Throws: what ``ResultTable/init(_:results:metrics:)`` throws.
  public func markdown() throws(Diagnostic) -> String {
    var blocks = ["# Benchmarks\n\n" + Self.opening + "\n\n" + counts]
    for manifest in manifests { blocks.append(try section(manifest)) }
    return blocks.joined(separator: "\n\n") + "\n"
  }

  private static let opening = """
    What published tables and papers say, checked on real data. Each section is one config: its numbers, and each
    sentence with whether it holds here. This page is made from the references in `runs/reference` by
    `pipe table runs/reference --format markdown`.
    """

  private var counts: String {
    var lines = ["| benchmark | claims | hold | do not |", "|---|---|---|---|"]
    for manifest in manifests {
      let verdicts = ClaimVerdict.verdicts(of: manifest)
      let held = verdicts.count { $0.outcome == .holds }
      let name = manifest.deterministic.name
      lines.append(
        "| [\(title(manifest))](#\(name)) (`\(name)`) | \(verdicts.count) | \(held) | \(verdicts.count - held) |"
      )
    }
    return lines.joined(separator: "\n")
  }

  private func title(_ manifest: Manifest) -> String {
    manifest.deterministic.title ?? manifest.deterministic.name
  }

  /// The table, or where it stands if it is too long for a page.
  private func text(of table: ResultTable, in manifest: Manifest) -> String {
    let text = table.text(.markdown).trimmed
    let lines = text.count { $0 == "\n" } + 1
    if lines <= Self.longest { return text }
    let place = "\(manifest.deterministic.name)/tables/\(table.name).md"
    return "The table `\(table.name)` has \(lines) lines: `\(place)` in the folder of references."
  }

  /// Lines of a table that a reader goes through.
  private static let longest = 60

  private func section(_ manifest: Manifest) throws(Diagnostic) -> String {
    var blocks = [
      "## \(title(manifest))",
      "Config `\(manifest.deterministic.name)`, pipeline `\(manifest.deterministic.pipeline)`.",
    ]
    for table in try ResultTable.tables(of: manifest) { blocks.append(text(of: table, in: manifest)) }
    let claims = ClaimVerdict.verdicts(of: manifest).map { verdict in
      let source = verdict.claim.source.map { " — \($0)" } ?? ""
      let found = verdict.outcome == .doesNotHold ? verdict.claim.found.map { " Found: \($0)." } ?? "" : ""
      return "- \(verdict.claim.say)\(source): **\(verdict.outcome.rawValue)** (\(verdict.measured)).\(found)"
    }
    if !claims.isEmpty { blocks.append(claims.joined(separator: "\n")) }
    return blocks.joined(separator: "\n\n")
  }
}

extension String {
  /// Without line breaks at both ends.
  fileprivate var trimmed: String {
    var text = Substring(self)
    while text.last == "\n" { text.removeLast() }
    while text.first == "\n" { text.removeFirst() }
    return String(text)
  }
}
