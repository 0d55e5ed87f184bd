import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct LocalityPreservingProjectionTests {
  private func run(
    _ features: Features, _ parameters: String = "{}", fitRows: RowMask? = nil
  ) throws -> LocalityPreservingProjection.Output {
    let json = try JSON.parse(SourceText(file: "parameters", parameters))
    return try LocalityPreservingProjection(parameters: .read(json)).run(
      .init(features: features, fitRows: fitRows), in: StageContext())
  }

  @Test func goldenResult() throws {
    try Golden.check(
      LocalityPreservingProjection.self,
      cases: [
        "default": "{}", "heat": #"{"components": 3, "k": 7, "weights": {"heat": {"t": 0.5}}}"#,
        "binary": #"{"weights": "binary"}"#, "energy": #"{"components": 1, "energy": 0.9}"#,
      ])
  }

  @Test(arguments: ["wine", "breast_cancer", "digits"]) func agreesWithScipy(name: String) throws {
    let fixture = try Fixture.json("lpp/\(name).json")
    let whole = try LearnerCase(name)
    let table = name == "digits" ? whole.thinned(by: 4) : whole
    let width = try #require(fixture["t"]?.number)
    let cases: KeyValuePairs<String, String> = [
      "default": #"{"components": 3}"#, "binary": #"{"k": 4, "weights": "binary"}"#,
      "heat": #"{"k": 7, "weights": {"heat": {"t": \#(width)}}}"#,
      "energy": #"{"components": 1, "energy": 0.95}"#,
    ]
    for (key, parameters) in cases {
      let expected = try #require(fixture[key])
      let output = try run(table.features, parameters, fitRows: table.fitRows)
      let rows = Array(table.fitRows.heldOutRows.prefix(5))
      let scores = output.embedding.matrix.selecting(rows: rows).elements.map(Double.init)
      func error(_ found: [Double], _ name: String) throws -> Double {
        try relativeError(found, #require(expected[name]).doubles)
      }
      #expect(try error(output.eigenvalues.elements.map(Double.init), "eigenvalues") < 1e-5, "\(key)")
      #expect(try error(output.components.elements.map(Double.init), "components") < 1e-5, "\(key)")
      #expect(try error(scores, "heldOut") < 1e-5, "\(key)")
    }
  }

  /// Along one column rows lie in two clouds far apart, along the others nowhere: the first direction is that column.
  @Test func cloudsAreKeptTogether() throws {
    var random = RandomStream(seed: 4)
    let matrix = Matrix<Float>(rows: 200, columns: 4) { target in
      for row in 0..<200 {
        for column in 0..<4 {
          target[4 * row + column] = Float(random.normal() + (column == 2 && row % 2 == 0 ? 12 : 0))
        }
      }
    }
    let output = try run(Features(matrix), #"{"components": 1}"#)
    #expect(output.eigenvalues[0, 0] < 0.05)
    let loadings = output.components.row(0).map(abs)
    // A unit of the other columns counts more: scaled by their spread the column still stands alone.
    #expect(loadings[2] * 6 > 5 * max(loadings[0], loadings[1], loadings[3]))
    for row in 0..<200 {
      #expect((output.embedding.matrix[row, 0] > 0) == (row % 2 == 0))
    }
  }

  @Test func componentsHaveVarianceOneAndFewerAreThePrefix() throws {
    let table = try LearnerCase("wine").standardized()
    let many = try run(table.features, #"{"components": 6}"#, fitRows: table.fitRows)
    let fitted = many.embedding.matrix.selecting(rows: table.fitRows.fitRows)
    #expect(
      columnVariances(of: fitted, means: columnMeans(of: fitted)).allSatisfy { isClose($0, 1, 1e-5) })
    for component in 0..<6 {
      let loadings = many.components.row(component)
      #expect(loadings.max { abs($0) < abs($1) } ?? -1 > 0)
    }
    let few = try run(table.features, #"{"components": 2}"#, fitRows: table.fitRows)
    #expect(relativeError(few.embedding.matrix, many.embedding.matrix.prefix(columns: 2)) < 1e-5)
  }

  @Test func moreColumnsThanRowsAndCopiesAreNoTrouble() throws {
    let digits = try LearnerCase("digits").thinned(by: 40).features
    let output = try run(digits, #"{"components": 3}"#)
    #expect(output.embedding.rows == digits.rows && output.eigenvalues[0, 2] <= 2)
    let iris = try LearnerCase("iris").features.matrix
    let copies = Features(Matrix(rows: 300, columns: 4, elements: iris.elements + iris.elements))
    #expect(try run(copies, #"{"k": 1}"#).embedding.matrix.isFinite)
    let points = Features(Matrix(rows: 40, columns: 1, elements: (0..<40).map { Float($0 % 2) }))
    #expect(try run(points, #"{"components": 1}"#).eigenvalues[0, 0] == 0)
  }

  @Test func vanishingWeightsAreRefused() throws {
    let wine = try LearnerCase("wine").features
    let error = try #require(throws: StageError.self) {
      try run(wine, #"{"weights": {"heat": {"t": 1e-9}}}"#)
    }
    #expect(
      error.description == """
        error[rankDeficient]: the weights of the edges vanish, so that directions cannot be told apart
          hint: widen the heat kernel by a larger `t`, or take `binary` weights
        """)
  }

  @Test func tooFewRowsAndAxesAreRefused() throws {
    let iris = try LearnerCase("iris").features
    let mask = RowMask((0..<150).map { $0 < 5 })
    let rows = try #require(throws: StageError.self) { try run(iris, fitRows: mask) }
    #expect(
      rows.description == """
        error[tooFewRows]: there are not more fit rows than neighbours
          k:        5
          fit rows: 5 of 150
          hint: lower `k`
        """)
    let axes = try #require(throws: StageError.self) { try run(iris, #"{"energy": 0.5}"#) }
    #expect(
      axes.description == """
        error[tooManyComponents]: the principal axes that hold the share of the variance are too few
          components: 2
          axes:       1 of 4
          energy:     0.5
          hint: raise `energy`, or ask for at most 1 component
        """)
    let equal = try #require(throws: StageError.self) {
      try run(Features(Matrix(rows: 9, columns: 3, repeating: 0.1)), #"{"components": 1}"#)
    }
    #expect(equal.code == .rankDeficient)
  }
}
