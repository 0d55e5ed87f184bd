import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

extension Matrix where Scalar == Float {
  /// A matrix of one row.
  init(row values: [Double]) {
    self.init(rows: 1, columns: values.count, elements: values.map(Float.init))
  }

  /// The matrix as features, unless a value left the range of Float32.
  ///
  /// - Throws: `outOfRange`.
  func finiteFeatures() throws(StageError) -> Features {
    if isFinite { return Features(self) }
    throw Diagnostic(
      .outOfRange, "the result goes beyond the largest Float32, about 3.4e38",
      hint: "scale the features down first")
  }
}

extension StageContext {
  /// The safe point for functions that throw the errors of linear algebra.
  var arithmeticSafePoint: SafePoint<LinearAlgebraError> { safePoint.throwing(.stopped) }
}

extension LinearAlgebraError {
  /// The error of a stage whose factorisation failed although its input was finite.
  var stageError: StageError {
    switch self {
    case .notFinite:
      Diagnostic(
        .outOfRange, "the features are so large that their products go beyond the largest number",
        hint: "scale the features down first")
    case .singular, .notPositiveDefinite:
      Diagnostic(.rankDeficient, "a matrix has no inverse", fields: ["cause": "\(self)"])
    case .notConverged(let method, let iterations):
      Diagnostic(
        .notConverged, "\(method) did not converge", fields: ["iterations": "\(iterations)"],
        hint: "look for columns of extreme scale; `standardize` before this stage may help")
    case .stopped: StageContext.interruption
    case .libraryMissing(let cause):
      Diagnostic(
        .libraryMissing, "OpenBLAS cannot be loaded", fields: ["cause": cause],
        hint: "install it: apt-get install libopenblas0-pthread")
    }
  }
}
