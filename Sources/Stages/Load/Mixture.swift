import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Draws rows from several distributions, each with a number of rows of its own.
///
/// The rows of the first component come first; the class of a row is the number of its component.
///
/// - `gaussian`: normal around `mean` with the same standard deviation in every column.
/// - `uniform`: even in the box from `low` to `high`.
/// - `ring`: in the plane, at an even angle and an even distance from `inner` to `outer` from `centre`.
///
/// - Shapes: → `features` n × d, `labels` n, where n is the sum of the components' rows.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n d) time, no memory besides the output.
/// - Errors: none for parameters within their limits.
struct Mixture: Stage {
  struct Parameters: StageParameters {
    @Parameter("The components, of one number of columns.", .notEmpty)
    var components: [Component] = [.gaussian(Component.Gaussian()), .uniform(Component.Uniform())]

    var conflicts: [String] {
      let widths = Set(components.map(\.columns)).sorted()
      if widths.count > 1 {
        return ["all components must have one number of columns, not \(widths[0]) and \(widths[1])"]
      }
      let (rows, columns) = (components.reduce(0) { $0 + $1.rows }, widths.first ?? 0)
      if rows * columns > 1 << 31 {
        return ["the components (\(rows) rows × \(columns)) must not be more than 2147483648 values"]
      }
      return []
    }
  }
  struct Output: Ports {
    var features: Features
    var labels: Labels
  }

  static let name = "mixture"
  static let summary = "Draws rows from a list of clouds, boxes and rings."
  static let kind = StageKind.loader
  static let revision = 1
  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> Output {
    let components = parameters.components
    let owners = components.enumerated().flatMap {
      Array(repeating: Int32($0.offset), count: $0.element.rows)
    }
    let (rows, columns) = (owners.count, components.first?.columns ?? 0)
    let random = RandomStream(seed: context.seed)
    // Every row has a stream of its own: tiles do not decide what it becomes.
    let tile = max(1, 65_536 / max(1, columns))
    let matrix = Matrix<Float>(rows: rows, columns: columns) { target in
      guard let target = target.baseAddress else { return }
      parallelFor((rows + tile - 1) / tile) { index in
        if context.shouldStop { return }
        for row in index * tile..<min(rows, (index + 1) * tile) {
          var stream = random.substream(UInt64(row))
          components[Int(owners[row])].draw(&stream, into: target + row * columns)
        }
      }
    }
    try context.checkCancelled()
    let names = components.indices.map(String.init)
    return Output(features: Features(matrix), labels: Labels(indices: owners, names: names))
  }
}

/// A distribution that some rows are drawn from.
enum Component: ParameterChoice {
  case gaussian(Gaussian)
  case uniform(Uniform)
  case ring(Ring)

  struct Gaussian: ParameterGroup {
    @Parameter("Number of rows.", .range(1...1e9)) var rows = 100
    @Parameter("The mean of each column.", .notEmpty, .range(-1e6...1e6)) var mean = [0.0, 0.0]
    @Parameter("Standard deviation of every column.", .range(0...1e6)) var deviation = 1.0
  }

  struct Uniform: ParameterGroup {
    @Parameter("Number of rows.", .range(1...1e9)) var rows = 100
    @Parameter("The least value of each column.", .notEmpty, .range(-1e6...1e6)) var low = [-3.0, -3.0]
    @Parameter("The largest value of each column.", .notEmpty, .range(-1e6...1e6)) var high = [3.0, 3.0]

    var conflicts: [String] {
      guard low.count == high.count else {
        return ["`low` (\(low.count) values) and `high` (\(high.count)) must have a value for each column"]
      }
      let turned = low.indices.filter { low[$0] > high[$0] }
      return turned.map { "`low` of column \($0) must not be above `high`" }
    }
  }

  struct Ring: ParameterGroup {
    @Parameter("Number of rows.", .range(1...1e9)) var rows = 100
    @Parameter("The centre.", .length(2), .range(-1e6...1e6)) var centre = [0.0, 0.0]
    @Parameter("The least distance from the centre.", .range(0...1e6)) var inner = 0.7
    @Parameter("The largest distance from the centre.", .range(0...1e6)) var outer = 1.0

    var conflicts: [String] {
      inner > outer ? ["`inner` (\(inner)) must not be above `outer` (\(outer))"] : []
    }
  }

  static let cases: [ChoiceCase<Component>] = [
    .fields("gaussian", Component.gaussian), .fields("uniform", Component.uniform),
    .fields("ring", Component.ring),
  ]

  var chosen: ChosenCase {
    switch self {
    case .gaussian(let gaussian): ChosenCase("gaussian", gaussian)
    case .uniform(let uniform): ChosenCase("uniform", uniform)
    case .ring(let ring): ChosenCase("ring", ring)
    }
  }

  var rows: Int {
    switch self {
    case .gaussian(let gaussian): gaussian.rows
    case .uniform(let uniform): uniform.rows
    case .ring(let ring): ring.rows
    }
  }

  var columns: Int {
    switch self {
    case .gaussian(let gaussian): gaussian.mean.count
    case .uniform(let uniform): uniform.low.count
    case .ring: 2
    }
  }

  /// Writes one row.
  func draw(_ random: inout RandomStream, into row: UnsafeMutablePointer<Float>) {
    switch self {
    case .gaussian(let gaussian):
      for (column, mean) in gaussian.mean.enumerated() {
        row[column] = Float(mean + gaussian.deviation * random.normal())
      }
    case .uniform(let uniform):
      for (column, (low, high)) in zip(uniform.low, uniform.high).enumerated() {
        row[column] = Float(low + (high - low) * random.uniform())
      }
    case .ring(let ring):
      let distance = ring.inner + (ring.outer - ring.inner) * random.uniform()
      let direction = random.direction()
      row[0] = Float(ring.centre[0] + distance * direction.x)
      row[1] = Float(ring.centre[1] + distance * direction.y)
    }
  }
}

extension RandomStream {
  /// A point of the unit circle, each equally likely.
  fileprivate mutating func direction() -> (x: Double, y: Double) {
    // A point of the disc, stretched: as good as an angle, and the same bytes with every library of functions.
    while true {
      let (x, y) = (2 * uniform() - 1, 2 * uniform() - 1)
      let square = x * x + y * y
      if square > 1e-6, square <= 1 { return (x / square.squareRoot(), y / square.squareRoot()) }
    }
  }
}
