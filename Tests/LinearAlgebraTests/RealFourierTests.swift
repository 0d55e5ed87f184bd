import Foundation
import LinearAlgebra
import Testing

@Suite struct RealFourierTests {
  private func naive(_ signal: [Float]) -> [SIMD2<Double>] {
    let length = signal.count
    return (0...length / 2).map { k in
      signal.enumerated().reduce(SIMD2<Double>.zero) { sum, sample in
        let angle = -2 * Double.pi * Double(k * sample.offset % length) / Double(length)
        return sum + Double(sample.element) * SIMD2(cos(angle), sin(angle))
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 31, 64, 100, 128, 243, 256, 1000, 1024, 2048])
  func coefficientsAreThoseOfTheDefinition(length: Int) {
    var random = RandomStream(seed: UInt64(length))
    let signal = (0..<length).map { _ in Float(random.normal() + 0.3) }
    let transform = RealFourier(length: length)
    let found = signal.withUnsafeBufferPointer { transform.coefficients(of: $0) }
    let expected = naive(signal)
    #expect(found.count == transform.count && found.count == expected.count)
    let scale = signal.reduce(0.0) { $0 + abs(Double($1)) }
    for (one, other) in zip(found, expected) {
      #expect(abs(one.x - other.x) < 1e-13 * scale && abs(one.y - other.y) < 1e-13 * scale)
    }
  }

  @Test(arguments: [512, 500]) func aToneStandsAtItsFrequency(length: Int) {
    let signal = (0..<length).map { Float(3 * cos(2 * Double.pi * 20 * Double($0) / Double(length) + 0.4)) }
    let magnitudes = signal.withUnsafeBufferPointer { RealFourier(length: length).magnitudes(of: $0) }
    for (place, magnitude) in magnitudes.enumerated() {
      let expected = place == 20 ? 1.5 * Double(length) : 0
      #expect(abs(magnitude - expected) < 1e-3)
    }
  }

  /// Σ x² = (X₀² + 2 Σ |Xₖ|² + Xₙ⸝₂²) ÷ n.
  @Test(arguments: [4096, 999]) func energyIsKept(length: Int) {
    var random = RandomStream(seed: 7)
    let signal = (0..<length).map { _ in Float(random.normal()) }
    let magnitudes = signal.withUnsafeBufferPointer { RealFourier(length: length).magnitudes(of: $0) }
    let energy = magnitudes.enumerated().reduce(0.0) { sum, bin in
      let isAlone = bin.offset == 0 || 2 * bin.offset == length
      return sum + (isAlone ? 1 : 2) * bin.element * bin.element
    }
    let expected = signal.reduce(0.0) { $0 + Double($1) * Double($1) } * Double(length)
    #expect(abs(energy - expected) < 1e-12 * expected)
  }
}
