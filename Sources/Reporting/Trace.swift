internal import Artifacts
public import Diagnostics
public import RunRecords

/// One measured value with everything that led to it, down to the bytes of the inputs.
public struct Trace: Sendable {
  private let manifest: Manifest
  private let value: MeasuredValue
  private let nodes: [Int: NodeRecord]
  private let outcomes: [Int: NodeOutcome]
  private let inputs: [Int: DeterministicRecord.Input]
  private let root: NodeRecord

  /// Follows a measured value of a run.
  ///
  /// - Throws: `corruptRecord` if the record has no node for it.
  public init(_ value: MeasuredValue, in manifest: Manifest) throws(Diagnostic) {
    self.manifest = manifest
    self.value = value
    let record = manifest.deterministic
    nodes = Dictionary(record.nodes.map { ($0.id, $0) }) { first, _ in first }
    outcomes = Dictionary(manifest.volatile.nodes.map { ($0.id, $0) }) { first, _ in first }
    inputs = record.contentInputs
    guard let root = record.nodes.first(where: { $0.key.digest.hex == value.key }) else {
      throw Diagnostic(
        .corruptRecord, "the manifest has no node for the value",
        fields: ["run": manifest.volatile.run, "key": value.key], hint: "run the config again")
    }
    self.root = root
  }

  /// The tree from the number downwards, with a line break at its end.
  ///
  /// A node that several others take from is shown whole where it comes first.
  public var text: String {
    var lines = [headline, "run \(printable(manifest.volatile.run))", ""]
    var shown: Set<Int> = []
    append(root, port: nil, first: "", rest: "", &shown, &lines)
    return lines.map { $0 + "\n" }.joined()
  }

  private var headline: String {
    let number = value.value.map { "\($0)" } ?? "no value"
    var parts = value.choices.map { choice in
      ([choice.stage] + choice.swept.map { "\($0.path) \($0.value)" }).joined(separator: ", ")
    }
    if let seed = value.seed { parts.append("seed \(seed)") }
    if let fold = value.fold { parts.append("fold \(fold)") }
    return printable("\(value.metric) = \(number)  \(parts.joined(separator: " · "))")
  }

  private func append(
    _ node: NodeRecord, port: String?, first: String, rest: String, _ shown: inout Set<Int>,
    _ lines: inout [String]
  ) {
    let title = [port.map { "\($0) ←" }, node.stage].compactMap(\.self).joined(separator: " ")
    guard shown.insert(node.id).inserted else {
      lines.append(first + printable("\(title)  node \(node.id), as above"))
      return
    }
    lines.append(first + printable("\(title)  node \(node.id), revision \(node.revision)"))
    // The branch to the inputs goes on beside the details.
    let bar = rest + (node.inputs.isEmpty ? "   " : "│  ")
    lines += details(of: node).map { bar + printable($0) }
    for (position, input) in node.inputs.enumerated() {
      guard let above = nodes[input.node] else { continue }
      let isLast = position == node.inputs.count - 1
      append(
        above, port: input.port == input.output ? input.port : "\(input.port) = \(input.output)",
        first: rest + (isLast ? "└─ " : "├─ "), rest: rest + (isLast ? "   " : "│  "), &shown, &lines)
    }
  }

  private func details(of node: NodeRecord) -> [String] {
    var lines: [String] = []
    let parameters = parameterLeaves(node.parameters).filter { $0.text != "null" }
    if !parameters.isEmpty {
      lines.append(parameters.map { "\($0.path) \($0.text)" }.joined(separator: " · "))
    }
    var identity = ["key \(node.key.digest.short)"]
    if let seed = node.seed { identity.append("seed \(seed)") }
    identity.append(outcomes[node.id].map(words) ?? "not in the record")
    if let place = node.place { identity.append(place) }
    lines.append(identity.joined(separator: " · "))
    let known = outputs(of: node).compactMap { output in
      output.digest.map { "\(output.port) \($0.short)\(output.bytes.map { " (\(size($0)))" } ?? "")" }
    }
    if !known.isEmpty { lines.append("gave \(known.joined(separator: ", "))") }
    if let input = inputs[node.id] {
      lines.append("reads \(input.file): \(input.parts.joined(separator: ", "))")
      lines.append("content \(input.digest.hex)")
    }
    return lines
  }

