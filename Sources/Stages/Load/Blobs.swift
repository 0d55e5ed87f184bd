import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Draws rows from Gaussian clouds, one for each class.
///
/// Each class has a centre, drawn evenly from the cube [−10, 10]ᵈ. Row i belongs to class i mod `classes`, so
/// that classes differ in size by one row at most; its value in column j (from 0) is that of the centre plus
/// a normal number of standard deviation `spread` · (j + 1)^(−`decay` / 2). A longer table begins with the
/// rows of a shorter one.
///
/// - Shapes: → `features` n × d, `labels` n.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n d) time, no memory besides the output.
/// - Errors: none for parameters within their limits.
struct Blobs: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of rows.", .range(1...1e9))
    var rows = 1000
    @Parameter("Number of columns.", .range(1...1e6))
    var columns = 2
    @Parameter("Number of classes.", .range(1...1e6))
    var classes = 3
    @Parameter("Standard deviation of the first column within a class.", .range(0...1e6))
    var spread = 1.0
    @Parameter(
      "How fast the variance falls from column to column: that of column j is j^-decay.", .range(0...10))
    var decay = 0.0

    var conflicts: [String] {
      var found: [String] = []
      if classes > rows {
        found.append("`classes` (\(classes)) must not be more than `rows` (\(rows)): every class has a row")
      }
      if rows * columns > 1 << 31 || classes * columns > 1 << 31 {
        found.append("`rows` × `columns` (\(rows) × \(columns)) must not be more than 2147483648 values")
      }
      return found
    }
  }
  struct Output: Ports {
    var features: Features
    var labels: Labels
  }

  static let name = "blobs"
  static let summary = "Draws rows from one Gaussian cloud for each class."
  static let kind = StageKind.loader
  static let revision = 1
  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> Output {
    let (rows, columns, classes) = (parameters.rows, parameters.columns, parameters.classes)
    let random = RandomStream(seed: context.seed)
    let centres = centres(random.substream(0))
    let deviations = (0..<columns).map { column in
      parameters.spread * pow(Double(column + 1), -parameters.decay / 2)
    }
    // Every row has a stream of its own: neither tiles nor the number of rows decide what it becomes.
    let tile = max(1, 65_536 / columns)
    let matrix = Matrix<Float>(rows: rows, columns: columns) { target in
      guard let target = target.baseAddress else { return }
      parallelFor((rows + tile - 1) / tile) { index in
        if context.shouldStop { return }
        for row in index * tile..<min(rows, (index + 1) * tile) {
          var stream = random.substream(UInt64(row) + 1)
          for column in 0..<columns {
            let centre = centres[row % classes * columns + column]
            target[row * columns + column] = Float(centre + deviations[column] * stream.normal())
          }
        }
      }
    }
    try context.checkCancelled()
    return Output(
      features: Features(matrix),
      labels: Labels(
        indices: (0..<rows).map { Int32($0 % classes) }, names: (0..<classes).map(String.init)))
  }

  private func centres(_ start: RandomStream) -> [Double] {
    var stream = start
    return (0..<parameters.classes * parameters.columns).map { _ in 20 * stream.uniform() - 10 }
  }
}
