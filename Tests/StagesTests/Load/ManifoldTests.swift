import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct ManifoldTests {
  private func run(
    _ shape: Manifold.Shape, _ dimension: Int, rows: Int = 2000, columns: Int = 16
  ) throws -> Matrix<Float> {
    var parameters = Manifold.Parameters()
    (parameters.shape, parameters.dimension) = (shape, dimension)
    (parameters.rows, parameters.columns) = (rows, columns)
    return try Manifold(parameters: parameters).run(NoPorts(), in: StageContext(seed: 1)).features.matrix
  }

  @Test func goldenResult() throws {
    try Golden.check(
      Manifold.self,
      cases: [
        "default": #"{"rows": 20, "columns": 5}"#, "ball": #"{"rows": 20, "columns": 5, "shape": "ball"}"#,
        "sphere": #"{"rows": 20, "columns": 5, "shape": "sphere", "dimension": 3}"#,
        "roll": #"{"rows": 20, "columns": 5, "shape": "swiss-roll"}"#,
      ])
  }

  @Test func shapesHaveTheirRanks() throws {
    for (shape, dimension, rank) in [
      (Manifold.Shape.cube, 4, 4), (.ball, 3, 3), (.sphere, 3, 4), (.swissRoll, 2, 3),
    ] {
      let values = try thinSVD(run(shape, dimension, rows: 200)).values
      #expect(values[rank - 1] > 1e-2 * values[0] && values[rank] < 1e-5 * values[0])
    }
  }

  @Test func radiiAreThoseOfTheShape() throws {
    let sphere = try run(.sphere, 4).squaredRowNorms()
    #expect(sphere.allSatisfy { abs($0 - 1) < 1e-5 })
    // Of a ball of three dimensions an eighth lies within half of the radius.
    let ball = try run(.ball, 3, rows: 8000).squaredRowNorms()
    #expect(ball.allSatisfy { $0 < 1.0001 })
    #expect(abs(Double(ball.count { $0 < 0.25 }) / 8000 - 0.125) < 0.015)
    // Mean squared distance of two points of the unit cube: a sixth for each dimension.
    let cube = try run(.cube, 6, rows: 4000)
    let variances = columnVariances(of: cube, means: columnMeans(of: cube))
    #expect(abs(variances.reduce(0, +) - 0.5) < 0.02)
  }

  @Test func aShapeThatDoesNotFitIsRefused() {
    func headline(_ parameters: JSON) -> String? {
      #expect(throws: Diagnostics.self) { try StageType(Manifold.self).configured(parameters) }?.all.first?
        .headline
    }
    #expect(
      headline(.object(["shape": .string("sphere"), "dimension": .integer(64)]))
        == "a sphere of dimension 64 needs 65 `columns`, not 64")
    #expect(
      headline(.object(["shape": .string("swiss-roll"), "dimension": .integer(3)]))
        == "a swiss-roll has `dimension` 2, not 3")
  }
}
