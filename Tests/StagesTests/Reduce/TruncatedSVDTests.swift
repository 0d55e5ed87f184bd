import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct TruncatedSVDTests {
  private func run(
    _ features: Features, _ components: Int, _ solver: TruncatedSVD.Solver = .auto, fitRows: RowMask? = nil,
    seed: UInt64 = 1
  ) throws -> TruncatedSVD.Output {
    var parameters = TruncatedSVD.Parameters()
    (parameters.components, parameters.solver) = (components, solver)
    return try TruncatedSVD(parameters: parameters).run(
      .init(features: features, fitRows: fitRows), in: StageContext(seed: seed))
  }

  private func table(_ name: String) throws -> LearnerCase {
    let whole = try LearnerCase(name)
    return name == "digits" ? whole.thinned(by: 4) : whole
  }

  @Test func goldenResult() throws {
    try Golden.check(
      TruncatedSVD.self,
      cases: [
        "default": "{}", "columns": #"{"components": 3, "solver": "columns"}"#,
        "gram": #"{"components": 3, "solver": "gram"}"#, "randomized": #"{"solver": "randomized"}"#,
      ])
  }

  @Test(arguments: FixtureData.allCases, [TruncatedSVD.Solver.auto, .columns, .gram])
  func agreesWithScikitLearn(data: FixtureData, solver: TruncatedSVD.Solver) throws {
    let fixture = try Fixture.json("truncated-svd/\(data.rawValue).json")
    let table = try table(data.rawValue)
    let values = try #require(fixture["values"]).doubles
    let output = try run(table.features, values.count, solver, fitRows: table.fitRows)
    let found = output.values.elements.map(Double.init)
    #expect(zip(found, values).allSatisfy { isClose($0, $1, 1e-5) })
    #expect(
      try zip(output.spectrum.values, #require(fixture["variance"]).doubles).allSatisfy {
        isClose($0, $1, 1e-5)
      })
    #expect(isClose(output.spectrum.total, try #require(fixture["total"]?.number), 1e-6))
    let rows = Array(table.fitRows.heldOutRows.prefix(5))
    let scores = output.embedding.matrix.selecting(rows: rows).elements.map(Double.init)
    #expect(try relativeError(scores, #require(fixture["heldOut"]).doubles) < 1e-5)
  }

  @Test func ofCentredRowsItIsPCA() throws {
    let digits = try table("digits")
    let centred = try Center(parameters: NoParameters()).run(
      .init(features: digits.features, fitRows: nil), in: StageContext()
    ).features
    var parameters = PCA.Parameters()
    parameters.components = 6
    let expected = try PCA(parameters: parameters).run(.init(features: centred), in: StageContext())
    let output = try run(centred, 6)
    #expect(relativeError(output.embedding.matrix, expected.embedding.matrix) < 1e-5)
    #expect(relativeError(output.spectrum.values, expected.spectrum.values) < 1e-6)
    #expect(isClose(output.spectrum.total, expected.spectrum.total, 1e-6))
    #expect(relativeError(output.components, expected.components) < 1e-5)
  }

  /// A product of columns and rows whose singular values and vectors are known.
  @Test func aMatrixOfKnownValues() throws {
    let features = Features(Matrix([[3, 0, 0], [0, 0, -2], [0, 1, 0], [0, 0, 0]]))
    let output = try run(features, 3)
    #expect(relativeError(output.values, Matrix([[3, 2, 1]])) < 1e-6)
    #expect(relativeError(output.components, Matrix([[1, 0, 0], [0, 0, 1], [0, 1, 0]])) < 1e-6)
    #expect(
      relativeError(output.embedding.matrix, Matrix([[3, 0, 0], [0, -2, 0], [0, 0, 1], [0, 0, 0]])) < 1e-6)
    #expect(isClose(output.spectrum.values[0], 2.25, 1e-6))
  }

  @Test func fewerComponentsAreThePrefix() throws {
    let digits = try table("digits")
    let few = try run(digits.features, 4, fitRows: digits.fitRows)
    let many = try run(digits.features, 20, fitRows: digits.fitRows)
    #expect(relativeError(few.embedding.matrix, many.embedding.matrix.prefix(columns: 4)) < 1e-5)
    #expect(relativeError(few.spectrum.values, many.spectrum.values.prefix(4)) < 1e-6)
  }

  /// Large enough for single precision, with a mean that is far larger than the spread.
  @Test func aLargeTableFarFromTheOriginIsExact() throws {
    var parameters = Blobs.Parameters()
    (parameters.rows, parameters.columns, parameters.classes, parameters.decay) = (20_000, 240, 1, 1)
    let blobs = try Blobs(parameters: parameters).run(NoPorts(), in: StageContext(seed: 5)).features.matrix
    let far = Features(Matrix(rows: 20_000, columns: 240, elements: blobs.elements.map { $0 + 30 }))
    let output = try run(far, 4)
    for component in 0..<4 {
      let scores = (0..<20_000).map { Double(output.embedding.matrix[$0, component]) }
      let length = scores.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(isClose(length, Double(output.values[0, component]), 1e-5))
      for other in 0..<component {
        let product = (0..<20_000).reduce(0.0) {
          $0 + scores[$1] * Double(output.embedding.matrix[$1, other])
        }
        // Columns of U Σ are orthogonal.
        #expect(
          abs(product) < 1e-4 * Double(output.values[0, component]) * Double(output.values[0, other]))
      }
    }
  }

  @Test func randomizedComesCloseAndDependsOnTheSeed() throws {
    let digits = try table("digits").features
    let (exact, first) = (try run(digits, 5), try run(digits, 5, .randomized))
    #expect(relativeError(first.values, exact.values) < 1e-3)
    #expect(try run(digits, 5, .randomized, seed: 2).embedding != first.embedding)
  }

  @Test func moreComponentsThanTheRankAreRefused() {
    let error = #expect(throws: StageError.self) {
      try run(Features(Matrix([[1, 1], [3, 3], [6, 6]])), 2)
    }
    #expect(
      error?.description == """
        error[tooManyComponents]: the fit rows have rank 1, less than 2 components
          components: 2
          fit rows:   3
          columns:    2
          hint: ask for at most 1 component
        """)
    let few = #expect(throws: StageError.self) { try run(Features(Matrix([[1, 1, 2], [3, 3, 1]])), 3) }
    #expect(few?.hint == "ask for at most 2 components")
  }

  @Test(arguments: [TruncatedSVD.Solver.columns, .gram, .randomized])
  func rowsOfZerosAreRefused(solver: TruncatedSVD.Solver) {
    let error = #expect(throws: StageError.self) { try run(Features(Matrix(rows: 5, columns: 3)), 1, solver) }
    #expect(
      error?.description == """
        error[rankDeficient]: all fit rows are zero, so they have no component
          fit rows: 5
          columns:  3
        """)
  }
}
