import Artifacts
import Diagnostics
import Execution
import Planning
import RunRecords
import StageKit

/// A recorded run whose nodes can be run again from its manifest alone.
struct RecordedRun {
  let manifest: Manifest
  /// Where relative paths of inputs start.
  let folder: String

  /// - Parameter folder: given by the user; by default the config's folder as the run recorded it.
  init(_ manifest: Manifest, folder: String?) {
    self.manifest = manifest
    let given = folder ?? manifest.volatile.configFolder ?? "."
    self.folder = given.isEmpty ? "." : given
  }

  /// The plan of the run.
  ///
  /// - Throws: every reason why this program cannot run it, as ``Plan/init(recorded:stages:folder:targets:others:)``.
  func plan(_ tool: Tool, targets: Set<Int>? = nil, others: Set<Int> = []) throws(Diagnostics) -> Plan {
    try Plan(
      recorded: manifest.deterministic, stages: tool.stages, folder: folder, targets: targets, others: others)
  }

  /// Checks that the inputs are there and have the content that the run read.
  ///
  /// - Parameter isNeeded: whether a node has to read its input again.
  /// - Throws: `notReproducible` for each input that is gone, cannot be read or has changed.
  func checkInputs(of plan: Plan, _ fingerprints: InputFingerprints, _ isNeeded: (Plan.Node) -> Bool)
    throws(Diagnostics)
  {
    let contents = manifest.deterministic.contentInputs
    let numbers = Dictionary(manifest.deterministic.nodes.map { ($0.key, $0.id) }) { first, _ in first }
    var problems: [Diagnostic] = []
    for node in plan.nodes where node.stage.isSource && isNeeded(node) {
      guard let input = numbers[node.key].flatMap({ contents[$0] }) else { continue }
      let path = node.stage.sources.first?.file ?? input.file
      do throws(Diagnostic) {
        let digest = try fingerprints.digest(of: node.stage)
        if digest != input.digest { problems.append(Self.changed(input, path, digest)) }
      } catch {
        problems.append(Self.unreadable(input, path, error))
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }

  private static let hint = "restore it, or name the folder where paths of inputs start with `--folder DIR`"

  private static func changed(
    _ input: DeterministicRecord.Input, _ path: String, _ digest: Digest
  ) -> Diagnostic {
    Diagnostic(
      .notReproducible, "the input `\(input.file)` has another content than in the run",
      fields: [
        "file": path, "data sets": input.parts.joined(separator: ", "), "in the run": input.digest.hex,
        "now": digest.hex,
      ], hint: hint)
  }

  private static func unreadable(
    _ input: DeterministicRecord.Input, _ path: String, _ error: Diagnostic
  ) -> Diagnostic {
    let isGone = error.code == .fileNotFound
    return Diagnostic(
      .notReproducible,
      isGone
        ? "the input `\(input.file)` is gone" : "the input `\(input.file)` cannot be read: \(error.headline)",
      fields: [
        "file": path, "data sets": input.parts.joined(separator: ", "), "in the run": input.digest.hex,
      ], hint: hint)
  }
}
