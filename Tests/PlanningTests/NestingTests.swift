import Planning
import StageKit
import Testing

@Suite struct NestingTests {
  private func sweep(_ values: String) -> String {
    """
    "reduce": [{ "nested": { "components": { "each": \(values) } } }], "cluster": ["cluster"]
    """
  }

  @Test func aSweepFitsOnceAndCutsTheRest() throws {
    let plan = try Fakes.plan(sweep("[2, 8, 4]"))
    let fits = plan.nodes.filter { $0.stage.name == "nested" }
    let slices = plan.nodes.filter { $0.stage.name == "nested (slice)" }
    #expect(fits.map(\.name) == ["nested, components 8"])
    #expect(fits[0].fitsFor == [2, 4, 8])
    #expect(slices.map(\.name) == ["nested, components 2", "nested, components 4"])
    #expect(slices.allSatisfy { $0.inputs.map(\.node) == [fits[0].id] && $0.inputs[0].port == "embedding" })
    #expect(plan.counts["cluster"] == 3)
  }

  @Test func oneValueIsNoSweep() throws {
    let plan = try Fakes.plan(sweep("[8]"))
    #expect(plan.nodes.filter { $0.stage.isSlice }.isEmpty)
    #expect(plan.nodes(of: "nested")[0].fitsFor == [])
  }

  @Test func aSmallerValueAddsOnlyItsSlice() throws {
    let before = Set(try Fakes.plan(sweep("[2, 8]")).nodes.map(\.key))
    let after = try Fakes.plan(sweep("[2, 4, 8]"))
    #expect(
      after.nodes.filter { !before.contains($0.key) }.map(\.stage.name) == ["nested (slice)", "cluster", "spread"])
  }

  @Test func aLargerValueFitsAnewForAll() throws {
    let before = Set(try Fakes.plan(sweep("[2, 8]")).nodes.map(\.key))
    let after = try Fakes.plan(sweep("[2, 8, 16]"))
    let fresh = after.nodes.filter { !before.contains($0.key) && $0.stage.type.name == "nested" }
    #expect(fresh.map(\.name).sorted() == ["nested, components 16", "nested, components 2", "nested, components 8"])
  }

  @Test func otherParametersMakeFamiliesOfTheirOwn() throws {
    let plan = try Fakes.plan(
      """
      "reduce": [{ "nested": { "ridge": { "each": [0.1, 0.2] }, "components": { "each": [2, 4] } } }],
      "cluster": ["cluster"]
      """)
    #expect(plan.nodes.filter { $0.stage.name == "nested" }.map { $0.fitsFor } == [[2, 4], [2, 4]])
    #expect(plan.nodes.count { $0.stage.isSlice } == 2)
  }
}
