import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct SchurComplementTests {
  private func schur(_ parameters: String, _ features: Features, beside other: Features) throws -> Double {
    try measure(SchurComplement.self, parameters, ["features": features, "other": other])
  }

  private static let parts = ["unexplained", "explained", "whole"]

  @Test func goldenResult() throws {
    let iris = try FixtureData.load("iris").features
    try Golden.check(
      SchurComplement.self,
      cases: [
        "default": "{}", "kernel": #"{"kernel": "rbf", "ridge": 0.001, "amount": "vendi"}"#,
        "waves": #"{"kernel": {"random-features": {"count": 20, "gamma": 0.5}}, "part": "explained"}"#,
      ], inputs: ["features": iris.columns(0..<2), "other": iris.columns(2..<4)])
  }

  @Test func isThatOfNumpy() throws {
    let cases = try representationCases("schur")
    #expect(cases.count == 8)
    for item in cases {
      let (name, kernel) = (try #require(item["data"]?.string), try #require(item["kernel"]?.string))
      let table = try FixtureData.load(name).features.prefix(rows: 300)
      let half = table.columns / 2
      let (other, features) = (table.columns(0..<half), table.columns(half..<table.columns))
      let choice = kernel == "rbf" ? #"{"rbf": {"gamma": 0.25}}"# : "\"\(kernel)\""
      let common = "\"kernel\": \(choice), \"ridge\": \(item["ridge"]?.number ?? 0)"
      for part in Self.parts {
        let entropy = try schur("{\(common), \"part\": \"\(part)\"}", features, beside: other)
        let expected = try #require(item[part]?.number)
        #expect(abs(entropy - expected) < 1e-6, "\(name) \(kernel) \(part): \(entropy) for \(expected)")
        let trace = try schur(
          "{\(common), \"part\": \"\(part)\", \"amount\": \"trace\"}", features, beside: other)
        #expect(abs(trace - (item[part + " trace"]?.number ?? .nan)) < 1e-7, "\(name) \(kernel) \(part)")
      }
    }
  }

  @Test func thePartsAddUp() throws {
    let (a, b) = (
      normalFeatures(rows: 50, columns: 7, seed: 1), normalFeatures(rows: 50, columns: 5, seed: 2)
    )
    for kernel in ["\"cosine\"", "\"linear\"", #"{"random-features": {"count": 60}}"#, "\"rbf\""] {
      let traces = try Self.parts.map {
        try schur(
          "{\"kernel\": \(kernel), \"ridge\": 0.01, \"part\": \"\($0)\", \"amount\": \"trace\"}", a, beside: b
        )
      }
      #expect(isClose(traces[2], 1, 1e-12))
      #expect(isClose(traces[0] + traces[1], 1, 1e-9))
    }
  }

  @Test func featuresExplainThemselves() throws {
    let features = normalFeatures(rows: 80, columns: 6, seed: 3)
    let rest = try schur(#"{"amount": "trace"}"#, features, beside: features)
    #expect(abs(rest) < 1e-9)
    let whole = try schur(#"{"part": "whole"}"#, features, beside: features)
    #expect(isClose(try schur(#"{"part": "explained"}"#, features, beside: features), whole, 1e-9))
  }

  @Test func wavesComeNearTheKernel() throws {
    // Prompts of three kinds, and images of which a quarter differs within each.
    var random = RandomStream(seed: 5)
    let kinds = (0..<400).map { _ in random.below(3) }
    let prompts = Features(Matrix(kinds.map { kind in (0..<3).map { $0 == kind ? 2 : 0 } }))
    let images = Features(Matrix(kinds.map { kind in [Float(kind * 2), Float(random.below(2) * 2)] }))
    let exact = try schur(#"{"kernel": {"rbf": {"gamma": 0.5}}}"#, images, beside: prompts)
    let waves = try schur(
      #"{"kernel": {"random-features": {"gamma": 0.5, "count": 4000}}}"#, images, beside: prompts)
    #expect(isClose(waves, exact, 0.05))
    #expect(exact > 0.1)
  }

  @Test func aPairOfDifferentLengthsIsAnError() {
    let (a, b) = (Features(Matrix([[1], [2]])), Features(Matrix([[1]])))
    #expect(
      measureError(SchurComplement.self, "{}", ["features": a, "other": b]) == """
        error[lengthMismatch]: `other` and `features` differ in their number of rows
          other:    1 rows
          features: 2 rows
        """)
  }
}
