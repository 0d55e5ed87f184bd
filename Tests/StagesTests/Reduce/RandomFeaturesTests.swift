import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct RandomFeaturesTests {
  private func stage(
    _ components: Int, orthogonal: Bool = false, gamma: Double? = nil, laplacian: Bool = false
  ) -> RandomFeatures {
    var parameters = RandomFeatures.Parameters()
    parameters.components = components
    if laplacian {
      var width = Kernel.Width()
      width.gamma = gamma
      parameters.kernel = .laplacian(width)
    } else {
      var gaussian = RandomFeatures.Gaussian()
      gaussian.gamma = gamma
      gaussian.orthogonal = orthogonal
      parameters.kernel = .rbf(gaussian)
    }
    return RandomFeatures(parameters: parameters)
  }

  private func run(
    _ stage: RandomFeatures, _ features: Features, seed: UInt64 = 1
  ) throws -> Matrix<Float> {
    try stage.run(.init(features: features), in: StageContext(seed: seed)).embedding.matrix
  }

  /// Thirty rows of standardised wine.
  private func table() throws -> Features {
    try LearnerCase("wine").standardized().thinned(by: 6).features
  }

  private func exact(_ kernel: Kernel, _ features: Features) throws -> Matrix<Double> {
    try KernelMatrix(kernel, columns: features.columns, in: StageContext())
      .exact(features.matrix.converted())
  }

  /// The root of the mean squared error of the kernel that an embedding stands for.
  private func error(_ embedding: Matrix<Float>, _ kernel: Matrix<Double>) -> Double {
    let found = gram(embedding).elements
    let sum = zip(found, kernel.elements).reduce(0) { $0 + pow(Double($1.0) - $1.1, 2) }
    return (sum / Double(found.count)).squareRoot()
  }

  @Test func goldenResult() throws {
    try Golden.check(
      RandomFeatures.self,
      cases: [
        "default": "{}", "laplacian": #"{"components": 7, "kernel": {"laplacian": {"gamma": 0.3}}}"#,
        "orthogonal": #"{"components": 6, "kernel": {"rbf": {"orthogonal": true}}}"#,
      ])
  }

  @Test func rowsAreMappedByTheFormula() throws {
    let features = try table()
    let random = stage(40, gamma: 0.1)
    let waves = try random.waves(columns: features.columns, StageContext(seed: 1))
    let found = try run(random, features)
    for row in 0..<features.rows {
      for wave in 0..<40 {
        let turns = (0..<features.columns).reduce(Double(waves.phases[wave])) {
          $0 + Double(waves.frequencies[wave, $1]) * Double(features.matrix[row, $1])
        }
        let expected = (2.0 / 40).squareRoot() * cos(2 * Double.pi * turns)
        #expect(abs(Double(found[row, wave]) - expected) < 2e-6)
      }
    }
  }

  /// Gaussian frequencies have variance 2γ in each coordinate and the phases are even, whatever the option.
  @Test(arguments: [false, true]) func frequenciesHaveTheKernelsVariance(orthogonal: Bool) throws {
    let waves = try stage(4000, orthogonal: orthogonal, gamma: 0.7).waves(columns: 5, StageContext(seed: 3))
    let means = columnMeans(of: waves.frequencies)
    let variances = columnVariances(of: waves.frequencies, means: means)
    let expected = 1.4 / pow(2 * Double.pi, 2)
    #expect(variances.allSatisfy { abs($0 / expected - 1) < 0.1 })
    #expect(abs(waves.phases.reduce(0, +) / 4000 - 0.5) < 0.02)
    #expect(waves.phases.allSatisfy { $0 >= 0 && $0 <= 1 })
  }

  @Test(arguments: [false, true]) func theErrorFallsWithTheRootOfTheNumberOfWaves(laplacian: Bool) throws {
    let features = try table()
    let kernel = try exact(laplacian ? .laplacian(.init()) : .rbf(.init()), features)
    for count in [100, 400, 1600] {
      let errors = try (UInt64(1)...5).map {
        try error(run(stage(count, laplacian: laplacian), features, seed: $0), kernel)
      }
      let mean = errors.reduce(0, +) / 5
      // A dot product has a standard deviation of at most 1 ÷ √k.
      #expect(mean * Double(count).squareRoot() > 0.3 && mean * Double(count).squareRoot() < 1)
    }
  }

  @Test(arguments: [0, 1, 2]) func dotProductsHaveTheKernelAsMean(variant: Int) throws {
    let features = try Features(table().matrix.selecting(rows: Array(0..<6)))
    let random = stage(200, orthogonal: variant == 1, laplacian: variant == 2)
    let kernel = try exact(variant == 2 ? .laplacian(.init()) : .rbf(.init()), features)
    var sums = [Double](repeating: 0, count: 36)
    for seed in UInt64(0)..<100 {
      for (index, value) in try gram(run(random, features, seed: seed)).elements.enumerated() {
        sums[index] += Double(value) / 100
      }
    }
    // Five standard deviations of the mean of 20,000 waves.
    #expect(zip(sums, kernel.elements).allSatisfy { abs($0 - $1) < 5 / 20_000.0.squareRoot() })
  }

  @Test func orthogonalFrequenciesErrLess() throws {
    let features = try table()
    let kernel = try exact(.rbf(.init()), features)
    func mean(_ orthogonal: Bool) throws -> Double {
      try (UInt64(1)...20).reduce(0) {
        try $0 + error(run(stage(26, orthogonal: orthogonal), features, seed: $1), kernel) / 20
      }
    }
    #expect(try mean(true) < 0.95 * mean(false))
  }

  @Test func orthogonalFrequenciesAreAtRightAnglesInGroups() throws {
    let waves = try stage(9, orthogonal: true).waves(columns: 4, StageContext(seed: 2))
    let products = gram(waves.frequencies)
    for row in 0..<9 {
      for other in 0..<row where row / 4 == other / 4 {
        let scale = (products[row, row] * products[other, other]).squareRoot()
        #expect(abs(products[row, other]) < 1e-5 * scale)
      }
    }
  }

  @Test(arguments: [0, 1, 2]) func fewerWavesAreTheBeginningOfMore(variant: Int) throws {
    let features = try table()
    func make(_ count: Int) -> RandomFeatures {
      stage(count, orthogonal: variant == 1, laplacian: variant == 2)
    }
    let large = try make(50).run(.init(features: features), in: StageContext(seed: 4))
    for count in [1, 7, 13, 20, 50] {
      let small = try run(make(count), features, seed: 4)
      #expect(relativeError(try make(count).slice(large).embedding.matrix, small) < 3e-6)
    }
  }

  @Test func gammaIsByDefaultThatOfEveryKernel() throws {
    let features = try table()
    #expect(try run(stage(5), features) == run(stage(5, gamma: 1.0 / 13), features))
  }

  @Test func wavesThatOverflowAreRefused() throws {
    let large = Features(Matrix(rows: 2, columns: 1, elements: [3e38, -3e38]))
    let error = try #require(throws: Diagnostic.self) { try run(stage(32, gamma: 1e6), large) }
    #expect(
      error.description == """
        error[outOfRange]: a row is so large that its random waves go beyond the largest Float32
          hint: standardise the features first
        """)
  }

  @Test func otherKernelsAreRefused() throws {
    let json = try JSON.parse(SourceText(file: "x", #"{"kernel": "linear"}"#))
    let error = try #require(throws: Diagnostics.self) { try RandomFeatures.Parameters.read(json) }
    #expect(
      error.description == """
        error[unknownName]: there is no case `linear`
          --> x:1:12
           |
         1 | {"kernel": "linear"}
           |            ^^^^^^^^
          allowed: rbf, laplacian
        """)
  }
}
