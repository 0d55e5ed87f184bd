import StageKit

/// The alternatives of a slot that differ in a nested parameter alone: one fit serves all.
final class NestedFamily {
  /// The alternatives with their values, the largest first.
  let members: [(alternative: Int, value: Int)]
  /// The stages that cut each member's result, in the same order.
  private let slices: [PlacedStage]

  private init(_ members: [(alternative: Int, value: Int)], _ placed: [PlacedStage?]) {
    self.members = members.sorted { ($1.value, $0.alternative) < ($0.value, $1.alternative) }
    slices = self.members.compactMap { member in
      placed[member.alternative].map {
        PlacedStage($0.stage.slice, label: $0.label, at: $0.location, conduct: $0.conduct)
      }
    }
  }

  /// The stage that cuts the result of an alternative.
  func slice(of alternative: Int) -> PlacedStage? {
    zip(members, slices).first { $0.0.alternative == alternative }?.1
  }

  /// The family of each alternative of a slot; nil for one that has none.
  static func families(_ placed: [PlacedStage?]) -> [NestedFamily?] {
    var byName: [String: [(alternative: Int, value: Int)]] = [:]
    for (index, stage) in placed.enumerated() {
      if let nesting = stage?.stage.nesting {
        byName[nesting.family, default: []].append((index, nesting.value))
      }
    }
    var families = [NestedFamily?](repeating: nil, count: placed.count)
    for members in byName.values where members.count > 1 {
      let family = NestedFamily(members, placed)
      for member in members { families[member.alternative] = family }
    }
    return families
  }
}

extension Expansion {
  /// Fits a stage, or cuts its results from those of the member of its family with the largest nested parameter that
  /// the config leaves in here.
  func addNested(
    _ stage: PlacedStage, _ family: NestedFamily, _ connections: [Connection], _ spot: Spot
  ) -> Fan? {
    guard let slot = spot.own else { return nil }
    let present =
      rules.isEmpty
      ? family.members
      : family.members.filter { member in
        var choice = spot.choice
        choice[slot] = member.alternative
        return rules.allows(choice)
      }
    guard let largest = present.first, largest.alternative != spot.choice[slot],
      let fit = placed[slot][largest.alternative], let slice = family.slice(of: spot.choice[slot])
    else { return addFan(stage, connections, spot) }
    guard let fan = addFan(fit, connections, spot) else { return nil }
    let outputs = fit.outputs.map { Connection(port: $0.name, fan: fan, output: $0) }
      .sorted { $0.port < $1.port }
    guard let slices = addFan(slice, outputs, spot) else { return nil }
    let served = present.map(\.value).sorted()
    for (slice, fit) in zip(slices.nodes, fan.nodes) {
      plan.nodes[fit.index].fitsFor = served
      plan.nodes[slice.index].alone = Plan.Alone(
        stage, inputs: plan.nodes[fit.index].inputs, seed: plan.nodes[fit.index].seed)
    }
    return slices
  }
}
