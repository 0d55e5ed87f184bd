import Artifacts
import Testing

@testable import Stages

@Suite struct NumberOfClustersTests {
  @Test(arguments: [([0, 1, 1, 1], 2), ([0], 1), ([2, 2, -1, 0], 2), ([-1, -1], 0)] as [([Int], Double)])
  func countsThoseThatHaveRows(clusters: [Int], count: Double) throws {
    #expect(try measure(NumberOfClusters.self, ["assignment": assignment(clusters, count: 6)]) == count)
  }

  @Test func keepsItsGoldenResult() throws { try Golden.check(NumberOfClusters.self) }

  @Test func noRowsAreAnError() {
    #expect(
      measureError(NumberOfClusters.self, ["assignment": Assignment.empty])
        == "error[tooFewRows]: there are no rows to measure on")
  }
}
