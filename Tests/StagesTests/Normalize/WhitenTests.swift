import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct WhitenTests {
  private func stage(ridge: Double = 1e-6, _ rotation: Whiten.Rotation = .zca) -> Whiten {
    var parameters = Whiten.Parameters()
    parameters.ridge = ridge
    parameters.rotation = rotation
    return Whiten(parameters: parameters)
  }

  private func standardized(_ data: LinearMapCase) throws -> Features {
    try Standardize(parameters: NoParameters()).run(
      .init(features: data.features, fitRows: data.fitRows), in: StageContext()
    ).features
  }

  @Test func goldenResult() throws {
    try Golden.check(
      Whiten.self,
      cases: ["default": "{}", "pca": #"{"rotation": "pca"}"#, "ridge": #"{"ridge": 0.1}"#])
  }

  @Test(arguments: LinearMapCase.all) func zcaAgreesWithNumpy(data: LinearMapCase) throws {
    let output = try stage().run(
      .init(features: try standardized(data), fitRows: data.fitRows), in: StageContext())
    let expected = try #require(data.rows("zca"))
    #expect(relativeError(data.kept(output.features), expected) < 1e-3)
  }

  /// Columns of very different scale: the variances of breast cancer range over twelve orders of magnitude.
  @Test(arguments: LinearMapCase.all.filter { $0.name != "digits" })
  func exactWhiteningAgreesWithNumpyAndScikitLearn(data: LinearMapCase) throws {
    for (rotation, name) in [(Whiten.Rotation.zca, "zcaExact"), (.pca, "pcaWhitened")] {
      let output = try stage(ridge: 0, rotation).run(
        .init(features: data.features, fitRows: data.fitRows), in: StageContext())
      #expect(data.columnError(output.features, name, absolute: rotation == .pca) < 1e-3)
      #expect(distanceFromWhite(output.features, data.fitRows) < 1e-3)
    }
  }

  @Test(arguments: LinearMapCase.all.filter { $0.name != "digits" }, [Whiten.Rotation.zca, .pca])
  func fitRowsAreWhite(data: LinearMapCase, rotation: Whiten.Rotation) throws {
    let output = try stage(ridge: 1e-9, rotation).run(
      .init(features: try standardized(data), fitRows: data.fitRows), in: StageContext())
    #expect(distanceFromWhite(output.features, data.fitRows) < 1e-3)
  }

  @Test func aLargeTableIsWhiteInSinglePrecision() throws {
    var parameters = Blobs.Parameters()
    (parameters.rows, parameters.columns, parameters.decay) = (20_000, 240, 1)
    let features = try Blobs(parameters: parameters).run(NoPorts(), in: StageContext(seed: 3)).features
    let output = try stage(ridge: 0).run(.init(features: features), in: StageContext())
    #expect(distanceFromWhite(output.features, RowMask(Array(repeating: true, count: 20_000))) < 1e-3)
  }

  @Test func zcaOfAxesThatAreUncorrelatedOnlyScalesThem() throws {
    let features = Features(Matrix([[2, 1], [2, -1], [-2, 1], [-2, -1]]))
    let output = try stage(ridge: 0).run(.init(features: features), in: StageContext())
    let half = Float(0.75.squareRoot())
    let expected = Matrix<Float>([[half, half], [half, -half], [-half, half], [-half, -half]])
    #expect(relativeError(output.features.matrix, expected) < 1e-6)
    #expect(relativeError(output.scale, Matrix([[half / 2, half]])) < 1e-6)
    #expect(output.components == Matrix([[1, 0], [0, 1]]))
  }

  @Test func equalRowsAreOnlyCentred() throws {
    let features = Features(Matrix([[1, 2], [1, 2], [4, 0]]))
    let output = try stage().run(
      .init(features: features, fitRows: RowMask([true, true, false])), in: StageContext())
    #expect(output.features.matrix == Matrix([[0, 0], [0, 0], [3, -2]]))
  }

  @Test func singularDataNeedARidge() throws {
    let features = Features(Matrix([[1, 2, 3], [2, 1, 3], [4, 4, 8], [5, 1, 6], [0, 3, 3]]))
    let error = #expect(throws: StageError.self) {
      try stage(ridge: 0).run(.init(features: features), in: StageContext())
    }
    #expect(
      error?.description == """
        error[rankDeficient]: the covariance of the fit rows is singular
          rank:     2
          columns:  3
          fit rows: 5
          hint: set `ridge` above 0, such as 1e-6, or reduce with `pca` first
        """)
    _ = try stage().run(.init(features: features), in: StageContext())
  }

  @Test func aSingleFitRowIsRefused() {
    let error = #expect(throws: StageError.self) {
      try stage().run(
        .init(features: Features(Matrix([[1], [2]])), fitRows: RowMask([true, false])), in: StageContext())
    }
    #expect(
      error?.description == """
        error[tooFewRows]: there are too few rows to fit on
          fit rows: 1 of 2
          needed:   at least 2
        """)
  }

  @Test func aRidgeOutsideItsRangeIsRefused() {
    let error = #expect(throws: Diagnostics.self) {
      try Whiten.Parameters.read(.object(["ridge": .number(-0.5)]))
    }
    #expect(
      error?.description == """
        error[outOfRange]: `ridge` must be from 0 to 1
          given:   -0.5
          allowed: from 0 to 1
        """)
  }
}
