import Diagnostics
import RunRecords
import StageKit

/// The alternatives of a slot that differ in one parameter alone, whose results one fit can give.
final class SharedFamily {
  typealias Member = (alternative: Int, value: Double)

  /// The alternatives with their values, the largest first.
  let members: [Member]
  private let placed: [PlacedStage?]
  private let choices: [Choice]
  /// The stages that take each alternative's part of a fit.
  private let slices: [Int: PlacedStage]
  /// The stages that fit a path, by its values.
  private var paths: [[Double]: PlacedStage] = [:]

  private init(_ members: [Member], _ placed: [PlacedStage?], _ choices: [Choice]) {
    self.members = members.sorted { ($1.value, $0.alternative) < ($0.value, $1.alternative) }
    (self.placed, self.choices) = (placed, choices)
    var slices: [Int: PlacedStage] = [:]
    for member in members {
      slices[member.alternative] = placed[member.alternative].map {
        PlacedStage($0.stage.slice, label: $0.label, at: $0.location, conduct: $0.conduct)
      }
    }
    self.slices = slices
  }

  /// The stage that takes an alternative's part of a fit.
  func slice(of alternative: Int) -> PlacedStage? { slices[alternative] }

  /// The fit that serves an alternative beside others; nil where it fits by itself.
  ///
  /// - Parameter present: the members that the config leaves in, the largest first.
  func fit(for alternative: Int, among present: [Member]) -> PlacedStage? {
    guard let first = present.first, let stage = placed[first.alternative] else { return nil }
    switch stage.stage.sharing?.way {
    case .largest: return first.alternative == alternative ? nil : stage
    case .path:
      let values = Set(present.map(\.value)).sorted()
      return values.count > 1 ? path(values, stage, like: choices[first.alternative]) : nil
    case nil: return nil
    }
  }

  private func path(_ values: [Double], _ stage: PlacedStage, like choice: Choice) -> PlacedStage {
    if let known = paths[values] { return known }
    var choice = choice
    let list = JSON.array(values.map(SharedFit.json)).text()
    for index in choice.swept.indices where stage.stage.isSharedParameter(choice.swept[index].path) {
      choice.swept[index].value = list
    }
    let path = PlacedStage(
      stage.stage.along(values), label: NodeNames.text(choice), at: stage.location, conduct: stage.conduct)
    paths[values] = path
    return path
  }

  /// The family of each alternative of a slot; nil for one that has none.
  ///
  /// - Parameter choices: what the names of the alternatives are made of.
  static func families(_ placed: [PlacedStage?], _ choices: [Choice]) -> [SharedFamily?] {
    var byName: [String: [Member]] = [:]
    for (index, stage) in placed.enumerated() {
      if let sharing = stage?.stage.sharing {
        byName[sharing.family, default: []].append((index, sharing.value))
      }
    }
    var families = [SharedFamily?](repeating: nil, count: placed.count)
    for members in byName.values where members.count > 1 {
      let family = SharedFamily(members, placed, choices)
      for member in members { families[member.alternative] = family }
    }
    return families
  }
}

extension ConfiguredStage {
  /// Whether a path is that of the parameter that a fit is shared over.
  fileprivate func isSharedParameter(_ path: String) -> Bool {
    guard let name = sharing?.parameter else { return false }
    return path == name || path.hasSuffix(".\(name)")
  }
}

extension Expansion {
  /// Fits a stage, or takes its results from the fit that serves those of its family that the config leaves in here.
  func addShared(
    _ stage: PlacedStage, _ family: SharedFamily, _ connections: [Connection], _ spot: Spot
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
    guard let fit = family.fit(for: spot.choice[slot], among: present),
      let slice = family.slice(of: spot.choice[slot])
    else { return addFan(stage, connections, spot) }
    guard let fan = addFan(fit, connections, spot) else { return nil }
    let parts = fit.stage.parts(for: slice.stage)
      .map { Connection(port: $0.input, fan: fan, output: $0.output) }
      .sorted { $0.port < $1.port }
    guard let slices = addFan(slice, parts, spot) else { return nil }
    let served = Set(present.map(\.value)).sorted()
    for (slice, fit) in zip(slices.nodes, fan.nodes) {
      plan.nodes[fit.index].fitsFor = served
      plan.nodes[slice.index].alone = Plan.Alone(
        stage, inputs: plan.nodes[fit.index].inputs, seed: plan.nodes[fit.index].seed)
    }
    return slices
  }
}
