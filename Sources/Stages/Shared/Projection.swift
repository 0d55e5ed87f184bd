import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

extension Features {
  /// The products of each row less `means` with each row of `directions`: n × k for directions k × d.
  ///
  /// Rows are centred before they are multiplied, so that large means cost no accuracy, a tile at a time, so that no
  /// second table of the size of this one is needed.
  ///
  /// - Throws: `notFinite` for a value of the features, `outOfRange` if a result exceeds Float32, `cancelled`.
  func projected(
    onto directions: Matrix<Float>, means: [Double], isNearlyCentered: Bool = false,
    in context: StageContext
  ) throws(StageError) -> Features {
    let result = try centeredProduct(
      matrix, means: means, transposed: directions, isNearlyCentered: isNearlyCentered,
      stoppingAt: context.safePoint)
    if !result.isFinite { try requireFinite() }
    return try result.finiteFeatures()
  }
}
