import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Draws rows evenly from a shape of known dimension, turned at random in a space of more.
///
/// A `cube` is [0, 1]ᵐ, a `ball` and a `sphere` have radius 1 (the sphere of dimension m lies in m + 1 dimensions), a
/// `swiss-roll` of two dimensions is (t cos t, 21 u, t sin t) with t even in [1.5 π, 4.5 π) and u in [0, 1). A random
/// rotation, of the seed alone, lays it into the columns; distances stay as they are. A longer table begins with the rows
/// of a shorter one.
///
/// - Shapes: → `features` n × d.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n d m + d m²) time, no memory besides the output.
/// - Errors: none for parameters within their limits.
struct Manifold: Stage {
  enum Shape: String, PlainChoice {
    case cube, ball, sphere
    case swissRoll = "swiss-roll"
  }
  struct Parameters: StageParameters {
    @Parameter("The shape.") var shape = Shape.cube
    @Parameter("Its dimension m; a swiss-roll has 2.", .range(1...1000)) var dimension = 2
    @Parameter("Number of rows.", .range(1...1e8)) var rows = 1000
    @Parameter("Number of columns.", .range(1...1e4)) var columns = 64

    /// How many coordinates the shape has before it is turned.
    var width: Int {
      switch shape {
      case .cube, .ball: dimension
      case .sphere: dimension + 1
      case .swissRoll: 3
      }
    }
    var conflicts: [String] {
      var found: [String] = []
      if shape == .swissRoll, dimension != 2 {
        found.append("a swiss-roll has `dimension` 2, not \(dimension)")
      }
      if width > columns {
        found.append("a \(shape.rawValue) of dimension \(dimension) needs \(width) `columns`, not \(columns)")
      }
      if rows * columns > 1 << 31 {
        found.append("`rows` × `columns` must not be more than 2147483648 values")
      }
      return found
    }
  }
  struct Output: Ports { var features: Features }

  static let name = "manifold"
  static let summary = "Draws rows evenly from a shape of known dimension, turned in a space of more."
  static let kind = StageKind.loader
  static let revision = 1
  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> Output {
    let (rows, width) = (parameters.rows, parameters.width)
    let random = RandomStream(seed: context.seed)
    var frame = random.substream(0)
    let directions = Matrix<Double>(
      rows: width, columns: parameters.columns,
      elements: (0..<width * parameters.columns).map { _ in frame.normal() })
    let turned: Matrix<Double>
    do throws(LinearAlgebraError) {
      turned = try orthonormalRows(directions, stoppingAt: context.arithmeticSafePoint)
    } catch {
      throw error.stageError
    }
    let points = try Matrix<Double>(rows: rows, columns: width) { target throws(StageError) in
      guard let target = target.baseAddress else { return }
      try parallelFor((rows + 255) / 256, stoppingAt: context.safePoint) { tile in
        for row in tile * 256..<min(rows, tile * 256 + 256) {
          var stream = random.substream(UInt64(row) + 1)
          point(&stream, into: target + row * width)
        }
      }
    }
    let placed = try product(points, turned, stoppingAt: context.safePoint)
    return Output(features: Features(placed.converted(to: Float.self)))
  }

  private func point(_ stream: inout RandomStream, into target: UnsafeMutablePointer<Double>) {
    let width = parameters.width
    switch parameters.shape {
    case .cube: for index in 0..<width { target[index] = stream.uniform() }
    case .ball, .sphere:
      var square = 0.0
      while square == 0 {
        for index in 0..<width { target[index] = stream.normal() }
        square = (0..<width).reduce(0) { $0 + target[$1] * target[$1] }
      }
      let radius = parameters.shape == .ball ? pow(stream.uniform(), 1 / Double(width)) : 1
      for index in 0..<width { target[index] *= radius / square.squareRoot() }
    case .swissRoll:
      let turn = 1.5 * Double.pi * (1 + 2 * stream.uniform())
      (target[0], target[1], target[2]) = (turn * cos(turn), 21 * stream.uniform(), turn * sin(turn))
    }
  }
}
