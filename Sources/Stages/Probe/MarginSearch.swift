import Diagnostics
import LinearAlgebra
import StageKit

/// The search for the weights of several one-vs-rest problems with hinges, side by side.
///
/// Squared hinges are bent everywhere: Newton's method alone finds the least objective. For hinges the multipliers of
/// the rows are added to what stiff springs give; they are renewed when the objective with springs is at its least,
/// and their residuals are the dual variables. With g the gradient, w − g is the sum of rows weighted by the residuals,
/// so the duality gap of squared hinges is ½ ‖g‖².
struct MarginSearch {
  struct Settings {
    var c: Double
    /// Whether hinges are squared.
    var isSquared: Bool
    var tolerance: Double
    var iterations: Int
  }

  /// The objective of each problem.
  private(set) var values: [Double]
  /// How far above its least value each objective is at most, as a share of it, if the estimate holds.
  private(set) var gaps: [Double]
  /// The Newton steps taken.
  private(set) var iterations = 0

  private let rows: MarginRows
  private let passes: MarginPasses
  private let settings: Settings
  private let context: StageContext
  /// Problems × columns, intercepts last.
  private(set) var point: Matrix<Double>
  /// How fast residuals grow with what margins lack.
  private var stiffness: [Double]
  /// What the last Newton step of each problem promised, as a share of its objective.
  private var promised: [Double]

  /// - Parameter start: weights to start from; zeros where nil.
  init(
    _ rows: MarginRows, classes: [Int32], from start: Matrix<Double>? = nil, settings: Settings,
    _ context: StageContext
  ) {
    (self.rows, self.settings, self.context) = (rows, settings, context)
    passes = MarginPasses(rows, classes: classes, cap: settings.isSquared ? nil : settings.c, context)
    point = start ?? Matrix(rows: classes.count, columns: rows.width)
    // With springs of c ÷ 2 every row is bent at first, where all weights are zeros.
    stiffness = [Double](repeating: settings.c * (settings.isSquared ? 2 : 0.5), count: classes.count)
    values = [Double](repeating: .infinity, count: classes.count)
    gaps = values
    promised = values
  }

  /// The weights, problem after problem.
  var weights: [Double] { point.elements }

  /// Searches until every problem is done, or the most iterations are.
  ///
  /// - Throws: `cancelled`.
  mutating func run() throws(StageError) {
    var list = Array(values.indices)
    var renewals = 0
    while !list.isEmpty {
      try context.checkCancelled()
      let now = try measure(list)
      list = list.filter { gaps[$0] > settings.tolerance }
      if iterations >= settings.iterations || list.isEmpty || list.contains(where: { !values[$0].isFinite }) {
        return
      }
      let settled = list.filter { now.isSettled[$0] == true }
      if !settled.isEmpty {
        renewals += 1
        if renewals > 4 * settings.iterations { return }
        try passes.updateMultipliers(settled)
        for index in settled {
          stiffness[index] = min(4 * stiffness[index], 32 * settings.c)
          promised[index] = .infinity
        }
      }
      let moving = list.filter { now.isSettled[$0] != true }
      if moving.isEmpty { continue }
      iterations += 1
      try step(moving, now)
    }
  }

  /// Where the listed problems are.
  private struct Place {
    var gradients: [Int: [Double]] = [:]
    /// The share of rows that are bent.
    var bent: [Int: Double] = [:]
    /// Whether the objective with springs is at its least.
    var isSettled: [Int: Bool] = [:]
  }

  /// Evaluates the listed problems, sets their values and gaps.
  private mutating func measure(_ list: [Int]) throws(StageError) -> Place {
    var place = Place()
    let (sums, forces) = try passes.residuals(at: point.selecting(rows: list), list, stiffness: stiffness)
    for (position, index) in list.enumerated() {
      let w = point.row(index)
      let force = forces.row(position)
      let gradient = zip(w, force).map { $0 - $1 }
      let (length, rest) = (squaredLength(w), squaredLength(gradient))
      let sum = sums[position]
      place.gradients[index] = gradient
      place.bent[index] = sum.bent / Double(rows.count)
      if settings.isSquared {
        values[index] = length / 2 + sum.value / stiffness[index]
        gaps[index] = min(rest / 2 / values[index], promised[index])
      } else {
        values[index] = length / 2 + settings.c * sum.lack
        let gap = values[index] - (sum.residuals - squaredLength(force) / 2)
        gaps[index] = max(0, gap) / values[index]
        // Half the square of the gradient is what the search with springs leaves of the gap, the rest is what new
        // multipliers may gain. A step that promised nothing is all that rounding lets the search find.
        place.isSettled[index] =
          rest / 2 <= max(0.2 * (gap - rest / 2), 0.3 * settings.tolerance * values[index])
          || promised[index] <= 1e-3 * settings.tolerance
      }
    }
    return place
  }

  private func squaredLength(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }

