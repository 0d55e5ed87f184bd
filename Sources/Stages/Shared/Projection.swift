import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

extension Features {
  /// The products of each row less `means` with each row of `directions`: n × k for directions k × d.
  ///
  /// Rows are centred before they are multiplied, so that large means cost no accuracy, a block at a time, so
  /// that no second table of the size of this one is needed.
  ///
  /// - Throws: `outOfRange` if a result exceeds Float32, `cancelled`.
  func projected(
    onto directions: Matrix<Float>, means: [Double], in context: StageContext
  ) throws(StageError) -> Features {
    let block = max(512, (4 << 20) / max(1, columns))
    if rows <= block {
      return try product(
        centered(matrix, means: means), transposed: directions, stoppingAt: context.safePoint
      ).finiteFeatures()
    }
    let width = directions.rows
    let result = Matrix<Float>(rows: rows, columns: width, buffer: Buffer(uninitialized: rows * width))
    for start in stride(from: 0, to: rows, by: block) {
      try context.checkCancelled()
      let end = min(rows, start + block)
      let part = try product(
        centered(matrix, rows: Array(start..<end), means: means), transposed: directions,
        stoppingAt: context.safePoint)
      part.withPointer { (result.buffer.base + start * width).update(from: $0, count: part.count) }
    }
    return try result.finiteFeatures()
  }
}
