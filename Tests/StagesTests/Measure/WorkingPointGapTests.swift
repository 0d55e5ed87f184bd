import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct WorkingPointGapTests {
  @Test func goldenResult() throws {
    let scores = Scores((0..<150).map { Double($0 * 37 % 101) / 40 })
    try Golden.check(
      WorkingPointGap.self, inputs: ["scores": scores, "dimensions": Measurement(4)])
  }

  @Test func quantilesAgreeWithSciPy() throws {
    let cases = try Fixture.json("few-shot/chi_squared.json").items ?? []
    #expect(cases.count == 72)
    for item in cases {
      let law = ChiSquared(degrees: item["degrees"]?.number ?? 0)
      let (tail, expected) = (item["tail"]?.number ?? 0, item["quantile"]?.number ?? 0)
      let found = law.quantile(upperTail: tail)
      // A lower tail of 1e-4 is the difference of numbers near 1.
      #expect(isClose(found, expected, tail > 0.99 ? 1e-9 : 1e-11), "\(law.degrees) \(tail)")
      #expect(isClose(law.upperTail(found), tail, 1e-12))
    }
  }

  @Test func edgesOfTheDistribution() {
    let law = ChiSquared(degrees: 2)
    #expect(law.upperTail(0) == 1 && law.quantile(upperTail: 1) == 0)
    #expect(law.quantile(upperTail: 0) == .infinity)
    // χ² of two degrees is exponential.
    #expect(isClose(law.upperTail(7), Foundation.exp(-3.5), 1e-14))
  }

  /// Of 1000 squared scores at the middles of equal shares of χ², 31.7 % are beyond one standard deviation, and so on.
  @Test func scoresThatFollowTheLawHaveNoGap() throws {
    let law = ChiSquared(degrees: 5)
    let values = (0..<1000).map { law.quantile(upperTail: (Double($0) + 0.5) / 1000).squareRoot() }
    let inputs: [String: any Artifact] = ["scores": Scores(values), "dimensions": Measurement(5)]
    #expect(try measure(WorkingPointGap.self, inputs) <= 0.0005)
    let twice: [String: any Artifact] = [
      "scores": Scores(values.map { 2 * $0 }), "dimensions": Measurement(5),
    ]
    #expect(try measure(WorkingPointGap.self, twice) > 0.4)
  }

  @Test func onlyNormalTestRowsCount() throws {
    let inputs: [String: any Artifact] = [
      "scores": Scores([9, 0, 0, 9, 9]), "dimensions": Measurement(1),
      "labels": Labels(integers: [0, 0, 0, 1, 0]),
      "fitRows": RowMask(roles: [.fit, .test, .test, .test, .validation]),
    ]
    // No alarm: the gap is what is expected beyond one standard deviation.
    #expect(isClose(try measure(WorkingPointGap.self, inputs), 0.31731050786, 1e-9))
  }

  @Test func badInputIsRefused() {
    #expect(
      measureError(WorkingPointGap.self, ["scores": Scores([1]), "dimensions": Measurement(0)]) == """
        error[outOfRange]: χ² needs a number of dimensions above 0
          dimensions: 0.0
        """)
    #expect(
      measureError(WorkingPointGap.self, ["scores": Scores([.nan]), "dimensions": Measurement(1)]) == """
        error[notFinite]: a score is not a number
          row: 0, counted from 0
        """)
    let inputs: [String: any Artifact] = [
      "scores": Scores([1, 2]), "dimensions": Measurement(1), "labels": Labels(integers: [0, 1]),
      "fitRows": RowMask([true, false]),
    ]
    #expect(
      measureError(WorkingPointGap.self, inputs).hasPrefix("error[tooFewRows]: no normal row is held out"))
  }
}
