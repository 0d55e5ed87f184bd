import Artifacts
import Diagnostics
import Execution
import Planning
import StageKit
import Store
import Testing

/// Mixes as ``Mix`` does, in a later revision.
struct Remix: Stage {
  typealias Parameters = Mix.Parameters
  typealias Input = Mix.Input
  typealias Output = Mix.Output

  static let name = Mix.name
  static let summary = Mix.summary
  static let kind = Mix.kind
  static let revision = Mix.revision + 1

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    try Mix(parameters: parameters).run(input, in: context)
  }
}

/// A node that is computed again with the same bytes leaves what stands below it alone.
@Suite(.timeLimit(.minutes(2))) struct CutoffTests {
  /// A source, a node whose revision may have risen, two below it and their measures; the last has a further input.
  ///
  ///     0 → 1 → 2 → 4 weighs 2
  ///          ↘ 3 → 5 weighs 3      6 weighs 1
  private func bench(on lab: Lab, folder: Folder? = nil, revised: Bool, tuning: Double = 1) throws -> Bench {
    var bench = try Bench(lab, folder: folder)
    try bench.mix(number: 0)
    try bench.mix([0], number: 1, tuning: tuning, revised: revised)
    try bench.mix([1], number: 2)
    try bench.mix([1, 0], number: 3)
    for node in [2, 3, 1] { try bench.weigh(node) }
    return bench
  }

  @Test(arguments: [true, false], [1, 3]) func whatStandsBelowTheSameBytesIsCutOff(
    keepsEverything: Bool, jobs: Int
  ) throws {
    let lab = Lab.make()
    let before = try bench(on: lab, revised: false)
    let first = try before.run(jobs: jobs) { $0.keepsEverything = keepsEverything }
    lab.forgetRuns()
    let after = try bench(on: lab, folder: before.folder, revised: true)
    let second = try after.run(jobs: jobs) { $0.keepsEverything = keepsEverything }
    #expect(lab.runs.filter { $0.key != 0 } == [1: 1])
    #expect(second.values == first.values)
    #expect(second.ends[1] == "ran" && second.ends[4...] == ["cut off", "cut off", "cut off"])
    #expect(second.ends[2...3].allSatisfy { $0 == "cut off" })
    for case .cutOff(let cause) in second.outcomes { #expect(cause == after.plan.nodes[1].id) }

    // It is remembered: the third run finds everything under its own name.
    lab.forgetRuns()
    let third = try after.run(jobs: jobs) { $0.keepsEverything = keepsEverything }
    #expect(lab.runs == [:])
    #expect(third.values == first.values)
    #expect(third.ends == Array(repeating: "cached", count: 7))
  }

  @Test func otherBytesCutNothingOff() throws {
    let lab = Lab.make()
    let before = try bench(on: lab, revised: false)
    try before.run()
    lab.forgetRuns()
    var after = try Bench(lab, folder: before.folder)
    try after.mix(number: 0)
    // It stands for a revision that changes what comes out.
    try after.mix([0], number: 11, revised: true)
    try after.mix([1], number: 2)
    try after.weigh(2)
    #expect(try after.run().ends == ["cached", "ran", "ran", "ran"])
  }

  @Test func aNewNodeBelowIsFoundAgainWhenTheRevisionFalls() throws {
    let lab = Lab.make()
    let before = try bench(on: lab, revised: false)
    try before.run()
    var after = try bench(on: lab, folder: before.folder, revised: true)
    try after.weigh(after.mix([1], number: 9))
    try after.run()
    lab.forgetRuns()
    var back = try bench(on: lab, folder: before.folder, revised: false)
    try back.weigh(back.mix([1], number: 9))
    #expect(try back.run().failedCount == 0)
    #expect(lab.runs == [:])
  }

  @Test func anAcceptedResultLeavesWhatStandsBelowAlone() throws {
    let lab = Lab.make()
    let before = try bench(on: lab, revised: false)
    let first = try before.run()
    let after = try bench(on: lab, folder: before.folder, revised: true)
    let store = try after.store()
    let node = after.plan.nodes[1]
    _ = try store.link(
      node.key, to: before.plan.nodes[1].key, as: .accepted, components: node.components.json, stage: "mix")
    try store.flush()
    lab.forgetRuns()
    let second = try after.run(store)
    #expect(lab.runs == [:])
    #expect(second.values == first.values)
    #expect(second.cutOffCount == 3)
  }

  @Test func aCutOffResultThatIsGoneIsComputedAgain() throws {
    let lab = Lab.make()
    var before = try Bench(lab)
    try before.mix(number: 0)
    try before.mix([0], number: 1)
    try before.mix([1], number: 2, size: 5000, measured: true)
    let first = try before.run()
    var after = try Bench(lab, folder: before.folder)
    try after.mix(number: 0)
    try after.mix([0], number: 1, revised: true)
    try after.mix([1], number: 2, size: 5000, measured: true)
    for object in after.folder.objects { try after.folder.damage(object) }
    lab.forgetRuns()
    let second = try after.run()
    #expect(second.digests.last == first.digests.last)
    #expect(lab.runs[2] == 1)
    #expect(second.failedCount == 0 && second.blockedCount == 0)
  }
}
