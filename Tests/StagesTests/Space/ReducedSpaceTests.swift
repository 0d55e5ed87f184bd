import Artifacts
import StageKit
import Testing

@testable import Stages

@Suite struct ReducedSpaceTests {
  @Test func givesWhatItsNameSays() throws {
    let features = try FixtureData.load("iris").features
    let output = try ReducedSpace(parameters: NoParameters()).run(
      .init(embedding: features), in: StageContext())
    #expect(output.features == features)
  }

  @Test func keepsItsGoldenResult() throws {
    try Golden.check(ReducedSpace.self, inputs: ["embedding": FixtureData.load("iris").features])
  }
}
