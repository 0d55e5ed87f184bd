import Artifacts
import Diagnostics
import Testing

@testable import Stages

@Suite struct ExplainedVarianceTests {
  @Test func isTheShareOfTheTotal() throws {
    let spectrum = Spectrum(values: [3, 1], total: 5)
    #expect(try measure(ExplainedVariance.self, ["spectrum": spectrum]) == 0.8)
  }

  @Test func keepsItsGoldenResult() throws { try Golden.check(ExplainedVariance.self) }

  @Test func noVarianceIsAnError() {
    #expect(
      measureError(ExplainedVariance.self, ["spectrum": Spectrum(values: [0, 0], total: 0)]) == """
        error[rankDeficient]: the features have no variance to explain
          total:      0.0
          components: 2
        """)
  }
}
