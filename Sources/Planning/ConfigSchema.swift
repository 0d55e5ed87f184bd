public import Diagnostics
public import PipelineDSL
public import StageKit

/// The JSON Schema of configs, for editors, made from the catalogs.
public struct ConfigSchema {
  private let stages: StageCatalog
  private let pipelines: PipelineCatalog

  /// A schema of what some stages and pipelines allow.
  public init(stages: StageCatalog, pipelines: PipelineCatalog) {
    self.stages = stages
    self.pipelines = pipelines
  }

  /// The schema (draft 2020-12).
  public var json: JSON {
    let names = pipelines.pipelines.map { JSON.string($0.name) }
    return .object([
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "pipe config",
      "type": "object",
      // What a config does not say, the one that it extends may say.
      "anyOf": [.object(["required": ["pipeline"]]), .object(["required": ["extends"]])],
      "properties": .object(["pipeline": .object(["enum": .array(names)]), "extends": text]),
      "allOf": .array(pipelines.pipelines.map(condition)),
      "$defs": .object(stages.stages.map { JSON.Member("stage-\($0.name)", group($0.schema, $0.summary)) }),
    ])
  }

  /// What holds if the config names this pipeline.
  private func condition(_ pipeline: PipelineType) -> JSON {
    let slots = pipeline.expanded().slots
    let properties = settings(slots) + slots.map { JSON.Member($0.name, slot($0)) }
    let required = slots.filter { $0.standard == nil }.map { JSON.string($0.name) }
    return .object([
      "if": .object([
        "properties": .object(["pipeline": .object(["const": .string(pipeline.name)])]),
        "required": ["pipeline"],
      ]),
      "then": .object([
        "description": .string(pipeline.summary), "properties": .object(properties),
        "anyOf": [.object(["required": .array(required)]), .object(["required": ["extends"]])],
        "additionalProperties": false,
      ]),
    ])
  }

  private func settings(_ slots: [SlotDeclaration]) -> [JSON.Member] {
    let names = JSON.object(["type": "array", "items": text])
    let whole = JSON.object(["type": "integer"])
    let measures = stages.stages(of: .measure)
    let metric = JSON.object(["enum": .array(measures.map { .string($0.name) })])
    let metrics: JSON = .object(["type": "array", "items": metric])
    let configured = measures.filter { !$0.schema.isEmpty }.map { measure in
      JSON.object([
        "type": "object",
        "properties": .object([
          JSON.Member(measure.name, .object(["$ref": .string("#/$defs/stage-\(measure.name)")]))
        ]), "required": .array([.string(measure.name)]), "additionalProperties": false,
      ])
    }
    let asked: JSON = .object([
      "type": "array", "items": .object(["anyOf": .array([metric] + configured)]),
    ])
    let table: JSON = .object([
      "type": "object",
      "properties": .object([
        "rows": names, "columns": names, "metrics": metrics, "best": truth, "caption": text,
      ]), "required": ["metrics"], "additionalProperties": false,
    ])
    let count = JSON.object(["type": "integer", "minimum": 1])
    let seeds = JSON.object(["anyOf": [count, .object(["type": "array", "items": whole])]])
    return [
      JSON.Member("$schema", text), JSON.Member("extends", text), JSON.Member("title", text),
      JSON.Member("pipeline", text), JSON.Member("seeds", seeds),
      JSON.Member("seed", whole), JSON.Member("metrics", asked),
      JSON.Member("tables", .object(["type": "object", "additionalProperties": table])),
      JSON.Member("provenance", .object(["type": "object", "additionalProperties": text])),
      JSON.Member("claims", claims), JSON.Member("zip", zip(slots)), JSON.Member("skip", skip(slots)),
    ]
  }

  /// A dotted path that begins with a slot and a stage.
  private func path(_ slots: [SlotDeclaration]) -> String {
    "^(\(slots.map(\.name).joined(separator: "|")))\\.[^.]+\\."
  }

  private func zip(_ slots: [SlotDeclaration]) -> JSON {
    let item = JSON.object(["type": "string", "pattern": .string(path(slots))])
    return .object([
      "description": "Swept parameters that are taken together, value by value, instead of multiplying.",
      "type": "array",
      "items": .object(["type": "array", "items": item, "minItems": 2, "uniqueItems": true]),
    ])
  }