  private func outputs(of node: NodeRecord) -> [NodeRecord.Output] {
    node.outputs.isEmpty ? outcomes[node.id]?.outputs ?? [] : node.outputs
  }

  private func words(_ outcome: NodeOutcome) -> String {
    func time(_ seconds: Double) -> String {
      seconds < 0.000_995 ? formatted("%.0f µs", seconds * 1e6) : duration(seconds)
    }
    let saved = outcome.savedSeconds.map { " (took \(time($0)))" } ?? ""
    switch outcome.state {
    case .ran: return "ran in \(time(outcome.seconds))"
    case .cached: return "cached\(saved)"
    case .cutOff: return "cut off\(saved)"
    case .failed: return "failed"
    case .blocked: return "blocked"
    case .notRun: return "not run"
    }
  }

  /// The same as JSON: the value, and each node once, what a node takes after it.
  public var json: JSON {
    var order: [NodeRecord] = []
    var seen: Set<Int> = []
    var open = [root]
    while let node = open.popLast() {
      guard seen.insert(node.id).inserted else { continue }
      order.append(node)
      open += node.inputs.reversed().compactMap { nodes[$0.node] }
    }
    return .object([
      "run": .string(manifest.volatile.run), "metric": .string(value.metric),
      "value": .optional(value.value), "choices": .array(value.choices.map(json)),
      "seed": .optional(value.seed), "fold": .optional(value.fold), "key": .string(value.key),
      "nodes": .array(order.map(json)),
    ])
  }

  private func json(_ choice: Choice) -> JSON {
    let swept = choice.swept.map { swept in
      JSON.Member(
        swept.path, (try? JSON.parse(SourceText(file: "", swept.value))) ?? .string(swept.value))
    }
    return .object([
      "slot": .string(choice.slot), "stage": .string(choice.stage), "swept": .object(swept),
    ])
  }

  private func json(_ node: NodeRecord) -> JSON {
    let outcome = outcomes[node.id]
    let seconds = outcome?.state == .ran ? outcome?.seconds : outcome?.savedSeconds
    let inputs: [JSON] = node.inputs.map { input in
      .object([
        "port": .string(input.port), "node": .integer(input.node), "output": .string(input.output),
      ])
    }
    let outputs: [JSON] = outputs(of: node).map { output in
      .object([
        "port": .string(output.port), "kind": .string(output.kind),
        "digest": .optional(output.digest?.hex), "bytes": .optional(output.bytes),
      ])
    }
    let reads: JSON? = self.inputs[node.id].map { input in
      .object([
        "file": .string(input.file), "parts": .strings(input.parts), "content": .string(input.digest.hex),
      ])
    }
    return .object([
      "id": .integer(node.id), "name": .string(node.name), "stage": .string(node.stage),
      "revision": .integer(node.revision), "parameters": node.parameters, "seed": .optional(node.seed),
      "key": .string(node.key.digest.hex), "place": .optional(node.place),
      "state": .optional(outcome?.state.rawValue), "seconds": .optional(seconds), "inputs": .array(inputs),
      "outputs": .array(outputs), "reads": reads ?? .null,
    ])
  }
}

/// A number of bytes for people.
func size(_ bytes: Int) -> String {
  let units = ["bytes", "kB", "MB", "GB", "TB"]
  var value = Double(bytes)
  var unit = 0
  while value >= 1000, unit < units.count - 1 {
    value /= 1000
    unit += 1
  }
  return unit == 0 ? "\(bytes) bytes" : "\(formatted("%.1f", value)) \(units[unit])"
}
