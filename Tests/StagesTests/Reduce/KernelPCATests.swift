import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct KernelPCATests {
  private func run(
    _ features: Features, _ components: Int, _ kernel: Kernel, _ solver: KernelPCA.Solver = .auto,
    fitRows: RowMask? = nil
  ) throws -> KernelPCA.Output {
    var parameters = KernelPCA.Parameters()
    parameters.components = components
    parameters.kernel = kernel
    parameters.solver = solver
    return try KernelPCA(parameters: parameters).run(
      .init(features: features, fitRows: fitRows), in: StageContext())
  }

  private static let kernels: [(name: String, kernel: Kernel)] = [
    ("linear", .linear), ("rbf", .rbf(.init())), ("polynomial", .polynomial(.init())),
    ("laplacian", .laplacian(.init())), ("cosine", .cosine),
    (
      "sigmoid",
      .sigmoid(
        {
          var sigmoid = Kernel.Sigmoid()
          (sigmoid.gamma, sigmoid.coef0) = (0.01, 0)
          return sigmoid
        }())
    ),
  ]

  private let iterative = KernelPCA.Solver.iterative(.init())

  @Test func goldenResult() throws {
    try Golden.check(
      KernelPCA.self,
      cases: [
        "default": "{}", "linear": #"{"components": 3, "kernel": "linear"}"#,
        "rbf": #"{"components": 4, "kernel": {"rbf": {"gamma": 0.2}}}"#,
        "polynomial": #"{"kernel": {"polynomial": {"degree": 2, "gamma": 0.1, "coef0": 2}}}"#,
        "laplacian": #"{"kernel": "laplacian", "solver": "iterative"}"#,
        "sigmoid": #"{"kernel": {"sigmoid": {"gamma": 0.01, "coef0": 0}}}"#,
        "cosine": #"{"kernel": "cosine"}"#,
        // So rough that its residuals are more than rounding.
        "randomized":
          #"{"components": 3, "solver": {"randomized": {"oversampling": 1, "iterations": 0}}}"#,
        "dual": #"{"solver": "dual"}"#, "huber": #"{"solver": {"dual": {"loss": "huber"}}}"#,
        "insensitive": #"{"solver": {"dual": {"loss": {"epsilon-insensitive": {"epsilon": 0.1}}}}}"#,
      ])
  }

  @Test(arguments: FixtureData.allCases, kernels.indices)
  func agreesWithScikitLearn(data: FixtureData, index: Int) throws {
    let (name, kernel) = Self.kernels[index]
    let whole = try LearnerCase(data.rawValue).standardized()
    let table = data == .digits ? whole.thinned(by: 4) : whole
    let expected = try #require(Fixture.json("kernel-pca/\(data.rawValue).json")[name])
    let values = expected["values"]?.doubles ?? []
    let heldOut = try #require(expected["heldOut"]).doubles.map(Float.init)
    // The rows of the fixture are stored one after the other.
    let scores = Matrix(rows: heldOut.count / 4, columns: 4, elements: heldOut)
    for solver in kernel.isPositive ? [.dense, iterative] : [.dense] {
      let output = try run(table.features, 4, kernel, solver, fitRows: table.fitRows)
      #expect(zip(output.spectrum.values, values).allSatisfy { isClose($0, $1, 1e-4) }, "\(solver)")
      let rows = Array(table.fitRows.heldOutRows.prefix(scores.rows))
      let found = output.embedding.matrix.selecting(rows: rows).alignedSigns(with: scores)
      #expect(relativeError(found, scores) < 1e-3, "\(solver)")
    }
  }

  @Test(arguments: ["iris", "wine"]) func theExponentialKernelAgreesWithScikitLearn(name: String) throws {
    let expected = try #require(Fixture.json("kernel-pca/exponential.json")[name])
    let table = try LearnerCase(name).standardized()
    let heldOut = try #require(expected["heldOut"]).doubles.map(Float.init)
    let scores = Matrix(rows: heldOut.count / 4, columns: 4, elements: heldOut)
    for (solver, tolerance) in [(KernelPCA.Solver.dense, 1e-5), (iterative, 1e-3)] {
      let output = try run(table.features, 4, .exponential(.init()), solver, fitRows: table.fitRows)
      let values = try #require(expected["values"]).doubles
      #expect(zip(output.spectrum.values, values).allSatisfy { isClose($0, $1, 1e-5) }, "\(solver)")
      let rows = Array(table.fitRows.heldOutRows.prefix(scores.rows))
      let found = output.embedding.matrix.selecting(rows: rows).alignedSigns(with: scores)
      #expect(relativeError(found, scores) < tolerance, "\(solver)")
    }
  }

  @Test(arguments: FixtureData.allCases) func theLinearKernelIsPCA(data: FixtureData) throws {
    let table = try LearnerCase(data.rawValue)
    var parameters = PCA.Parameters()
    parameters.components = 4
    let expected = try PCA(parameters: parameters).run(
      .init(features: table.features, fitRows: table.fitRows), in: StageContext())
    let output = try run(table.features, 4, .linear, fitRows: table.fitRows)
    let found = output.embedding.matrix.alignedSigns(with: expected.embedding.matrix)
    #expect(relativeError(found, expected.embedding.matrix) < 1e-4)
    let factor = Double(table.fitRows.fitRows.count - 1)
    #expect(
      zip(output.spectrum.values, expected.spectrum.values).allSatisfy { isClose($0, $1 * factor, 1e-4) })
    #expect(isClose(output.spectrum.total, expected.spectrum.total * factor, 1e-4))
  }

  @Test func solversAgreeOnManyComponents() throws {
    let table = try LearnerCase("digits").standardized()
    let dense = try run(table.features, 32, .rbf(.init()), .dense, fitRows: table.fitRows)
    let quick = try run(table.features, 32, .rbf(.init()), fitRows: table.fitRows)
    #expect(zip(quick.spectrum.values, dense.spectrum.values).allSatisfy { isClose($0, $1, 1e-4) })
    #expect(isClose(quick.spectrum.total, dense.spectrum.total, 1e-5))
    // The leading ones lie far enough apart for vectors to be compared.
    let few = (quick.embedding.matrix.prefix(columns: 6), dense.embedding.matrix.prefix(columns: 6))
    #expect(relativeError(few.0, few.1) < 1e-3)
  }

  @Test func heldOutCopiesOfFitRowsGetTheirScores() throws {
    let iris = try LearnerCase("iris").features.matrix
    let twice = Matrix(rows: 300, columns: 4, elements: iris.elements + iris.elements)
    let mask = RowMask((0..<300).map { $0 < 150 })
    for (name, kernel) in Self.kernels {
      // Rows as they are saturate the sigmoid: the columns' means are far from zero.
      let scores = try run(Features(twice), 2, kernel, fitRows: mask).embedding.matrix
      let (fit, copies) = (Array(0..<150), Array(150..<300))
      #expect(relativeError(scores.selecting(rows: copies), scores.selecting(rows: fit)) < 1e-4, "\(name)")
    }
  }

  @Test func theLargestScoreOfAFitRowIsPositive() throws {
    let table = try LearnerCase("wine").standardized()
    let scores = try run(table.features, 5, .rbf(.init())).embedding.matrix
    for component in 0..<5 {
      let values = (0..<scores.rows).map { scores[$0, component] }
      #expect(values.max { abs($0) < abs($1) } ?? -1 > 0)
    }
  }

  @Test func moreComponentsThanPositiveEigenvaluesAreRefused() throws {
    let line = Features(Matrix(rows: 10, columns: 1, elements: (0..<10).map(Float.init)))
    let error = try #require(throws: Diagnostic.self) { try run(line, 3, .linear) }
    #expect(
      error.description == """
        error[tooManyComponents]: kernel PCA has fewer components than asked for
          components:           3
          positive eigenvalues: 1
          hint: lower `components`
        """)
  }

  @Test func moreComponentsThanFitRowsAreRefused() throws {
    let line = Features(Matrix(rows: 5, columns: 1, elements: [1, 2, 3, 4, 5]))
    let error = try #require(throws: Diagnostic.self) {
      try run(line, 4, .rbf(.init()), fitRows: RowMask([true, true, true, true, false]))
    }
    #expect(
      error.description == """
        error[tooManyComponents]: kernel PCA has fewer components than asked for
          components: 4
          fit rows:   4 of 5
          hint: lower `components`
        """)
  }

  @Test func aKernelBeyondAllNumbersIsRefused() throws {
    let large = Features(Matrix(rows: 3, columns: 1, elements: [1e38, 2e38, -1e38]))
    var polynomial = Kernel.Polynomial()
    polynomial.degree = 30
    let error = try #require(throws: Diagnostic.self) { try run(large, 1, .polynomial(polynomial)) }
    #expect(
      error.description == """
        error[outOfRange]: the kernel is not finite for these features
          hint: standardise the features, or lower `gamma` or `degree`
        """)
  }

  @Test func anIndefiniteKernelHasNoIterativeSolver() throws {
    let json = try JSON.parse(SourceText(file: "x", #"{"kernel": "sigmoid", "solver": "iterative"}"#))
    let error = try #require(throws: Diagnostics.self) { try KernelPCA.Parameters.read(json) }
    #expect(
      error.all.map(\.headline) == [
        "`solver` iterative needs a positive semi-definite kernel; take `dense` for this one"
      ])
  }
}