  private func skip(_ slots: [SlotDeclaration]) -> JSON {
    let members = slots.map { slot in
      let one = JSON.object(["enum": .array(stages.names(for: slot.kind).map(JSON.string))])
      return JSON.Member(slot.name, .object(["anyOf": [one, .object(["type": "array", "items": one])]]))
    }
    let pattern = JSON.object([
      "type": "object", "properties": .object(members),
      "patternProperties": .object([JSON.Member(path(slots), .object([]))]), "additionalProperties": false,
      "minProperties": 1,
    ])
    return .object([
      "description": "Cells that are left out: those that match all members of a pattern.",
      "type": "array", "items": pattern,
    ])
  }

  private var claims: JSON {
    let claim = JSON.object([
      "type": "object",
      "properties": .object([
        "say": text, "source": text, "found": text,
        "check": .object(["type": "object", "required": ["metric"]]),
      ]), "required": ["say", "check"], "additionalProperties": false,
    ])
    return .object([
      "description": "Sentences of a paper, each with a check by number.", "type": "array", "items": claim,
    ])
  }

  private func slot(_ slot: SlotDeclaration) -> JSON {
    let fitting = stages.stages(of: slot.kind)
    var one: [JSON] = fitting.map { stage in
      .object([
        "type": "object",
        "properties": .object([
          JSON.Member(stage.name, .object(["$ref": .string("#/$defs/stage-\(stage.name)")])),
          JSON.Member("timeout", .object(["type": "number", "exclusiveMinimum": 0])),
          JSON.Member("retries", .object(["type": "integer", "minimum": 0, "maximum": 100])),
        ]), "required": .array([.string(stage.name)]), "additionalProperties": false,
      ])
    }
    one.append(.object(["enum": .array(stages.names(for: slot.kind).map(JSON.string))]))
    let stage = JSON.object(["anyOf": .array(one)])
    guard slot.allowsSeveral else { return stage }
    return .object(["anyOf": .array([stage, .object(["type": "array", "items": stage])])])
  }

  private func group(_ schema: [ParameterSchema], _ summary: String) -> JSON {
    .object([
      "type": "object", "description": .string(summary),
      "properties": .object(
        schema.map { parameter in
          JSON.Member(
            parameter.name,
            .object([
              "description": .string(parameter.help), "default": parameter.defaultValue,
              "anyOf": .array([value(parameter.shape, parameter.limits), sweep]),
            ]))
        }), "additionalProperties": false,
    ])
  }

  private let text = JSON.object(["type": "string"])
  private let truth = JSON.object(["type": "boolean"])
  private let sweep = JSON.object([
    "type": "object", "anyOf": [.object(["required": ["each"]]), .object(["required": ["range"]])],
  ])

  private func value(_ shape: ValueShape, _ limits: [Limit]) -> JSON {
    switch shape {
    case .bool: truth
    case .integer: .object([JSON.Member("type", "integer")] + limits.flatMap(bounds))
    case .number: .object([JSON.Member("type", "number")] + limits.flatMap(bounds))
    case .locator: text
    case .optional(let inner): .object(["anyOf": .array([value(inner, limits), .object(["type": "null"])])])
    case .list(let inner): .object(["type": "array", "items": value(inner, limits)])
    case .choice(let cases): choice(cases)
    }
  }

  private func choice(_ cases: [ValueShape.Case]) -> JSON {
    let plain = JSON.object(["enum": .array(cases.map { .string($0.name) })])
    guard cases.contains(where: { !$0.fields.isEmpty }) else { return plain }
    let full = cases.map { one in
      JSON.object([
        "type": "object", "properties": .object([JSON.Member(one.name, group(one.fields, one.name))]),
        "required": .array([.string(one.name)]), "additionalProperties": false,
      ])
    }
    return .object(["anyOf": .array([plain] + full)])
  }

  private func bounds(_ limit: Limit) -> [JSON.Member] {
    switch limit {
    case .range(let range):
      [JSON.Member("minimum", .number(range.lowerBound)), JSON.Member("maximum", .number(range.upperBound))]
    case .atLeast(let low): [JSON.Member("minimum", .number(low))]
    case .above(let low): [JSON.Member("exclusiveMinimum", .number(low))]
    case .between(let low, let high):
      [JSON.Member("exclusiveMinimum", .number(low)), JSON.Member("exclusiveMaximum", .number(high))]
    case .length, .notEmpty: []
    }
  }
}
