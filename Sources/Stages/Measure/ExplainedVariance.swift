import Artifacts
import Diagnostics
import StageKit

/// The share of all variance that the components of a reduction keep.
///
/// Σ λ_i over the kept components / Σ λ_i over all; of a kernel method the variance in the kernel's feature space.
///
/// - Shapes: `spectrum` k → one number from 0 to 1.
/// - Fits on: nothing.
/// - Cost: O(k).
/// - Errors: `rankDeficient` if there is no variance at all.
/// - Source: scikit-learn's `explained_variance_ratio_`, summed.
struct ExplainedVariance: MeasureStage {
  typealias Parameters = NoParameters
  struct Input: Ports {
    var spectrum: Spectrum
  }

  static let name = "explained-variance"
  static let summary = "The share of all variance that the components of a reduction keep."
  static let revision = 1
  static let metric = Metric(better: .higher, range: 0...1)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    let kept = input.spectrum.values.reduce(0, +)
    guard input.spectrum.total > 0, kept.isFinite, input.spectrum.total.isFinite else {
      throw Diagnostic(
        .rankDeficient, "the features have no variance to explain",
        fields: ["total": "\(input.spectrum.total)", "components": "\(input.spectrum.values.count)"])
    }
    return MeasureOutput(kept / input.spectrum.total)
  }
}
