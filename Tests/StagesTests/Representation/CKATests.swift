import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct CKATests {
  private static let choices = [
    ("linear", "\"linear\""), ("rbf", "\"rbf\""), ("narrow", #"{"rbf": {"fraction": 0.4}}"#),
  ]

  @Test func goldenResult() throws {
    let iris = try FixtureData.load("iris").features
    try Golden.check(
      CKA.self, cases: ["default": "{}", "unbiased": #"{"kernel": "rbf", "estimator": "unbiased"}"#],
      inputs: ["features": iris.columns(0..<2), "other": iris.columns(1..<4)])
  }

  @Test func isThatOfNumpy() throws {
    for (inputs, item) in try pairCases() {
      for estimator in ["biased", "unbiased"] {
        for (label, kernel) in Self.choices {
          let found = try measure(
            CKA.self, "{\"kernel\": \(kernel), \"estimator\": \"\(estimator)\"}", inputs)
          let expected = try #require(item["\(label) \(estimator)"]?.number)
          #expect(isClose(found, expected, 1e-6), "\(label) \(estimator): \(found) for \(expected)")
        }
        // Fewer rows than columns in two of the four tables.
        let few = inputs.mapValues { $0.prefix(rows: 12) as any Artifact }
        let found = try measure(CKA.self, "{\"estimator\": \"\(estimator)\"}", few)
        #expect(isClose(found, try #require(item["few rows \(estimator)"]?.number), 1e-5))
      }
    }
  }

  @Test func rotationsScalesAndShiftsChangeNothing() throws {
    let features = normalFeatures(rows: 120, columns: 8, seed: 1)
    let axes = try orthonormalRows(normalFeatures(rows: 8, columns: 8, seed: 2).matrix)
    var turned = product(features.matrix, axes)
    for row in 0..<120 { for column in 0..<8 { turned[row, column] = 3 * turned[row, column] + 2 } }
    for kernel in ["linear", "rbf"] {
      for estimator in ["biased", "unbiased"] {
        let found = try measure(
          CKA.self, "{\"kernel\": \"\(kernel)\", \"estimator\": \"\(estimator)\"}",
          ["features": features, "other": Features(turned)])
        #expect(abs(found - 1) < 1e-6)
      }
    }
    // A map that is no rotation does.
    let map = normalFeatures(rows: 8, columns: 8, seed: 3)
    let bent = Features(product(features.matrix, map.matrix))
    #expect(try measure(CKA.self, "{}", ["features": features, "other": bent]) < 0.95)
  }

  @Test func theUnbiasedEstimateOfIndependentFeaturesIsAboutZero() throws {
    let (a, b) = (
      normalFeatures(rows: 60, columns: 50, seed: 5), normalFeatures(rows: 60, columns: 50, seed: 6)
    )
    let biased = try measure(CKA.self, "{}", ["features": a, "other": b])
    let unbiased = try measure(CKA.self, #"{"estimator": "unbiased"}"#, ["features": a, "other": b])
    #expect(biased > 0.4 && abs(unbiased) < 0.1)
  }

  @Test func equalRowsAreAnError() {
    let (a, b) = (Features(Matrix([[1, 2], [1, 2]])), Features(Matrix([[0], [1]])))
    #expect(
      measureError(CKA.self, "{}", ["features": a, "other": b])
        .hasPrefix("error[rankDeficient]: the rows of a side do not differ enough for an alignment"))
    #expect(
      measureError(CKA.self, #"{"kernel": "rbf"}"#, ["features": a, "other": b]) == """
        error[rankDeficient]: half of the pairs of rows have no distance
          rows: 2
        """)
  }
}
