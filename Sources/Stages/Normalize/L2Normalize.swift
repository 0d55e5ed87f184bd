import Artifacts
import LinearAlgebra
import StageKit

/// Scales each row to Euclidean length 1.
///
/// A row x becomes x / ‖x‖₂. A row of zeros has no direction and stays.
///
/// - Shapes: `features` n × d → `features` n × d.
/// - Units: none in the output.
/// - Fits on: nothing; each row is scaled by itself.
/// - Cost: O(n d) time, O(1) memory besides the output.
/// - Errors: `notFinite`, `tooFewRows` (no row), `badShape`.
struct L2Normalize: Stage {
  typealias Parameters = NoParameters
  struct Input: Ports { var features: Features }
  struct Output: Ports { var features: Features }

  static let name = "l2-normalize"
  static let summary = "Scales each row to length 1."
  static let kind = StageKind.normalizer
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]
  let parameters: NoParameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    try input.features.requireSize()
    try input.features.requireFinite()
    let matrix = input.features.matrix
    let (rows, columns) = (matrix.rows, matrix.columns)
    let tile = max(1, 65_536 / columns)
    let result = Matrix<Float>(rows: rows, columns: columns) { target in
      guard let target = target.baseAddress else { return }
      matrix.withPointer { source in
        parallelFor((rows + tile - 1) / tile) { index in
          for row in index * tile..<min(rows, (index + 1) * tile) {
            normalize(source + row * columns, into: target + row * columns, count: columns)
          }
        }
      }
    }
    return Output(features: Features(result))
  }

  private func normalize(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
    // In double no square overflows or vanishes; several sums keep the additions from waiting for each other.
    var sums = SIMD8<Double>(repeating: 0)
    let whole = count - count % 8
    for index in stride(from: 0, to: whole, by: 8) {
      let values = SIMD8<Double>(UnsafeRawPointer(x + index).loadUnaligned(as: SIMD8<Float>.self))
      sums += values * values
    }
    var sum = sums.sum()
    for index in whole..<count { sum += Double(x[index]) * Double(x[index]) }
    let factor = sum > 0 ? 1 / sum.squareRoot() : 0
    for index in 0..<count { y[index] = Float(Double(x[index]) * factor) }
  }
}
