import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct PrincipalAngleTests {
  private func angle(
    _ embedding: Matrix<Float>, _ reference: Matrix<Float>, _ fitRows: RowMask? = nil
  ) throws -> Double {
    var inputs: [String: any Artifact] = ["embedding": Features(embedding), "reference": Features(reference)]
    if let fitRows { inputs["fitRows"] = fitRows }
    return try measure(PrincipalAngle.self, inputs)
  }

  /// Columns that sum to 0 and are orthogonal to each other.
  private let waves = Matrix<Float>(
    [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]].map { $0 })

  @Test func goldenResult() throws {
    let (features, _) = try FixtureData.load("iris")
    try Golden.check(
      PrincipalAngle.self,
      inputs: [
        "embedding": Features(features.matrix.prefix(columns: 2)),
        "reference": Features(features.matrix.prefix(columns: 3)),
      ])
  }

  @Test func agreesWithScipy() throws {
    let cases = try #require(Fixture.json("measure/angles.json").items)
    #expect(cases.count == 5)
    for item in cases {
      let found = try angle(#require(item["embedding"]).matrix, #require(item["reference"]).matrix)
      #expect(isClose(found, try #require(item["angle"]?.number), 1e-6))
    }
  }

  @Test(arguments: [0.0, 1e-3, 20, 44, 46, 89]) func aTurnIsItsAngle(degrees: Double) throws {
    let (c, s) = (Float(cos(degrees * .pi / 180)), Float(sin(degrees * .pi / 180)))
    let rows = (0..<4).map { [waves[$0, 0], 5 + 3 * (c * waves[$0, 1] + s * waves[$0, 2])] }
    let found = try angle(waves.prefix(columns: 2), Matrix(rows))
    #expect(abs(found - degrees) < 1e-4)
  }

  @Test func aSpaceThatHoldsTheOtherIsAtNoAngle() throws {
    #expect(try angle(waves.prefix(columns: 1), waves) < 1e-4)
    #expect(try angle(waves, waves.prefix(columns: 2)) < 1e-4)
    let turned = product(waves, Matrix<Float>([[2, 1, 0], [0, 1, 5], [1, 0, 1]]))
    #expect(try angle(waves, turned) < 1e-4)
    // A column that is a copy of another adds nothing.
    let twice = Matrix<Float>((0..<4).map { [waves[$0, 0], waves[$0, 0]] })
    #expect(abs(try angle(twice, waves.prefix(columns: 1))) < 1e-4)
  }

  @Test func onlyHeldOutRowsCountWhereThereAreAny() throws {
    let rows = (0..<8).map { $0 < 4 ? waves.row($0) : [9, 9, Float($0 * $0)] }
    let other = (0..<8).map { $0 < 4 ? waves.row($0) : [Float($0), 1, 0] }
    let mask = RowMask((0..<8).map { $0 >= 4 })
    #expect(try angle(Matrix(rows), Matrix(other), mask) < 1e-4)
    #expect(try angle(Matrix(rows), Matrix(other)) > 1)
  }

  @Test func badInputIsRefused() {
    let two = Features(waves.prefix(columns: 2))
    #expect(
      measureError(
        PrincipalAngle.self,
        ["embedding": two, "reference": Features(Matrix(rows: 4, columns: 1, repeating: 3))])
          == """
          error[rankDeficient]: all components of `reference` are constant on the rows that are compared
            rows: 4
          """)
    let mask = RowMask([true, true, false, false])
    #expect(
      measureError(PrincipalAngle.self, ["embedding": two, "reference": two, "fitRows": mask]) == """
        error[tooFewRows]: there are not more rows than components of `embedding` to compare on
          rows:       2
          components: 2
        """)
  }
}
