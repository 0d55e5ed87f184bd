import Artifacts
import Testing

@testable import Stages

@Suite struct LargestShareTests {
  @Test(
    arguments: [
      ([0, 1, 1, 1], 0.75), ([0], 1), ([2, 2, -1, -1, -1, 0], 2.0 / 6), ([-1, -1], 0),
      ([0, 1, 2, 3, 4], 0.2),
    ] as [([Int], Double)]) func isTheShareOfTheLargest(clusters: [Int], share: Double) throws
  {
    #expect(try measure(LargestShare.self, ["assignment": assignment(clusters, count: 6)]) == share)
  }

  @Test func keepsItsGoldenResult() throws { try Golden.check(LargestShare.self) }

  @Test func noRowsAreAnError() {
    #expect(
      measureError(LargestShare.self, ["assignment": Assignment.empty])
        == "error[tooFewRows]: there are no rows to measure on")
  }
}