  /// A Newton step of the listed problems with an exact line search.
  private mutating func step(_ list: [Int], _ place: Place) throws(StageError) {
    let gradients = Matrix(list.map { place.gradients[$0] ?? [] })
    let weights = list.map { stiffness[$0] * (place.bent[$0] ?? 1) }
    let direction = try newtonDirection(list, gradients, weights)
    try passes.setDirections(direction, list)
    let lengths = try stepLengths(list, direction, gradients)
    for (position, index) in list.enumerated() {
      var slope = 0.0
      for column in 0..<rows.width {
        let change = direction[position, column]
        slope += change * gradients[position, column]
        point[index, column] += lengths[position] * change
      }
      promised[index] = -slope / 2 / values[index]
    }
  }

  /// The steps along a direction at which the objectives are least, but for a tenth of their first slopes.
  private func stepLengths(
    _ list: [Int], _ direction: Matrix<Double>, _ gradients: Matrix<Double>
  ) throws(StageError) -> [Double] {
    var lengths = [Double](repeating: 1, count: list.count)
    var bounds = [(low: Double, high: Double)](repeating: (0, .infinity), count: list.count)
    for _ in 0..<12 {
      let sums = try passes.slopes(list, steps: list.indices.map { lengths[$0] * stiffness[list[$0]] })
      var isDone = true
      for (position, index) in list.enumerated() {
        var (first, along, square) = (0.0, 0.0, 0.0)
        for column in 0..<rows.width {
          let change = direction[position, column]
          first += change * gradients[position, column]
          along += change * point[index, column]
          square += change * change
        }
        let length = lengths[position]
        let slope = along + length * square - sums[position].slope
        if abs(slope) <= 0.1 * abs(first) { continue }
        if slope < 0 { bounds[position].low = length } else { bounds[position].high = length }
        let (low, high) = bounds[position]
        let next = length - slope / (square + stiffness[index] * sums[position].bend)
        lengths[position] = next > low && next < high ? next : high.isFinite ? (low + high) / 2 : 2 * length
        isDone = false
      }
      if isDone { break }
    }
    return lengths
  }
}

// MARK: - The Newton direction

extension MarginSearch {
  /// What conjugate gradients know of the listed problems, a row each.
  private struct Progress {
    var solution: Matrix<Double>
    var rest: Matrix<Double>
    var search: Matrix<Double>
    /// rest · preconditioned rest.
    var norms: [Double]
  }

  /// −H⁻¹ g of each listed problem by preconditioned conjugate gradients, to a twentieth.
  ///
  /// The preconditioner is the Hessian that a problem would have if its bent rows were a fair sample of all: `weights`
  /// are its stiffness times the share of bent rows.
  private func newtonDirection(
    _ list: [Int], _ gradients: Matrix<Double>, _ weights: [Double]
  ) throws(StageError) -> Matrix<Double> {
    var rest = gradients
    rest.scaleRows(by: list.map { _ in -1 })
    let search = rows.preconditioned(rest, weights: weights)
    var progress = Progress(
      solution: Matrix(rows: list.count, columns: rows.width), rest: rest, search: search,
      norms: list.indices.map { rest.dot(search, row: $0) })
    let goals = progress.norms.map { 0.0025 * $0 }
    for _ in 0..<100 {
      // A problem whose gradient is all rounding has no direction.
      let open = list.indices.filter { progress.norms[$0] > goals[$0] && progress.norms[$0] > 0 }
      if open.isEmpty { break }
      try advance(&progress, open, list, weights)
    }
    return progress.solution
  }

  /// One step of conjugate gradients of the open problems, given by their places in the list.
  private func advance(
    _ progress: inout Progress, _ open: [Int], _ list: [Int], _ weights: [Double]
  ) throws(StageError) {
    let search = progress.search.selecting(rows: open)
    let bent = try passes.curvature(along: search, open.map { list[$0] })
    for (position, place) in open.enumerated() {
      let stiffness = stiffness[list[place]]
      var curvature = 0.0
      for column in 0..<rows.width {
        let value = search[position, column]
        curvature += value * (value + stiffness * bent[position, column])
      }
      let length = curvature > 0 ? progress.norms[place] / curvature : 0
      for column in 0..<rows.width {
        let value = search[position, column]
        progress.solution[place, column] += length * value
        progress.rest[place, column] -= length * (value + stiffness * bent[position, column])
      }
    }
    let rest = progress.rest.selecting(rows: open)
    let next = rows.preconditioned(rest, weights: open.map { weights[$0] })
    for (position, place) in open.enumerated() {
      let norm = rest.dot(next, row: position)
      let share = norm / progress.norms[place]
      for column in 0..<rows.width {
        progress.search[place, column] = next[position, column] + share * search[position, column]
      }
      progress.norms[place] = norm
    }
  }
}

extension Matrix where Scalar == Double {
  /// The product of a row with the same row of another matrix.
  fileprivate func dot(_ other: Matrix, row: Int) -> Double {
    (0..<columns).reduce(0) { $0 + self[row, $1] * other[row, $1] }
  }
}
