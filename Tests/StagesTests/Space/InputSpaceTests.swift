import Artifacts
import StageKit
import Testing

@testable import Stages

@Suite struct InputSpaceTests {
  @Test func givesWhatItsNameSays() throws {
    let features = try FixtureData.load("iris").features
    let output = try InputSpace(parameters: NoParameters()).run(.init(features: features), in: StageContext())
    #expect(output.features == features)
  }

  @Test func keepsItsGoldenResult() throws { try Golden.check(InputSpace.self) }
}
