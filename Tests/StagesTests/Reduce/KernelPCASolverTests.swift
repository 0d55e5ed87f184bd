import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct KernelPCASolverTests {
  private func run(
    _ features: Features, _ components: Int, _ solver: String, kernel: String = #""rbf""#,
    fitRows: RowMask? = nil, seed: UInt64 = 0
  ) throws -> KernelPCA.Output {
    let json = #"{"components": \#(components), "kernel": \#(kernel), "solver": \#(solver)}"#
    let parameters = try KernelPCA.Parameters.read(JSON.parse(SourceText(file: "test", json)))
    return try KernelPCA(parameters: parameters).run(
      .init(features: features, fitRows: fitRows), in: StageContext(seed: seed))
  }

  @Test(
    arguments: [
      #""randomized""#, #""dual""#, #"{"dual": {"loss": "huber"}}"#,
      #"{"dual": {"loss": {"huber": {"norm": "entry", "kappa": 0.3}}}}"#,
      #"{"dual": {"loss": {"epsilon-insensitive": {"epsilon": 0.1}}}}"#,
    ])
  func everySolverKeepsTheLaws(solver: String) throws {
    let json = try JSON.parse(SourceText(file: "test", #"{"solver": \#(solver)}"#))
    #expect(Laws.check(KernelPCA.self, parameters: json) == [])
  }

  @Test(arguments: ["iris", "wine", "digits"], [#""rbf""#, #""polynomial""#, #""cosine""#])
  func theSquareLossIsPlainKernelPCA(data: String, kernel: String) throws {
    let whole = try LearnerCase(data).standardized()
    let table = data == "digits" ? whole.thinned(by: 4) : whole
    let expected = try run(table.features, 4, #""dense""#, kernel: kernel, fitRows: table.fitRows)
    let found = try run(
      table.features, 4, #"{"dual": {"tolerance": 1e-4}}"#, kernel: kernel, fitRows: table.fitRows)
    // The tolerance is a share of all dual variables together, so of the largest component.
    let largest = expected.spectrum.values[0]
    #expect(
      zip(found.spectrum.values, expected.spectrum.values).allSatisfy { abs($0 - $1) <= 1e-5 * largest })
    #expect(isClose(found.spectrum.total, expected.spectrum.total, 1e-5))
    let embedding = found.embedding.matrix.alignedSigns(with: expected.embedding.matrix)
    #expect(relativeError(embedding, expected.embedding.matrix) < 5e-3)
    // The dual variables of the square loss are the scores of the fit rows.
    let dual = try #require(found.dual).matrix.selecting(rows: table.fitRows.fitRows)
    #expect(relativeError(dual, found.embedding.matrix.selecting(rows: table.fitRows.fitRows)) < 1e-3)
    #expect(found.residuals == nil)
  }

  /// ½‖H‖² + Ψ*(H) − Tr (HᵀK̃H)^(1/2) in double, for the rbf kernel of the default width.
  private func objective(
    _ dual: Matrix<Double>, _ features: Matrix<Float>, conjugate: (ArraySlice<Double>) -> Double
  ) throws -> Double {
    let kernel = KernelMatrix(.rbf(.init()), columns: features.columns, in: StageContext())
    var gram = try kernel.exact(features.converted())
    _ = try KernelCentering(&gram, in: StageContext())
    let cross = crossProduct(dual, product(gram, dual))
    let trace = try symmetricEigen(cross).values.reduce(0) { $0 + max(0, $1).squareRoot() }
    let elements = dual.elements
    let rows = (0..<dual.rows).map { elements[$0 * dual.columns..<($0 + 1) * dual.columns] }
    return rows.reduce(-trace) { sum, row in sum + row.reduce(0) { $0 + $1 * $1 } / 2 + conjugate(row) }
  }

  /// The losses of the fixture, with Ψ*.
  private typealias Conjugate = @Sendable (ArraySlice<Double>) -> Double
  private static let losses: [(name: String, json: String, conjugate: Conjugate)] = [
    ("square", #""square""#, { _ in 0 }),
    ("huber row 0.4", #"{"huber": {"kappa": 0.4}}"#, { _ in 0 }),
    ("huber entry 0.3", #"{"huber": {"kappa": 0.3, "norm": "entry"}}"#, { _ in 0 }),
    (
      "epsilon row 0.3", #"{"epsilon-insensitive": {"epsilon": 0.3}}"#,
      { row in 0.3 * row.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    ),
    (
      "epsilon entry 0.2", #"{"epsilon-insensitive": {"epsilon": 0.2, "norm": "entry"}}"#,
      { row in 0.2 * row.reduce(0) { $0 + abs($1) } }
    ),
  ]

  @Test(arguments: ["iris", "wine"], losses.indices)
  func theDualReachesTheLeastValue(data: String, index: Int) throws {
    let (name, json, conjugate) = Self.losses[index]
    let expected = try #require(Fixture.json("kernel-pca/dual.json")[data]?[name]?.number)
    let table = try LearnerCase(data).standardized()
    let found = try run(
      table.features, 3, #"{"dual": {"loss": \#(json), "tolerance": 1e-5}}"#, fitRows: table.fitRows)
    let rows = table.fitRows.fitRows
    let dual = try #require(found.dual).matrix
    #expect(table.fitRows.heldOutRows.allSatisfy { dual.row($0) == [0, 0, 0] })
    let value = try objective(
      dual.selecting(rows: rows).converted(), table.features.matrix.selecting(rows: rows),
      conjugate: conjugate)
    // Only this loss has several minima here; a tenth apart.
    let slack = name == "epsilon entry 0.2" ? 0.1 : 1e-5
    #expect(value >= expected * (1 + 1e-5) && value <= expected * (1 - slack))
  }

  @Test func boundsThatNothingReachesChangeNothing() throws {
    let table = try LearnerCase("wine").standardized()
    let plain = try run(table.features, 3, #"{"dual": {"tolerance": 1e-5}}"#, fitRows: table.fitRows)
    for loss in [#"{"huber": {"kappa": 1.5}}"#, #"{"epsilon-insensitive": {"epsilon": 1e-6}}"#] {
      let other = try run(
        table.features, 3, #"{"dual": {"loss": \#(loss), "tolerance": 1e-5}}"#, fitRows: table.fitRows)
      let embedding = other.embedding.matrix.alignedSigns(with: plain.embedding.matrix)
      #expect(relativeError(embedding, plain.embedding.matrix) < 1e-3, "\(loss)")
    }
  }

  @Test func theHuberLossBoundsRowsAndEntries() throws {
    let table = try LearnerCase("iris").standardized()
    let byRow = try run(table.features, 3, #"{"dual": {"loss": {"huber": {"kappa": 0.4}}}}"#)
    let lengths = try #require(byRow.dual).matrix.squaredRowNorms().map { $0.squareRoot() }
    #expect(lengths.max().map { abs($0 - 0.4) < 1e-5 } == true)
    let byEntry = try run(
      table.features, 3, #"{"dual": {"loss": {"huber": {"kappa": 0.3, "norm": "entry"}}}}"#)
    let entries = try #require(byEntry.dual).matrix.elements.map(abs)
    #expect(entries.max().map { abs($0 - 0.3) < 1e-6 } == true && entries.contains { $0 < 0.299 })
  }

  @Test func theInsensitiveLossLeavesRowsAndEntriesOut() throws {
    let table = try LearnerCase("iris").standardized()
    var last = 0
    for epsilon in [0.35, 0.4, 0.5] {
      let found = try run(
        table.features, 2, #"{"dual": {"loss": {"epsilon-insensitive": {"epsilon": \#(epsilon)}}}}"#)
      let dual = try #require(found.dual).matrix
      let zeros = (0..<dual.rows).count { dual.row($0) == [0, 0] }
      #expect(zeros > last && zeros < dual.rows)
      last = zeros
    }
    let loss = #"{"epsilon-insensitive": {"epsilon": 0.2, "norm": "entry"}}"#
    let byEntry = try #require(run(table.features, 2, #"{"dual": {"loss": \#(loss)}}"#).dual).matrix
    #expect((0..<byEntry.rows).contains { byEntry.row($0).count { $0 == 0 } == 1 })
  }

  /// Rows that vary along the first column, and six far away along the last.
  private func contaminated(rows: Int) -> Matrix<Float> {
    var random = RandomStream(seed: 7)
    let spreads = [3.0, 2, 0.3, 0.3]
    return Matrix(rows: rows + 6, columns: 4) { target in
      for row in 0..<rows {
        for column in 0..<4 { target[row * 4 + column] = Float(random.normal() * spreads[column]) }
      }
      for row in 0..<6 {
        for column in 0..<4 { target[(rows + row) * 4 + column] = column < 3 ? 0 : row < 3 ? 30 : -30 }
      }
    }
  }

  @Test func outliersTurnPlainKernelPCAButNotTheHuberLoss() throws {
    let matrix = contaminated(rows: 200)
    func correlation(_ solver: String) throws -> Double {
      let scores = try run(Features(matrix), 1, solver, kernel: #""linear""#).embedding.matrix
      let pairs = (0..<200).map { (Double(scores[$0, 0]), Double(matrix[$0, 0])) }
      let product = pairs.reduce(0) { $0 + $1.0 * $1.1 }
      let squares = pairs.reduce((0, 0)) { ($0.0 + $1.0 * $1.0, $0.1 + $1.1 * $1.1) }
      return abs(product) / (squares.0 * squares.1).squareRoot()
    }
    #expect(try correlation(#""dense""#) < 0.3)
    #expect(try correlation(#"{"dual": {"loss": {"huber": {"kappa": 1}}}}"#) > 0.9)
  }

  @Test func theDualSaysWhereItEnds() throws {
    let table = try LearnerCase("wine").standardized()
    for loss in ["square", "huber"] {
      let error = try #require(throws: Diagnostic.self) {
        try run(table.features, 3, #"{"dual": {"loss": "\#(loss)", "iterations": 2, "tolerance": 1e-6}}"#)
      }
      #expect(error.code == .notConverged)
      #expect(error.headline == "the dual of kernel PCA did not reach its tolerance")
      #expect(error.fields.map(\.label) == ["distance", "tolerance", "iterations"])
      #expect(error.fields.suffix(2).map(\.value) == ["1e-06", "2"])
    }
    let error = try #require(throws: Diagnostic.self) {
      try run(table.features, 3, #"{"dual": {"loss": {"epsilon-insensitive": {"epsilon": 5}}}}"#)
    }
    #expect(
      error.description == """
        error[tooManyComponents]: kernel PCA has fewer components than asked for
          components:          3
          with dual variables: 0
          hint: lower `components`, or `epsilon` if there is one
        """)
  }

  @Test func componentsOfTheDualAreNotCutFromMoreOfThem() throws {
    func sharing(_ solver: String) throws -> SharedFit? {
      try StageType(KernelPCA.self).configured(
        JSON.parse(SourceText(file: "test", #"{"solver": \#(solver)}"#))
      ).sharing
    }
    #expect(try sharing(#""randomized""#) != nil)
    #expect(try sharing(#""dual""#) == nil)
  }

  @Test func theRandomizedSolverTellsItsError() throws {
    let table = try LearnerCase("digits").standardized()
    let exact = try run(table.features, 8, #""dense""#, fitRows: table.fitRows)
    var last = Double.infinity
    for iterations in [0, 2, 6] {
      let found = try run(
        table.features, 8, #"{"randomized": {"iterations": \#(iterations)}}"#, fitRows: table.fitRows, seed: 5
      )
      let residuals = try #require(found.residuals).elements.map(Double.init)
      let worst = residuals.max() ?? 0
      #expect(worst < last / 2)
      last = worst
      // Each residual bounds how far the nearest eigenvalue is.
      for (value, residual) in zip(found.spectrum.values, residuals) {
        let distance = exact.spectrum.values.map { abs($0 - value) }.min() ?? 0
        #expect(iterations < 6 || distance <= value * (residual + 1e-5))
      }
    }
    #expect(last < 0.02)
  }

  @Test func heldOutRowsComeInBlocks() throws {
    let fit = try LearnerCase("iris").features.matrix
    // More than a block of rows: copies of the fit rows.
    let copies = (0..<56_000).map { $0 % 150 }
    let all = fit.selecting(rows: Array(0..<150) + copies)
    let mask = RowMask((0..<all.rows).map { $0 < 150 })
    let scores = try run(Features(all), 2, #""dense""#, fitRows: mask).embedding.matrix
    let own = scores.selecting(rows: copies)
    #expect(relativeError(scores.selecting(rows: Array(150..<all.rows)), own) < 1e-5)
  }
}
