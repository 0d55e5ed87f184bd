import Artifacts
import Foundation
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct LocalOutlierFactorTests {
  @Test func goldenResult() throws {
    try Golden.check(LocalOutlierFactor.self, cases: ["default": "{}", "few": #"{"k": 3}"#])
  }

  /// Not on digits, whose distances are often equal: which of such rows are neighbours, everybody decides for himself.
  @Test(arguments: ["iris", "wine", "breast_cancer"]) func agreesWithScikitLearn(name: String) throws {
    try expectScores(LocalOutlierFactor.self, are: "lof", on: name)
  }

  /// On a ring of even steps every row has the same surroundings.
  @Test func anEvenRingHasNoOutlier() throws {
    let angles = (0..<24).map { Double($0) * .pi / 12 }
    let ring = Features(Matrix(angles.map { [Float(cos($0)), Float(sin($0))] }))
    let found = try scores(LocalOutlierFactor.self, #"{"k": 4}"#, ring)
    #expect(found.allSatisfy { abs($0 - 1) < 1e-5 })
  }

  @Test func equalRowsAreNoOutliers() throws {
    let rows = Features(Matrix(rows: 30, columns: 2, elements: [Float](repeating: 3, count: 60)))
    #expect(try scores(LocalOutlierFactor.self, "{}", rows).allSatisfy { $0 == 1 })
  }
}
