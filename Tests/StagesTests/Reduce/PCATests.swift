import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct PCATests {
  private func run(
    _ features: Features, _ components: Int, _ solver: PCA.Solver = .auto, whitened: Bool = false,
    fitRows: RowMask? = nil, seed: UInt64 = 1
  ) throws -> PCA.Output {
    var parameters = PCA.Parameters()
    parameters.components = components
    parameters.solver = solver
    parameters.whitened = whitened
    return try PCA(parameters: parameters).run(
      .init(features: features, fitRows: fitRows), in: StageContext(seed: seed))
  }

  /// n × d normal numbers whose column j has standard deviation (j + 1)^−½.
  private func normalTable(_ rows: Int, _ columns: Int) throws -> Features {
    var parameters = Blobs.Parameters()
    (parameters.rows, parameters.columns, parameters.classes, parameters.decay) = (rows, columns, 1, 1)
    return try Blobs(parameters: parameters).run(NoPorts(), in: StageContext(seed: 5)).features
  }

  private func largestError(_ found: [Double], _ expected: [Double]) -> Double {
    found.count == expected.count
      ? zip(found, expected).map { abs($0 - $1) / $1 }.max() ?? .infinity : .infinity
  }

  @Test func goldenResult() throws {
    try Golden.check(
      PCA.self,
      cases: [
        "default": "{}", "gram": #"{"components": 3, "solver": "gram"}"#,
        "randomized": #"{"components": 2, "solver": "randomized"}"#,
        "whitened": #"{"components": 4, "whitened": true}"#,
      ])
  }

  @Test(arguments: LinearMapCase.all, [PCA.Solver.auto, .covariance, .gram])
  func agreesWithScikitLearn(data: LinearMapCase, solver: PCA.Solver) throws {
    let expected = data.numbers("pcaVariance")
    let output = try run(data.features, expected.count, solver, fitRows: data.fitRows)
    #expect(largestError(output.spectrum.values, expected) < 1e-4)
    #expect(isClose(output.spectrum.total, data.number("pcaTotal"), 1e-6))
    #expect(data.columnError(output.embedding.absolute, "pcaScores") < 1e-4)
  }

  @Test(arguments: LinearMapCase.all) func agreesOnStandardizedData(data: LinearMapCase) throws {
    let standard = try Standardize(parameters: NoParameters()).run(
      .init(features: data.features, fitRows: data.fitRows), in: StageContext()
    ).features
    let expected = data.numbers("standardPCAVariance")
    let output = try run(standard, expected.count, fitRows: data.fitRows)
    #expect(largestError(output.spectrum.values, expected) < 1e-4)
    #expect(data.columnError(output.embedding.absolute, "standardPCAScores") < 1e-4)
  }

  @Test(arguments: LinearMapCase.all.filter { $0.name != "digits" })
  func whitenedAgreesWithScikitLearnAndWithWhiten(data: LinearMapCase) throws {
    let output = try run(data.features, data.features.columns, whitened: true, fitRows: data.fitRows)
    #expect(data.columnError(output.embedding.absolute, "pcaWhitened") < 1e-4)
    var parameters = Whiten.Parameters()
    (parameters.ridge, parameters.rotation) = (0, .pca)
    let whitened = try Whiten(parameters: parameters).run(
      .init(features: data.features, fitRows: data.fitRows), in: StageContext())
    #expect(relativeError(output.embedding.matrix, whitened.features.matrix) < 1e-5)
  }

  @Test(arguments: [PCA.Solver.covariance, .gram]) func fewerComponentsAreThePrefix(solver: PCA.Solver) throws
  {
    let digits = try FixtureData.load("digits").features
    let fitRows = RowMask((0..<digits.rows).map { $0 % 5 != 4 })
    let (few, many) = try (
      run(digits, 8, solver, fitRows: fitRows), run(digits, 32, solver, fitRows: fitRows)
    )
    #expect(relativeError(few.embedding.matrix, many.embedding.matrix.prefix(columns: 8)) < 1e-5)
    #expect(largestError(few.spectrum.values, Array(many.spectrum.values.prefix(8))) < 1e-9)
  }

  @Test func aWideTableAgreesByBothExactSolvers() throws {
    let features = try normalTable(40, 120)
    let (gram, covariance) = try (run(features, 39), run(features, 39, .covariance))
    #expect(largestError(gram.spectrum.values, covariance.spectrum.values) < 1e-9)
    #expect(relativeError(gram.components, covariance.components) < 1e-5)
    #expect(relativeError(gram.embedding.matrix, covariance.embedding.matrix) < 1e-5)
  }

  /// Large enough for single precision.
  @Test(arguments: [(20_000, 240), (900, 1300)]) func largeTablesAreExact(rows: Int, columns: Int) throws {
    let features = try normalTable(rows, columns)
    let exact = try run(features, 8, rows > columns ? .covariance : .gram)
    let sum = exact.components.row(0).reduce(0) { $0 + Double($1) * Double($1) }
    #expect(isClose(sum, 1, 1e-6))
    let means = columnMeans(of: features.matrix)
    for component in 0..<8 {
      let scores = Matrix<Float>(
        rows: rows, columns: 1, elements: (0..<rows).map { exact.embedding.matrix[$0, component] })
      let variance = columnVariances(of: scores, means: columnMeans(of: scores))[0]
      #expect(isClose(variance * Double(rows) / Double(rows - 1), exact.spectrum.values[component], 1e-4))
    }
    #expect(relativeError(exact.mean, Matrix(row: means)) < 1e-7)
  }

  @Test func randomizedComesCloseAndDependsOnTheSeed() throws {
    let digits = try FixtureData.load("digits").features
    let (exact, first, second) = try (
      run(digits, 8), run(digits, 8, .randomized), run(digits, 8, .randomized, seed: 2)
    )
    #expect(largestError(first.spectrum.values, exact.spectrum.values) < 1e-3)
    #expect(relativeError(first.embedding.matrix, exact.embedding.matrix) < 0.02)
    #expect(first.embedding != second.embedding)
    #expect(try run(digits, 8, .randomized).embedding == first.embedding)
  }

  @Test func pointsOnALineHaveOneComponent() throws {
    let features = Features(Matrix([[0, 0], [3, -4], [6, -8]]))
    let output = try run(features, 1)
    #expect(relativeError(output.embedding.matrix, Matrix([[5], [0], [-5]])) < 1e-6)
    #expect(relativeError(output.components, Matrix([[-0.6, 0.8]])) < 1e-6)
    #expect(isClose(output.spectrum.values[0], 25, 1e-12))
    #expect(isClose(output.spectrum.total, 25, 1e-12))
  }

  @Test func moreComponentsThanTheRankAreRefused() {
    let features = Features(Matrix([[0, 0], [3, -4], [6, -8], [9, -12]]))
    let error = #expect(throws: StageError.self) { try run(features, 2) }
    #expect(
      error?.description == """
        error[tooManyComponents]: the fit rows vary in 1 direction only, fewer than 2 components
          components: 2
          fit rows:   4
          columns:    2
          hint: ask for at most 1 component
        """)
  }

  @Test(arguments: [PCA.Solver.auto, .covariance, .gram, .randomized])
  func constantColumnsCountAsNoDirection(solver: PCA.Solver) throws {
    let digits = Features(try FixtureData.load("digits").features.matrix.selecting(rows: Array(0..<300)))
    let means = columnMeans(of: digits.matrix)
    let rank = columnVariances(of: digits.matrix, means: means).filter { $0 > 0 }.count
    #expect(rank < 64)
    let error = #expect(throws: StageError.self) { try run(digits, rank + 1, solver) }
    #expect(error?.code == .tooManyComponents && error?.hint == "ask for at most \(rank) components")
    #expect(try run(digits, rank, solver).spectrum.values.count == rank)
  }

  @Test func moreComponentsThanRowsOrColumnsAreRefused() throws {
    let iris = try FixtureData.load("iris").features
    let error = #expect(throws: StageError.self) { try run(iris, 8) }
    #expect(
      error?.description == """
        error[tooManyComponents]: there are too few fit rows or columns for 8 components
          components: 8
          fit rows:   150
          columns:    4
          hint: ask for at most 4 components
        """)
    let mask = RowMask((0..<150).map { $0 < 3 })
    #expect(throws: StageError.self) { try run(iris, 3, fitRows: mask) }
    #expect(try run(iris, 2, fitRows: mask).embedding.rows == 150)
  }

  @Test func equalRowsAreRefused() {
    let error = #expect(throws: StageError.self) {
      try run(Features(Matrix(rows: 5, columns: 3, repeating: 0.1)), 1)
    }
    #expect(
      error?.description == """
        error[rankDeficient]: all fit rows are equal, so they have no component
          fit rows: 5
          columns:  3
        """)
  }

  @Test func tooManyColumnsForACovarianceAreRefused() {
    let features = Features(Matrix(rows: 3, columns: 30_001))
    let error = #expect(throws: StageError.self) { try run(features, 1, .covariance) }
    #expect(
      error?.description == """
        error[outOfRange]: there are too many columns for a matrix of all their pairs
          columns: 30001
          allowed: up to 30000
          hint: reduce with `pca` by its solver `randomized`
        """)
  }

  @Test func veryLargeValuesAreNoTrap() throws {
    let features = Features(Matrix([[3e38, 1], [-3e38, 2], [1e38, 0]]))
    let output = try run(features, 1)
    #expect(output.embedding.matrix.isFinite)
  }
}

extension Features {
  /// The magnitudes of the values.
  fileprivate var absolute: Features {
    Features(Matrix(rows: rows, columns: columns, elements: matrix.elements.map(abs)))
  }
}
