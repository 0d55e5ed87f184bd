import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct EigenvalueGapTests {
  private func gap(_ values: [Double], _ reference: [Double]) throws -> Double {
    try measure(
      EigenvalueGap.self,
      [
        "spectrum": Spectrum(values: values, total: 20),
        "spectrumOfReference": Spectrum(values: reference, total: 20),
      ])
  }

  @Test func goldenResult() throws {
    try Golden.check(
      EigenvalueGap.self, inputs: ["spectrumOfReference": Spectrum(values: [4.3, 0.2], total: 4.6)])
  }

  @Test func itIsTheShareOfTheReferenceThatIsMissing() throws {
    #expect(try abs(gap([5, 3], [6, 4]) - 0.2) < 1e-15)
    #expect(try gap([6, 4], [6, 4]) == 0)
    #expect(try abs(gap([6, 5], [6, 4]) + 0.1) < 1e-15)
  }

  @Test func furtherComponentsOfEitherDoNotCount() throws {
    #expect(try abs(gap([5, 3], [6, 4, 9]) - 0.2) < 1e-15)
    #expect(try abs(gap([5, 3, 9], [6, 4]) - 0.2) < 1e-15)
  }

  /// The dual's objective ½‖H‖² − Tr √(HᵀKH) at the least is −½ Σ λ: its relative error is the gap.
  @Test func randomizedKernelPCAHasAGap() throws {
    let wine = try LearnerCase("wine").standardized().features
    var parameters = KernelPCA.Parameters()
    parameters.components = 4
    let exact = try KernelPCA(parameters: parameters).run(.init(features: wine), in: StageContext())
    parameters.solver = .randomized(
      {
        var settings = KernelPCA.Solver.Randomized()
        (settings.oversampling, settings.iterations) = (0, 0)
        return settings
      }())
    let rough = try KernelPCA(parameters: parameters).run(.init(features: wine), in: StageContext())
    let found = try gap(rough.spectrum.values, exact.spectrum.values)
    #expect(found > 1e-4 && found < 0.9)
  }

  @Test func aReferenceWithoutVarianceIsRefused() {
    let error = measureError(
      EigenvalueGap.self,
      [
        "spectrum": Spectrum(values: [1], total: 1),
        "spectrumOfReference": Spectrum(values: [0, 0], total: 0),
      ])
    #expect(
      error == """
        error[rankDeficient]: the components of the reference capture no variance
          captured:   0.0
          components: 1
        """)
  }
}
