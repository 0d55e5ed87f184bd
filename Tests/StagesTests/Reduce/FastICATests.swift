import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct FastICATests {
  private func run(
    _ features: Features, _ components: Int, _ contrast: FastICA.ContrastFunction = .logcosh,
    _ decorrelation: FastICA.Decorrelation = .symmetric, fitRows: RowMask? = nil, tolerance: Double = 1e-4,
    iterations: Int = 200, seed: UInt64 = 1
  ) throws -> FastICA.Output {
    var parameters = FastICA.Parameters()
    (parameters.components, parameters.contrast) = (components, contrast)
    (parameters.decorrelation, parameters.tolerance) = (decorrelation, tolerance)
    parameters.iterations = iterations
    return try FastICA(parameters: parameters).run(
      .init(features: features, fitRows: fitRows), in: StageContext(seed: seed))
  }

  /// Rows of a uniform, a two-sided exponential, a two-valued and a periodic source.
  private func sources(_ rows: Int) -> Matrix<Double> {
    var random = RandomStream(seed: 11)
    return Matrix(rows: rows, columns: 4) { target in
      for row in 0..<rows {
        let draw = random.uniform() - 0.5
        target[4 * row] = 2 * random.uniform() - 1
        target[4 * row + 1] = (draw < 0 ? 1 : -1) * log(1 - 2 * abs(draw))
        target[4 * row + 2] = random.uniform() < 0.5 ? -1 : 1
        target[4 * row + 3] = Double((row * 37) % 1000) / 500 - 1
      }
    }
  }

  /// Six columns of mixtures about means of their own, and what mixed them: 4 × 6.
  private func mixture(_ rows: Int) -> (features: Features, mixing: Matrix<Double>) {
    var random = RandomStream(seed: 12)
    let mixing = Matrix<Double>(rows: 4, columns: 6) { target in
      for index in target.indices { target[index] = random.normal() }
    }
    var mixed = product(sources(rows), mixing)
    mixed.withMutablePointer { base in for index in 0..<rows * 6 { base[index] += Double(index % 6) } }
    return (Features(mixed.converted()), mixing)
  }

  @Test func goldenResult() throws {
    try Golden.check(
      FastICA.self,
      cases: [
        "default": "{}", "three": #"{"components": 3, "contrast": "exp"}"#,
        "cube": #"{"contrast": "cube"}"#, "deflation": #"{"decorrelation": "deflation"}"#,
      ])
  }

  @Test(arguments: [FastICA.Decorrelation.symmetric, .deflation], FastICA.ContrastFunction.allCases)
  func findsIndependentSources(
    decorrelation: FastICA.Decorrelation, contrast: FastICA.ContrastFunction
  ) throws {
    let (features, mixing) = mixture(5000)
    let output = try run(features, 4, contrast, decorrelation)
    let expected = sources(5000)
    var taken: Set<Int> = []
    for source in 0..<4 {
      let truth = (0..<5000).map { expected[$0, source] }
      let matches = (0..<4).map { component in
        abs(correlation(truth, (0..<5000).map { Double(output.embedding.matrix[$0, component]) }))
      }
      let best = try #require((0..<4).max { matches[$0] < matches[$1] })
      #expect(matches[best] > 0.99, "\(source)")
      taken.insert(best)
      // The column that mixes the component is that of the source, but for its length and sign.
      let column = (0..<6).map { Double(output.mixing[best, $0]) }
      #expect(abs(cosine(column, mixing.row(source))) > 0.99)
    }
    #expect(taken.count == 4)
  }

  @Test(arguments: ["mixture", "iris", "wine"], FastICA.ContrastFunction.allCases)
  func agreesWithScikitLearn(name: String, contrast: FastICA.ContrastFunction) throws {
    let fixture = try Fixture.json("ica/\(name).json")
    let features =
      try fixture["features"].map { Features($0.matrix) } ?? LearnerCase(name).features
    let fitRows = RowMask((0..<features.rows).map { $0 % 5 != 4 })
    for decorrelation in FastICA.Decorrelation.allCases {
      let fixedPoints = try #require(fixture["\(contrast) \(decorrelation)"]?.items)
      let count = try #require(fixedPoints.first?["energy"]?.items).count
      let output = try run(
        features, count, contrast, decorrelation, fitRows: fitRows, tolerance: 1e-12, iterations: 3000)
      let rows = Array(fitRows.heldOutRows.prefix(5))
      let scores = output.embedding.matrix.selecting(rows: rows).elements.map(Double.init)
      let errors = try fixedPoints.map { point in
        try max(
          relativeError(scores, #require(point["heldOut"]).doubles),
          relativeError(output.mixing.elements.map(Double.init), #require(point["mixing"]).doubles),
          relativeError(output.spectrum.values, #require(point["energy"]).doubles))
      }
      #expect(errors.min() ?? .infinity < 1e-5, "\(decorrelation)")
    }
  }

  @Test func componentsAreUncorrelatedWithVarianceOneAndGiveTheRowsBack() throws {
    let features = mixture(900).features
    let fitRows = RowMask((0..<900).map { $0 % 3 != 0 })
    let output = try run(features, 4, fitRows: fitRows)
    let fitted = output.embedding.matrix.selecting(rows: fitRows.fitRows)
    let means = columnMeans(of: fitted)
    #expect(means.allSatisfy { abs($0) < 1e-5 })
    let unit = covariance(of: fitted, means: means)
    for row in 0..<4 {
      for column in 0...row { #expect(abs(unit[row, column] - (row == column ? 1 : 0)) < 1e-5) }
      let column = output.mixing.row(row)
      #expect(column.max { abs($0) < abs($1) } ?? -1 > 0)
      #expect(column.count == 6)
    }
    // Four sources: four components lose nothing, of any row.
    let back = product(output.embedding.matrix, output.mixing)
    let centred = centered(features.matrix, means: output.mean.elements.map(Double.init))
    #expect(relativeError(back, centred) < 1e-4)
    let identity = product(output.components, transposed: output.mixing)
    #expect(relativeError(identity, Matrix(diagonal: 4)) < 1e-4)
    #expect(isClose(output.spectrum.values.reduce(0, +), output.spectrum.total, 1e-5))
    #expect(zip(output.spectrum.values, output.spectrum.values.dropFirst()).allSatisfy(>=))
  }

  @Test func theStartDoesNotMatterWhereSourcesAreClear() throws {
    let features = mixture(3000).features
    let outputs = try (1...4).map { try run(features, 4, tolerance: 1e-10, seed: $0) }
    for other in outputs.dropFirst() {
      #expect(relativeError(other.embedding.matrix, outputs[0].embedding.matrix) < 1e-4)
    }
  }

  @Test(arguments: [FastICA.Decorrelation.symmetric, .deflation])
  func anEndWithoutConvergenceIsAnError(decorrelation: FastICA.Decorrelation) throws {
    let features = mixture(500).features
    let error = try #require(throws: StageError.self) {
      try run(features, 4, .logcosh, decorrelation, tolerance: 1e-9, iterations: 1)
    }
    #expect(error.code == .notConverged && error.headline == "FastICA did not reach its tolerance")
    #expect(error.hint == "raise `iterations` or `tolerance`, or ask for fewer `components`")
    let place = decorrelation == .symmetric ? "all components" : "component 1 of 4"
    #expect(error.fields.map(\.label) == ["of", "last change", "tolerance", "iterations"])
    #expect(error.fields[0].value == place && error.fields[3].value == "1")
  }

  @Test func moreComponentsThanThereAreSourcesAreRefused() {
    let error = #expect(throws: StageError.self) { try run(mixture(300).features, 5) }
    #expect(error?.code == .tooManyComponents)
    let equal = #expect(throws: StageError.self) {
      try run(Features(Matrix(rows: 5, columns: 3, repeating: 0.1)), 1)
    }
    #expect(equal?.code == .rankDeficient)
  }
}

private func correlation(_ a: [Double], _ b: [Double]) -> Double {
  func centred(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.map { $0 - mean }
  }
  return cosine(centred(a), centred(b))
}

private func cosine(_ a: [Double], _ b: [Double]) -> Double {
  func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
  return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
}

extension Matrix<Float> {
  /// The identity of some order.
  fileprivate init(diagonal order: Int) {
    self.init(rows: order, columns: order)
    for index in 0..<order { self[index, index] = 1 }
  }
}
