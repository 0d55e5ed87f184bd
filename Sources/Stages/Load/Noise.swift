import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Draws independent normal numbers: features that have nothing in common with others.
///
/// A longer table begins with the rows of a shorter one.
///
/// - Shapes: → `features` n × d.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n d) time, no memory besides the output.
/// - Errors: none for parameters within their limits.
struct Noise: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of rows.", .range(1...1e9)) var rows = 1000
    @Parameter("Number of columns.", .range(1...1e6)) var columns = 2
    @Parameter("Tells several such tables of one experiment apart.", .range(0...1e9)) var draw = 0

    var conflicts: [String] {
      rows * columns <= 1 << 31 ? [] : ["`rows` × `columns` must not be more than 2147483648 values"]
    }
  }
  struct Output: Ports { var features: Features }

  static let name = "noise"
  static let summary = "Draws independent normal numbers: features that have nothing in common with others."
  static let kind = StageKind.loader
  static let revision = 1
  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> Output {
    let (rows, columns) = (parameters.rows, parameters.columns)
    let random = RandomStream(seed: context.seed).substream(UInt64(parameters.draw))
    let tile = max(1, 65_536 / columns)
    let matrix = try Matrix<Float>(rows: rows, columns: columns) { target throws(StageError) in
      guard let target = target.baseAddress else { return }
      try parallelFor((rows + tile - 1) / tile, stoppingAt: context.safePoint) { index in
        for row in index * tile..<min(rows, (index + 1) * tile) {
          var stream = random.substream(UInt64(row))
          for column in 0..<columns { target[row * columns + column] = Float(stream.normal()) }
        }
      }
    }
    return Output(features: Features(matrix))
  }
}
