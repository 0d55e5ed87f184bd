import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct NoisyMeansTests {
  @Test func goldenResult() throws {
    try Golden.check(NoisyMeans.self, cases: ["default": "{}", "none": #"{"noise": 0}"#])
  }

  private func texts(_ features: Features, _ labels: Labels, noise: Double, seed: UInt64 = 0) throws
    -> Matrix<Float>
  {
    var parameters = NoisyMeans.Parameters()
    parameters.noise = noise
    return try NoisyMeans(parameters: parameters).run(
      .init(features: features, labels: labels), in: StageContext(seed: seed)
    ).texts.directions
  }

  @Test func withoutNoiseTextsAreTheDirectionsOfTheMeans() throws {
    let features = Features(Matrix([[3, 0], [3, 8], [-2, 0], [-4, 0]]))
    let found = try texts(features, TinyShots.labels, noise: 0)
    #expect(relativeError(found.elements.map(Double.init), [0.6, 0.8, -1, 0]) < 1e-6)
  }

  /// Noise 1 is as long as the means are from their mean: (±3, 0) with noise of length 3 in two columns.
  @Test func noiseIsMeasuredByTheMeans() throws {
    let features = Features(Matrix([[3, 0], [3, 0], [-3, 0], [-3, 0]]))
    var above = 0
    for seed in 0..<2000 {
      // The second coordinate beats the first where |n₂| > |1 + n₁| for normal n of variance 1/2.
      let text = try texts(features, TinyShots.labels, noise: 1, seed: UInt64(seed))
      above += abs(text[0, 1]) > abs(text[0, 0]) ? 1 : 0
      #expect(isClose(Double(text[0, 0] * text[0, 0] + text[0, 1] * text[0, 1]), 1, 1e-5))
    }
    // 2 Φ(1) Φ(−1) = 0.267 of the seeds; the standard deviation is 20.
    #expect(abs(above - 534) < 100, "\(above)")
  }

  @Test func aMeanOfZeroHasNoDirection() throws {
    let features = Features(Matrix([[1, 0], [-1, 0], [0, 1], [0, 3]]))
    let error = #expect(throws: StageError.self) { try texts(features, TinyShots.labels, noise: 0) }
    #expect(
      error?.description == """
        error[rankDeficient]: the text of class `a` has no direction
          length: 0.0
          hint: raise `noise`, or scale the features
        """)
  }
}
