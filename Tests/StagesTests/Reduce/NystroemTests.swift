import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct NystroemTests {
  private static let kernels: [(name: String, kernel: Kernel)] = [
    ("linear", .linear), ("rbf", .rbf(.init())), ("polynomial", .polynomial(.init())),
    ("laplacian", .laplacian(.init())), ("cosine", .cosine),
  ]

  private func stage(
    _ components: Int, _ kernel: Kernel, landmarks: Int? = nil, _ selection: Nystroem.Selection = .uniform
  ) -> Nystroem {
    var parameters = Nystroem.Parameters()
    parameters.components = components
    parameters.kernel = kernel
    parameters.selection = selection
    if let landmarks {
      var form = Nystroem.Form.Components()
      form.landmarks = landmarks
      parameters.form = .components(form)
    }
    return Nystroem(parameters: parameters)
  }

  private func run(
    _ stage: Nystroem, _ features: Features, _ fitRows: RowMask? = nil, seed: UInt64 = 1, budget: Int? = nil
  ) throws -> Nystroem.Output {
    try stage.run(
      .init(features: features, fitRows: fitRows), in: StageContext(seed: seed, memoryBudget: budget))
  }

  private func fixture(_ data: FixtureData) throws -> LearnerCase {
    let whole = try LearnerCase(data.rawValue).standardized()
    return data == .digits ? whole.thinned(by: 4) : whole
  }

  @Test func goldenResult() throws {
    try Golden.check(
      Nystroem.self,
      cases: [
        "default": "{}",
        "k-means": #"{"components": 6, "kernel": "laplacian", "selection": "k-means"}"#,
        "components": #"{"components": 3, "form": "components"}"#,
        "polynomial":
          #"{"components": 2, "kernel": "polynomial", "form": {"components": {"landmarks": 9}}}"#,
      ])
  }

  @Test(arguments: FixtureData.allCases, kernels.indices)
  func featuresAreThoseOfScikitLearnForTheSameLandmarks(data: FixtureData, index: Int) throws {
    let (name, kernel) = Self.kernels[index]
    let table = try fixture(data)
    let expected = try #require(Fixture.json("nystroem/\(data.rawValue).json")[name])
    let chosen = try #require(expected["landmarks"]).integers.map { table.fitRows.fitRows[$0] }
    let landmarks = table.features.matrix.selecting(rows: chosen)
    let output = try stage(landmarks.rows, kernel).output(
      table.features.matrix, table.fitRows.fitRows, table.fitRows.heldOutRows, landmarks, StageContext())
    let heldOut = try #require(expected["heldOut"]).doubles.map(Float.init)
    let rows = Matrix(rows: 6, columns: landmarks.rows, elements: heldOut)
    let found = output.embedding.matrix.selecting(rows: Array(table.fitRows.heldOutRows.prefix(6)))
    #expect(relativeError(found, rows) < 1e-3)
  }

  @Test(arguments: FixtureData.allCases, kernels.indices)
  func componentsAreThoseOfTheApproximatedKernel(data: FixtureData, index: Int) throws {
    let (name, kernel) = Self.kernels[index]
    let table = try fixture(data)
    let expected = try #require(Fixture.json("nystroem/\(data.rawValue).json")[name])
    let chosen = try #require(expected["landmarks"]).integers.map { table.fitRows.fitRows[$0] }
    let landmarks = table.features.matrix.selecting(rows: chosen)
    let output = try stage(3, kernel, landmarks: landmarks.rows).output(
      table.features.matrix, table.fitRows.fitRows, table.fitRows.heldOutRows, landmarks, StageContext())
    let spectrum = try #require(output.spectrum)
    let values = try #require(expected["values"]).doubles
    #expect(zip(spectrum.values, values).allSatisfy { isClose($0, $1, 1e-4) })
    #expect(isClose(spectrum.total, expected["total"]?.number ?? .nan, 1e-4))
    let scores = Matrix(
      rows: 6, columns: 3, elements: try #require(expected["scores"]).doubles.map(Float.init))
    let found = output.embedding.matrix.selecting(rows: Array(table.fitRows.heldOutRows.prefix(6)))
    #expect(relativeError(found.alignedSigns(with: scores), scores) < 1e-3)
  }

  @Test(arguments: kernels.indices) func withEveryFitRowAsLandmarkItIsKernelPCA(index: Int) throws {
    let table = try fixture(.wine)
    let (fitRows, kernel) = (table.fitRows, Self.kernels[index].kernel)
    var parameters = KernelPCA.Parameters()
    parameters.components = 4
    parameters.kernel = kernel
    let expected = try KernelPCA(parameters: parameters).run(
      .init(features: table.features, fitRows: fitRows), in: StageContext())
    let output = try run(
      stage(4, kernel, landmarks: fitRows.fitRows.count), table.features, fitRows)
    let spectrum = try #require(output.spectrum)
    #expect(zip(spectrum.values, expected.spectrum.values).allSatisfy { isClose($0, $1, 1e-4) })
    #expect(isClose(spectrum.total, expected.spectrum.total, 1e-4))
    // The signs agree as well.
    #expect(relativeError(output.embedding.matrix, expected.embedding.matrix) < 1e-3)
  }

  @Test(arguments: kernels.indices) func withEveryRowAsLandmarkTheKernelIsExact(index: Int) throws {
    let table = try fixture(.digits)
    let kernel = Self.kernels[index].kernel
    let output = try run(stage(table.features.rows, kernel), table.features)
    let exact = try KernelMatrix(kernel, columns: table.features.columns, in: StageContext())
      .exact(table.features.matrix.converted())
    // Distances are rounded in single precision, and the inverse root makes that up to ten times larger.
    #expect(relativeError(gram(output.embedding.matrix), exact.converted()) < 1e-4)
    #expect(output.spectrum == nil)
  }

  @Test func oneLandmarkOfTheLinearKernelProjectsOntoIt() throws {
    let rows = Matrix<Float>([[3, 4], [1, 0], [0, -10]])
    let output = try stage(1, .linear).output(rows, [0, 1, 2], [], Matrix([[3, 4]]), StageContext())
    #expect(relativeError(output.embedding.matrix, Matrix([[5], [0.6], [-8]])) < 1e-6)
  }

  @Test func landmarksAreDifferentFitRows() throws {
    let table = try fixture(.wine)
    let output = try run(stage(20, .rbf(.init())), table.features, table.fitRows)
    let fit = Set(table.fitRows.fitRows.map { table.features.matrix.row($0) })
    let landmarks = Set((0..<20).map { output.landmarks.row($0) })
    #expect(landmarks.count == 20 && landmarks.isSubset(of: fit))
  }

  @Test func centresOfKMeansApproximateTheKernelBetter() throws {
    let table = try fixture(.digits)
    let kernel = Kernel.rbf(.init())
    let exact = try KernelMatrix(kernel, columns: 64, in: StageContext()).quick(
      among: table.features.matrix
    ).matrix
    func error(_ selection: Nystroem.Selection, _ seed: UInt64) throws -> Double {
      let output = try run(stage(40, kernel, selection), table.features, seed: seed)
      let found = gram(output.embedding.matrix)
      return zip(found.elements, exact.elements).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    }
    for seed in UInt64(1)...3 { #expect(try error(.kMeans, seed) < 0.9 * error(.uniform, seed)) }
  }

  @Test func moreLandmarksAreNearerToKernelPCA() throws {
    let table = try fixture(.digits)
    let exact = try run(stage(5, .rbf(.init()), landmarks: table.features.rows), table.features)
    let errors = try [20, 80, 320].map { landmarks in
      let values = try #require(
        run(stage(5, .rbf(.init()), landmarks: landmarks), table.features).spectrum
      ).values
      return relativeError(values, exact.spectrum?.values ?? [])
    }
    #expect(errors[0] > errors[1] && errors[1] > errors[2] && errors[2] < 0.02)
  }

  @Test func littleMemoryChangesNothing() throws {
    let table = try fixture(.breastCancer)
    let component = stage(3, .rbf(.init()), landmarks: 30)
    let (wide, narrow) = try (
      run(component, table.features, table.fitRows), run(component, table.features, table.fitRows, budget: 1)
    )
    #expect(wide.embedding.matrix == narrow.embedding.matrix && wide.spectrum == narrow.spectrum)
  }

  @Test func moreLandmarksThanFitRowsAreRefused() throws {
    let line = Features(Matrix(rows: 5, columns: 1, elements: [1, 2, 3, 4, 5]))
    let error = try #require(throws: Diagnostic.self) {
      try run(stage(5, .rbf(.init())), line, RowMask([true, true, true, true, false]))
    }
    #expect(
      error.description == """
        error[tooFewRows]: there are fewer fit rows than landmarks
          fit rows:  4 of 5
          landmarks: 5
          hint: lower `components`
        """)
  }

  @Test func moreComponentsThanTheLandmarksSpanAreRefused() throws {
    let line = Features(Matrix(rows: 10, columns: 1, elements: (0..<10).map(Float.init)))
    let error = try #require(throws: Diagnostic.self) { try run(stage(3, .linear, landmarks: 6), line) }
    #expect(
      error.description == """
        error[tooManyComponents]: the approximated kernel has fewer components than asked for
          components:           3
          positive eigenvalues: 1
          hint: lower `components`, or raise `landmarks`
        """)
  }

  @Test func aKernelOfZerosIsRefused() throws {
    let error = try #require(throws: Diagnostic.self) {
      try run(stage(2, .linear), Features(Matrix(rows: 4, columns: 3)))
    }
    #expect(
      error.description == """
        error[rankDeficient]: the kernel among the landmarks is zero
          landmarks: 2
          hint: look for features that are all zero
        """)
  }

  @Test(arguments: [nil, 1]) func aKernelBeyondAllNumbersIsRefused(landmarks: Int?) throws {
    let large = Features(Matrix(rows: 3, columns: 1, elements: [1e38, 2e38, -1e38]))
    var polynomial = Kernel.Polynomial()
    polynomial.degree = 3
    let error = try #require(throws: Diagnostic.self) {
      try run(stage(1, .polynomial(polynomial), landmarks: landmarks), large)
    }
    #expect(
      error.description == """
        error[outOfRange]: the kernel is not finite for these features
          hint: standardise the features, or lower `gamma` or `degree`
        """)
  }

  @Test func parametersThatDoNotGoTogetherAreRefused() throws {
    func problems(_ text: String) throws -> [String] {
      let json = try JSON.parse(SourceText(file: "x", text))
      let error = try #require(throws: Diagnostics.self) { try Nystroem.Parameters.read(json) }
      return error.all.map(\.headline)
    }
    #expect(
      try problems(#"{"kernel": "sigmoid"}"#) == [
        "`kernel` must be positive semi-definite: no real features have others as dot products"
      ])
    #expect(
      try problems(#"{"components": 5, "form": {"components": {"landmarks": 4}}}"#) == [
        "`landmarks` (4) must not be fewer than `components` (5)"
      ])
  }
}
