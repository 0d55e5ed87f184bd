import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct RotorSignalsTests {
  private func run(_ parameters: String, seed: UInt64 = 1) throws -> RotorSignals.Output {
    let json = try JSON.parse(SourceText(file: "parameters", parameters))
    return try RotorSignals(parameters: .read(json)).run(NoPorts(), in: StageContext(seed: seed))
  }

  private func describe(_ features: Features, _ statistic: String, _ domain: String) throws -> [Double] {
    let json = try JSON.parse(
      SourceText(file: "parameters", #"{"statistics": ["\#(statistic)"], "domains": ["\#(domain)"]}"#))
    let stage = WindowStatistics(parameters: try .read(json))
    return try stage.run(.init(features: features), in: StageContext()).embedding.matrix.elements
      .map { Double($0) }
  }

  /// The mean of some values over the windows of each condition.
  private func means(_ values: [Double], conditions: Int) -> [Double] {
    (0..<conditions).map { condition in
      let own = stride(from: condition, to: values.count, by: conditions).map { values[$0] }
      return own.reduce(0, +) / Double(own.count)
    }
  }

  @Test func goldenResult() throws {
    try Golden.check(
      RotorSignals.self,
      cases: [
        "default": #"{"windows": 3, "samples": 64, "sensors": 2}"#,
        "shape": #"{"windows": 3, "samples": 64, "conditions": "shape"}"#,
      ])
  }

  @Test func rowsBelongToConditionsInTurn() throws {
    let output = try run(#"{"windows": 3, "samples": 8, "sensors": 2, "count": 5}"#)
    #expect(output.features.rows == 15 && output.features.columns == 16)
    #expect(output.labels.indices == (0..<15).map { Int32($0 % 5) })
  }

  @Test func aLongerTableBeginsWithTheRowsOfAShorterOne() throws {
    let short = try run(#"{"windows": 2, "samples": 32}"#).features.matrix
    let long = try run(#"{"windows": 5, "samples": 32}"#).features.matrix
    #expect(long.selecting(rows: Array(0..<short.rows)) == short)
  }

  @Test func scaleConditionsGrowAndShiftAndKeepTheirShape() throws {
    let output = try run(
      #"{"windows": 40, "conditions": {"scale": {"growth": 1.5, "shift": 2}}, "spread": 0.01}"#)
    let deviations = means(try describe(output.features, "deviation", "time"), conditions: 4)
    let centres = means(try describe(output.features, "mean", "time"), conditions: 4)
    let kurtoses = means(try describe(output.features, "kurtosis", "time"), conditions: 4)
    for condition in 1..<4 {
      #expect(isClose(deviations[condition] / deviations[condition - 1], 1.5, 0.02))
      #expect(abs(centres[condition] - centres[condition - 1] - 2) < 0.05)
      #expect(isClose(kurtoses[condition], kurtoses[0], 0.03))
    }
    // Noise of variance 1, harmonics of ½(1 + ¼ + 1/16).
    #expect(isClose(deviations[0], (1 + 0.65625).squareRoot(), 0.02))
  }

  @Test func shapeConditionsChangeTheUnbalanceAndADamagedBearingRings() throws {
    let output = try run(#"{"windows": 40, "samples": 4096, "conditions": "shape", "spread": 0}"#)
    let deviations = means(try describe(output.features, "deviation", "time"), conditions: 4)
    // Variance ½ a² of the first harmonic beside 1.025 of noise and the others.
    for condition in 0..<3 {
      let expected = (1.025 + 0.125 * Double(condition * condition)).squareRoot()
      #expect(isClose(deviations[condition], expected, 0.01))
    }
    // The resonance stands at 2 kHz: 1 Hz a place.
    let fourier = RealFourier(length: 4096)
    func share(_ row: Int) -> Double {
      let magnitudes = output.features.matrix.row(row).withUnsafeBufferPointer { fourier.magnitudes(of: $0) }
      let near = magnitudes[1900...2040].reduce(0, +) / 141
      return near / (magnitudes[1000...1500].reduce(0, +) / 501)
    }
    #expect(share(2) < 1.2 && share(3) > 2)
  }

  @Test func tooManyValuesAreRefused() {
    let error = #expect(throws: Diagnostics.self) { try run(#"{"windows": 1000000, "samples": 1000000}"#) }
    #expect(error?.all.first?.code == .outOfRange)
  }
}
