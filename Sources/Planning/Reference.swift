import Artifacts
public import Diagnostics
public import PipelineDSL
public import StageKit

/// The reference of stages and pipelines as text and JSON, from the code.
public enum Reference {
  /// All stages, by kind, a line each.
  public static func text(_ catalog: StageCatalog) -> String {
    var kinds: [StageKind] = []
    for stage in catalog.stages where !kinds.contains(stage.kind) { kinds.append(stage.kind) }
    let width = catalog.stages.map(\.name.count).max() ?? 0
    return kinds.map { kind in
      let lines = catalog.stages(of: kind).map { "  \(padded($0.name, width))  \($0.summary)" }
      return ([kind.name] + lines).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  /// One stage with its ports and parameters.
  public static func text(_ stage: StageType) -> String {
    var lines = ["\(stage.name)  (\(stage.kind), revision \(stage.revision))", "  \(stage.summary)"]
    lines += ports("takes", stage.inputs) + ports("gives", stage.outputs)
    if let metric = stage.metric { lines.append("better: \(metric.better.rawValue)") }
    if !stage.schema.isEmpty { lines += ["parameters"] + parameters(stage.schema, indent: "  ") }
    return lines.joined(separator: "\n")
  }

  /// All pipelines, a line each.
  public static func text(_ catalog: PipelineCatalog) -> String {
    let width = catalog.pipelines.map(\.name.count).max() ?? 0
    return catalog.pipelines.map { "\(padded($0.name, width))  \($0.summary)" }.joined(separator: "\n")
  }

  /// One pipeline with its slots.
  public static func text(_ pipeline: PipelineType, stages: StageCatalog) -> String {
    let slots = pipeline.expanded().slots
    let width = slots.map(\.name.count).max() ?? 0
    var lines = [pipeline.name, "  \(pipeline.summary)", "slots"]
    for slot in slots {
      let names = stages.names(for: slot.kind).joined(separator: ", ")
      let count = slot.allowsSeveral ? "one or several" : "one"
      let standard = slot.standard.map {
        $0.isEmpty ? "; may be left out" : "; default \($0.joined(separator: ", "))"
      }
      lines.append("  \(padded(slot.name, width))  \(slot.kind), \(count)\(standard ?? "")")
      lines.append("  \(padded("", width))  \(names)")
    }
    return lines.joined(separator: "\n")
  }

  private static func ports(_ title: String, _ ports: [Port]) -> [String] {
    guard !ports.isEmpty else { return [] }
    let width = ports.map(\.name.count).max() ?? 0
    return [title]
      + ports.map { "  \(padded($0.name, width))  \($0.type.kind)\($0.isOptional ? ", optional" : "")" }
  }

  private static func parameters(_ schema: [ParameterSchema], indent: String) -> [String] {
    schema.flatMap { parameter -> [String] in
      let limits = parameter.limits.map(\.words).joined(separator: ", ")
      var lines = [
        "\(indent)\(parameter.name) = \(written(parameter.defaultValue))",
        "\(indent)  \(parameter.help)",
        "\(indent)  allowed: \(parameter.shape.words)\(limits.isEmpty ? "" : ", \(limits)")",
      ]
      if case .choice(let cases) = parameter.shape {
        for one in cases where !one.fields.isEmpty {
          lines.append("\(indent)  \(one.name)")
          lines += parameters(one.fields, indent: indent + "    ")
        }
      }
      return lines
    }
  }

  /// A value as a config would write it, in one line.
  private static func written(_ json: JSON) -> String {
    if let members = json.members, members.count == 1, members[0].value.members?.isEmpty == true {
      return JSON.string(members[0].key).text()
    }
    return json.text()
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// A stage as JSON.
  public static func json(_ stage: StageType) -> JSON {
    .object([
      "name": .string(stage.name), "summary": .string(stage.summary), "kind": .string(stage.kind.name),
      "revision": .integer(stage.revision), "takes": json(stage.inputs), "gives": json(stage.outputs),
      "parameters": .array(
        stage.schema.map { parameter in
          .object([
            "name": .string(parameter.name), "help": .string(parameter.help),
            "default": parameter.defaultValue, "allowed": .string(parameter.shape.words),
            "limits": .array(parameter.limits.map { .string($0.words) }),
          ])
        }),
    ])
  }

  /// A pipeline as JSON.
  public static func json(_ pipeline: PipelineType) -> JSON {
    .object([
      "name": .string(pipeline.name), "summary": .string(pipeline.summary),
      "slots": .array(
        pipeline.expanded().slots.map { slot in
          .object([
            "name": .string(slot.name), "kind": .string(slot.kind.name), "several": .bool(slot.allowsSeveral),
            "default": slot.standard.map { .array($0.map(JSON.string)) } ?? .null,
          ])
        }),
    ])
  }

  private static func json(_ ports: [Port]) -> JSON {
    .array(
      ports.map {
        .object(["name": .string($0.name), "kind": .string($0.type.kind), "optional": .bool($0.isOptional)])
      })
  }
}
