import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct GaussianMixtureTests {
  private func run(
    _ features: Features, _ parameters: String, fitRows: RowMask? = nil, seed: UInt64 = 1
  ) throws -> GaussianMixture.Output {
    let json = try JSON.parse(SourceText(file: "parameters", parameters))
    return try GaussianMixture(parameters: .read(json)).run(
      .init(features: features, fitRows: fitRows), in: StageContext(seed: seed))
  }

  @Test func goldenResult() throws {
    try Golden.check(
      GaussianMixture.self,
      cases: [
        "default": #"{"clusters": 3}"#, "tied": #"{"clusters": 3, "covariance": "tied"}"#,
        "diagonal": #"{"clusters": 4, "covariance": "diagonal", "starts": 2}"#,
        "spherical": #"{"clusters": 3, "covariance": "spherical", "regularization": 0.01}"#,
      ])
  }

  @Test(arguments: FixtureData.allCases, CovarianceForm.allCases)
  func agreesWithScikitLearnFromTheSameStart(data: FixtureData, form: CovarianceForm) throws {
    var table = try LearnerCase.ofDensity(data)
    if data == .digits { table = table.leading(columns: 32) }
    let fixture = try Fixture.json("gmm/\(data.rawValue).json")
    let expected = try #require(fixture[form.rawValue])
    let components = fixture["components"]?.integer ?? 0
    let matrix = table.features.matrix
    let clusters = table.labels.indices.enumerated().map { row, label in
      row % 3 == 0 ? (label + 1) % Int32(components) : label
    }
    let search = try MixtureSearch(
      matrix, components: components, form: form, regularization: fixture["regularization"]?.number ?? 0,
      StageContext())
    // Any origins do, as sums are about them.
    let centroids = matrix.selecting(rows: Array(0..<components))
    let start = try search.start(clusters: clusters, centroids: centroids, StageContext())
    let fit = try search.fit(
      from: start, iterations: 100, tolerance: expected["tolerance"]?.number ?? 0, StageContext())
    #expect(fit.iterations == expected["iterations"]?.integer)
    #expect(fit.converged == (expected["converged"] == .bool(true)))
    #expect(isClose(fit.bound, expected["bound"]?.number ?? 0, 1e-5))
    #expect(relativeError(fit.model.weights, expected["weights"]?.doubles ?? []) < 1e-5)
    let means = search.uncentered(fit.model.means).elements.map { Double($0) }
    #expect(relativeError(means, expected["means"]?.doubles ?? []) < 1e-5)
    let covariances = fit.model.covariances.elements.prefix(400)
    #expect(relativeError(covariances, expected["covariances"]?.doubles ?? []) < 1e-5)
    let found = try search.shares(of: matrix, under: fit.model, StageContext())
    #expect(found.clusters.map { Int($0) } == expected["clusters"]?.integers)
    let shares = stride(from: 0, to: matrix.rows, by: 20).flatMap { found.shares.row($0).map { Double($0) } }
    #expect(relativeError(shares, expected["shares"]?.doubles ?? []) < 1e-5)
    let (sum, count) = (found.logDensities.reduce(0, +), Double(matrix.rows))
    #expect(isClose(sum / count, expected["score"]?.number ?? 0, 1e-5))
    let freedom = Double(fit.model.freedom)
    #expect(isClose(2 * freedom - 2 * sum, expected["aic"]?.number ?? 0, 1e-5))
  }

  @Test(arguments: FixtureData.allCases) func productsInSinglePrecisionGiveTheSame(data: FixtureData) throws {
    let table = try LearnerCase(data.rawValue).standardized()
    let components = table.labels.classCount
    let search = try MixtureSearch(
      table.features.matrix, components: components, form: .full, regularization: 0.1, StageContext())
    let clusters = table.labels.indices.map { ($0 + 1) % Int32(components) }
    let start = try search.start(
      clusters: clusters, centroids: table.features.matrix.selecting(rows: Array(0..<components)),
      StageContext())
    func fit(isExact: Bool) throws -> MixtureFit {
      try search.fit(from: start, iterations: 10, tolerance: 0, isExact: isExact, StageContext())
    }
    let (quick, exact) = (try fit(isExact: false), try fit(isExact: true))
    #expect(isClose(quick.bound, exact.bound, 1e-6))
    #expect(quick.bound != exact.bound)
    #expect(relativeError(quick.model.weights, exact.model.weights) < 1e-5)
    #expect(relativeError(quick.model.means.elements, exact.model.means.elements) < 1e-5)
    #expect(relativeError(quick.model.covariances.elements, exact.model.covariances.elements) < 1e-5)
  }

  @Test(arguments: CovarianceForm.allCases) func criteriaAreThoseOfTheirDefinition(form: CovarianceForm)
    throws
  {
    let features = try LearnerCase("iris").features
    let output = try run(features, #"{"clusters": 3, "covariance": "\#(form.rawValue)"}"#)
    let freedoms: [CovarianceForm: Double] = [.full: 44, .tied: 24, .diagonal: 26, .spherical: 17]
    let freedom = try #require(freedoms[form])
    #expect(isClose(output.aic.value, 2 * freedom - 300 * output.logLikelihood.value, 1e-12))
    // ln 150 = 5.0106352940962555.
    #expect(
      isClose(output.bic.value, 5.0106352940962555 * freedom - 300 * output.logLikelihood.value, 1e-12))
    let shares = output.responsibilities.matrix
    for row in 0..<shares.rows {
      let own = shares.row(row)
      #expect(abs(own.reduce(0, +) - 1) < 1e-6)
      #expect(own.max() == own[Int(output.assignment.clusters[row])])
    }
  }

  @Test func theDensityIsThatOfItsFormula() throws {
    // One component: the maximum-likelihood Gaussian, whose mean logarithm is −½(d ln 2π + ln |Σ| + d).
    let rows = Matrix<Float>([[0, 0], [2, 0], [0, 4], [2, 4]])
    let output = try run(Features(rows), #"{"clusters": 1, "regularization": 0}"#)
    #expect(output.centroids == Matrix([[1, 2]]))
    #expect(relativeError(output.covariances.elements, [1, 0, 0, 4]) < 1e-14)
    // ½(2 ln 2π + ln 4 + 2) = 3.53102424697…
    #expect(isClose(output.logLikelihood.value, -3.5310242469692907, 1e-12))
  }

  @Test(arguments: CovarianceForm.allCases) func separateBlobsAreFound(form: CovarianceForm) throws {
    var random = RandomStream(seed: 3)
    let values = (0..<1800).map { Float(Double($0 / 3 % 6) * 20 + random.normal()) }
    let features = Features(Matrix(rows: 600, columns: 3, elements: values))
    let output = try run(features, #"{"clusters": 6, "covariance": "\#(form.rawValue)", "starts": 3}"#)
    let clusters = output.assignment.clusters
    #expect(Set(clusters.prefix(6)).count == 6)
    #expect((0..<600).allSatisfy { clusters[$0] == clusters[$0 % 6] })
    #expect(output.weights.elements.allSatisfy { abs($0 - 1.0 / 6) < 1e-9 })
  }

  @Test func rowsThatAreHeldOutAreAssignedByTheModel() throws {
    let table = try LearnerCase("iris")
    let output = try run(table.features, #"{"clusters": 3}"#, fitRows: table.fitRows)
    let fitted = Features(table.features.matrix.selecting(rows: table.fitRows.fitRows))
    let alone = try run(fitted, #"{"clusters": 3}"#)
    #expect(output.centroids == alone.centroids && output.logLikelihood == alone.logLikelihood)
    let found = table.fitRows.fitRows.map { output.assignment.clusters[$0] }
    #expect(found == alone.assignment.clusters)
    // Species are told apart on rows that the model has not seen.
    let held = table.fitRows.heldOutRows
    let pairs = Set(held.map { [output.assignment.clusters[$0], table.labels.indices[$0]] })
    #expect(held.count == 30 && pairs.count <= 5)
  }

  @Test func moreStartsAreNoWorse() throws {
    let features = try LearnerCase("wine").standardized().features
    func bound(_ starts: Int) throws -> Double {
      try run(features, #"{"clusters": 6, "covariance": "diagonal", "starts": \#(starts)}"#)
        .logLikelihood.value
    }
    #expect(try bound(8) >= bound(1) - 1e-3)
  }

  @Test func equalRowsGiveOneComponentPerCluster() throws {
    let output = try run(Features(Matrix(rows: 9, columns: 2, repeating: 4)), #"{"clusters": 3}"#)
    #expect(output.centroids.elements.allSatisfy { $0 == 4 })
    #expect(output.logLikelihood.value.isFinite)
  }

  @Test(arguments: [
    ("full", ", ask for fewer clusters, or let the covariance be `tied` or `diagonal`"),
    ("tied", ", or let the covariance be `diagonal`"),
    ("diagonal", ", ask for fewer clusters, or leave constant columns out"),
  ])
  func aSingularCovarianceIsRefusedWithItsRemedy(form: String, remedy: String) {
    let rows = (0..<40).map { row in [Float(row % 7), Float(row % 5), 1.3] }
    let error = #expect(throws: StageError.self) {
      try run(
        Features(Matrix(rows)), #"{"clusters": 2, "regularization": 0, "covariance": "\#(form)"}"#)
    }
    let component = form == "tied" ? "" : "\n  component:  0, counted from 0"
    #expect(
      error?.description == """
        error[rankDeficient]: the covariance of a component has no inverse
          covariance: \(form)\(component)
          hint: raise `regularization`\(remedy)
        """)
  }

  @Test func moreClustersThanFitRowsAreRefused() {
    let error = #expect(throws: StageError.self) {
      try run(
        Features(Matrix([[1], [2], [3]])), #"{"clusters": 3}"#, fitRows: RowMask([true, true, false]))
    }
    #expect(error?.code == .tooFewRows)
  }
}

extension LearnerCase {
  /// With the leading columns alone.
  fileprivate func leading(columns: Int) -> LearnerCase {
    LearnerCase(features: Features(features.matrix.prefix(columns: columns)), labels: labels)
  }
}
