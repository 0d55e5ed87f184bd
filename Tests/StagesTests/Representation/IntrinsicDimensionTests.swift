import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@testable import Stages

@Suite struct IntrinsicDimensionTests {
  @Test func goldenResult() throws {
    try Golden.check(
      IntrinsicDimension.self,
      cases: [
        "default": "{}", "hill": #"{"estimator": "hill", "k": 10, "mean": "arithmetic"}"#,
        "moments": #"{"estimator": "moments", "k": 7}"#,
      ])
  }

  @Test func isThatOfScikitLearnsNeighbors() throws {
    let cases = try representationCases("dimensions")
    #expect(cases.count == 8)
    for item in cases {
      let features = Self.distinct(try FixtureData.load(try #require(item["data"]?.string)).features)
      for estimator in ["mle", "hill", "moments"] {
        for mean in ["geometric", "arithmetic"] {
          let found = try measure(
            IntrinsicDimension.self,
            "{\"k\": \(item["k"]?.integer ?? 0), \"estimator\": \"\(estimator)\", \"mean\": \"\(mean)\"}",
            ["features": features])
          #expect(isClose(found, try #require(item["\(estimator) \(mean)"]?.number), 1e-5))
        }
      }
    }
  }

  /// The rows without copies, as they come.
  private static func distinct(_ features: Features) -> Features {
    var seen: Set<[Float]> = []
    return Features(Matrix((0..<features.rows).map(features.matrix.row).filter { seen.insert($0).inserted }))
  }

  @Test func threePointsOnALine() throws {
    // Distances 1, 3; 1, 2; 2, 3.
    let line = Features(Matrix([[0], [1], [3]]))
    let dimensions = [(1.0, 3.0), (1, 2), (2, 3)].map { 2 / log($0.1 / $0.0) }
    let found = try measure(IntrinsicDimension.self, #"{"k": 2, "mean": "arithmetic"}"#, ["features": line])
    #expect(isClose(found, dimensions.reduce(0, +) / 3, 1e-6))
  }

  @Test func copiesDoNotCount() throws {
    let line = Features(Matrix([[0], [0], [1], [3], [7]]))
    // Of the copies each other's distance 0 is left out of three.
    let found = try measure(IntrinsicDimension.self, #"{"k": 3, "mean": "arithmetic"}"#, ["features": line])
    #expect(found.isFinite && found > 0)
    #expect(
      measureError(
        IntrinsicDimension.self, #"{"k": 2}"#, ["features": Features(Matrix([[1], [1], [1], [1]]))])
          == """
          error[rankDeficient]: no row has neighbours at different distances, so there is no dimension
            rows: 4
            k:    2
            hint: remove rows that are there several times, or raise `k`
          """)
  }
}
