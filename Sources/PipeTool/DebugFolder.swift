import Artifacts
import Diagnostics
import Execution
import Glibc
import RunRecords

/// A folder with all that one node of a run had: inputs as HDF5, parameters and seed as JSON, its error as text.
struct DebugFolder {
  let path: String
  let manifest: Manifest
  let node: NodeRecord
  /// The command that runs just this node again.
  let rerun: String

  private var outcome: NodeOutcome? { manifest.volatile.nodes.first { $0.id == node.id } }

  /// The name of a node's folder: its number and its stage.
  static func name(_ node: NodeRecord) -> String {
    let stage = node.stage.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" }
    return "debug-\(node.id)-\(String(stage))"
  }

  /// Writes the folder.
  ///
  /// - Parameter inputs: what goes into the node, by port.
  /// - Returns: a line for each file with what is in it.
  /// - Throws: `notWritable`, `noSpace`; `badUsage` if the folder holds something else.
  func write(_ inputs: [String: any Artifact], log: [String]) throws(Diagnostic) -> [String] {
    try prepare()
    var lines: [String] = []
    var dataSets: [String: [String]] = [:]
    if !inputs.isEmpty {
      let file = try ArtifactFile(creating: "\(path)/inputs.h5")
      for input in node.inputs {
        guard let artifact = inputs[input.port] else { continue }
        dataSets[input.port] = try file.write(artifact, as: input.port)
      }
      try file.finish()
      let all = node.inputs.flatMap { dataSets[$0.port] ?? [] }
      lines.append("inputs.h5  \(all.joined(separator: ", "))")
    }
    let document = json(inputs, dataSets, log)
    try RunFolder(path: path).write(document.text(pretty: true) + "\n", to: "node.json")
    lines.append("node.json  stage, parameters, seed, key, and where the inputs come from")
    if let error = outcome?.error {
      try RunFolder(path: path).write(
        ([error] + (log.isEmpty ? [] : ["", "log:"] + log)).joined(separator: "\n") + "\n", to: "error.txt")
      lines.append("error.txt  the whole error" + (log.isEmpty ? "" : ", and the end of the log"))
    }
    return lines
  }

  /// Makes the folder, or takes one that was written before.
  private func prepare() throws(Diagnostic) {
    var status = stat()
    if stat(path, &status) == 0 {
      guard access("\(path)/node.json", F_OK) == 0 else {
        throw Diagnostic(
          .badUsage, "`\(path)` is there already and is no folder of `pipe debug`",
          hint: "name another folder with `--output DIR`")
      }
      // What was written before may be of another node.
      for name in ["inputs.h5", "error.txt"] { unlink("\(path)/\(name)") }
    } else if mkdir(path, 0o777) != 0 {
      throw Diagnostic(
        .notWritable, "cannot make the folder `\(path)`: \(String(cString: strerror(errno)).lowercased())",
        hint: "name another folder with `--output DIR`")
    }
  }

  private func json(
    _ inputs: [String: any Artifact], _ dataSets: [String: [String]], _ log: [String]
  ) -> JSON {
    let origins = node.inputs.map { origin($0, inputs[$0.port], dataSets[$0.port] ?? []) }
    let seed: JSON = node.seed.map { .integer($0) } ?? .null
    return .object([
      "run": .string(manifest.volatile.run), "node": .integer(node.id), "name": .string(node.name),
      "stage": .string(node.stage), "revision": .integer(node.revision), "parameters": node.parameters,
      "seed": seed, "key": .string(node.key.digest.hex), "place": text(node.place),
      "state": text(outcome?.state.rawValue), "error": text(outcome?.error), "log": list(log),
      "inputs": .array(origins), "rerun": .string(rerun),
    ])
  }

  private func origin(
    _ input: NodeRecord.Input, _ artifact: (any Artifact)?, _ dataSets: [String]
  ) -> JSON {
    let above = manifest.deterministic.node(input.node)
    let kind = artifact.map { type(of: $0).kind }
    let digest = artifact.map { $0.digest.hex }
    return .object([
      "port": .string(input.port), "node": .integer(input.node), "name": text(above?.name),
      "stage": text(above?.stage), "output": .string(input.output), "kind": text(kind),
      "digest": text(digest), "dataSets": list(dataSets),
    ])
  }

  private func text(_ text: String?) -> JSON {
    guard let text else { return .null }
    return .string(text)
  }

  private func list(_ items: [String]) -> JSON { .array(items.map { .string($0) }) }
}
