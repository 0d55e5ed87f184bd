import Artifacts
import Diagnostics
import StageKit

/// How far the variance that components capture falls short of what those of a reference capture.
///
/// 1 − Σ λ_i ÷ Σ λ_i of the reference, each over as many components as the one that has fewer. With exact components as
/// the reference it is the relative error η of the objective of kernel PCA, ½ Σ λ_i, which is that of its dual as well.
/// Below 0 if the reference captures less.
///
/// - Shapes: `spectrum` k, `spectrumOfReference` k → one number of at most 1.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(k).
/// - Errors: `rankDeficient` if the reference captures nothing.
/// - Source: Tonin, Lambert, Patrinos, Suykens, ICML 2023, arXiv:2306.05815.
struct EigenvalueGap: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var spectrum: Spectrum
    var spectrumOfReference: Spectrum
  }

  static let name = "eigenvalue-gap"
  static let summary =
    "How far the variance that components capture falls short of a reference's, as a share of it."
  static let revision = 1
  static let metric = Metric(better: .lower)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let count = min(input.spectrum.values.count, input.spectrumOfReference.values.count)
    let expected = input.spectrumOfReference.values.prefix(count).reduce(0, +)
    let found = input.spectrum.values.prefix(count).reduce(0, +)
    guard expected > 0, expected.isFinite, found.isFinite else {
      throw Diagnostic(
        .rankDeficient, "the components of the reference capture no variance",
        fields: ["captured": "\(expected)", "components": "\(count)"])
    }
    return MeasureOutput(1 - found / expected)
  }
}
