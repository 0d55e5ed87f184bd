import Artifacts
public import Diagnostics
import Planning
import StageKit

extension Preview {
  /// How many lines a text has at most, besides its headline.
  private static let mostLines = 40

  /// Nodes of one stage that would run for the same reason.
  private struct Group {
    var title: String
    var reason: String
    var count = 0
    var seconds: Double?
    var kept = 0
    var notKept = 0

    var line: String {
      var parts = [reason]
      // Too little to matter is not worth reading.
      if let seconds, seconds >= 0.05 { parts.append(Preview.words(seconds: seconds)) }
      if kept > 0 { parts.append(kept == count ? "kept" : "\(kept) kept") }
      if notKept == count, count > 0 { parts.append("not kept") }
      return "  \(count == 1 ? title : "\(title) × \(count)"): \(parts.joined(separator: " · "))"
    }
  }

  private var groups: [Group] {
    var groups: [Group] = []
    var places: [String: Int] = [:]
    for node in toRun {
      // What changed is said where the node that it happened to has its own line.
      let answer = reasons.answer(for: node.id, isTold: { fates[$0.index] == .runs })
      var reason = answer.text
      if !node.fitsFor.isEmpty {
        reason += " · fits once for \(node.fitsFor.map { SharedFit.json($0).text() }.joined(separator: ", "))"
      }
      let name = "\(node.stage.name)\n\(reason)"
      let place = places[name] ?? groups.count
      if place == groups.count {
        places[name] = place
        groups.append(Group(title: node.name, reason: reason))
      } else {
        groups[place].title = node.stage.name
      }
      groups[place].count += 1
      let outlook = outlook(of: node.id)
      if let seconds = outlook.seconds { groups[place].seconds = (groups[place].seconds ?? 0) + seconds }
      // What the run is about is always kept, and what was not will not be.
      if node.stage.type.kind == .measure || answer.reason == .notKept { continue }
      if outlook.isKept == true { groups[place].kept += 1 }
      if outlook.isKept == false { groups[place].notKept += 1 }
    }
    return groups
  }

  private var headline: String {
    let runs = toRun
    let known = runs.compactMap { outlook(of: $0.id).seconds }
    let sum = known.isEmpty ? 0 : known.reduce(0, +) * Double(runs.count) / Double(known.count)
    let time = sum < 0.005 ? "" : ", about \(Self.words(seconds: sum)) of one core"
    return "\(plan.name): \(runs.count) to run, \(plan.nodes.count - runs.count) done\(time)"
  }

  /// What would run, with the reasons, grouped by stage and reason.
  public var text: String {
    let groups = groups
    var lines = [headline] + groups.prefix(Self.mostLines).map(\.line)
    let rest = groups.dropFirst(Self.mostLines)
    if !rest.isEmpty {
      let count = rest.reduce(0) { $0 + $1.count }
      lines.append("  and \(count) more for \(rest.count) other reasons: --json lists them")
    }
    return lines.joined(separator: "\n")
  }

  /// The whole plan as JSON: the same nodes with the same keys that a run works with.
  public var json: JSON {
    .object([
      "config": .string(plan.config.file), "pipeline": .string(plan.pipeline),
      "toRun": .integer(fates.count { $0 == .runs }),
      "nodes": .array(
        plan.nodes.map { node in
          .object(
            [
              JSON.Member("id", .integer(node.id.index)), JSON.Member("name", .string(node.name)),
              JSON.Member("stage", .string(node.stage.name)),
              JSON.Member("revision", .integer(node.stage.type.revision)),
              JSON.Member("parameters", node.stage.parameters),
              JSON.Member("key", .string(node.key.description)),
              JSON.Member("inputs", .array(node.inputs.map(Self.json))),
              JSON.Member("fitsFor", .array(node.fitsFor.map(SharedFit.json))),
            ] + fateMembers(of: node.id))
        }),
    ])
  }

  private static func json(_ edge: Plan.Edge) -> JSON {
    .object([
      "port": .string(edge.port), "node": .integer(edge.node.index), "output": .string(edge.output),
    ])
  }

  /// What would happen to a node, why, and what it would take.
  func fateMembers(of id: Plan.NodeID) -> [JSON.Member] {
    let outlook = outlook(of: id)
    let runs = fates[id.index] == .runs
    return [
      JSON.Member("state", .string(state(of: id))),
      JSON.Member("reason", runs ? reasons[id].json : .null),
      JSON.Member("predictedSeconds", outlook.seconds.map(JSON.number) ?? .null),
      JSON.Member("kept", runs ? outlook.isKept.map(JSON.bool) ?? .null : .null),
    ]
  }

  static func words(seconds: Double) -> String {
    seconds < 10 ? "\((seconds * 100).rounded() / 100) s" : "\(Int(min(seconds, 1e15).rounded())) s"
  }
}

extension Reasons.Answer {
  /// The answer as JSON: the reason's name, its text, what changed, the root causes.
  public var json: JSON {
    .object([
      "code": .string(reason.rawValue), "text": .string(text), "changes": .array(changes.map(\.json)),
      "causes": .array(
        causes.map {
          .object([
            "node": .integer($0.node.index), "stage": .string($0.stage),
            "changes": .array($0.changes.map(\.json)),
          ])
        }),
    ])
  }
}
