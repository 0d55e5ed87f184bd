import Diagnostics
import LinearAlgebra
import StageKit

/// FastICA's search for the turn of white rows that makes their components as far from normal as can be.
struct FastICASearch {
  /// Rows with variance 1 along every direction: m × k.
  private let rows: Matrix<Float>
  private let settings: FastICA.Parameters
  private let context: StageContext

  init(_ rows: Matrix<Float>, _ settings: FastICA.Parameters, in context: StageContext) {
    (self.rows, self.settings, self.context) = (rows, settings, context)
  }

  /// An orthogonal matrix, k × k, whose rows are fixed points.
  ///
  /// - Throws: `notConverged`, `cancelled`.
  func turn() throws(StageError) -> Matrix<Double> {
    let order = rows.columns
    var random = RandomStream(seed: context.seed)
    let start = Matrix<Double>(rows: order, columns: order) { target in
      for index in target.indices { target[index] = random.normal() }
    }
    switch settings.decorrelation {
    case .symmetric: return try together(from: decorrelated(start))
    case .deflation: return try inTurn(from: start)
    }
  }

  private func together(from start: Matrix<Double>) throws(StageError) -> Matrix<Double> {
    var (turn, change) = (start, Double.infinity)
    for _ in 0..<settings.iterations {
      let next = try decorrelated(image(of: turn))
      change = (0..<turn.rows).reduce(0) { max($0, abs(1 - abs(dot(next.row($1), turn.row($1))))) }
      turn = next
      if change < settings.tolerance { return turn }
    }
    throw notConverged(change)
  }

  private func inTurn(from start: Matrix<Double>) throws(StageError) -> Matrix<Double> {
    var found: [[Double]] = []
    while found.count < start.rows {
      var (direction, change) = (orthonormal(start.row(found.count), to: found), Double.infinity)
      for _ in 0..<settings.iterations where change >= settings.tolerance {
        let next = orthonormal(try image(of: Matrix([direction])).row(0), to: found)
        change = abs(1 - abs(dot(next, direction)))
        direction = next
      }
      if change >= settings.tolerance { throw notConverged(change, component: found.count + 1) }
      found.append(direction)
    }
    return Matrix(found)
  }

  /// E[g(w·z) z] − E[g′(w·z)] w for each row w.
  private func image(of directions: Matrix<Double>) throws(StageError) -> Matrix<Double> {
    var (image, slopes) = try contrastMeans(
      of: rows, along: directions.converted(to: Float.self), settings.contrast.contrast,
      stoppingAt: context.safePoint)
    var turned = directions
    turned.scaleRows(by: slopes.map { -$0 })
    image.add(turned)
    return image
  }

  /// (W Wᵀ)^(−½) W: of all orthogonal matrices the nearest.
  private func decorrelated(_ matrix: Matrix<Double>) throws(StageError) -> Matrix<Double> {
    do throws(LinearAlgebraError) {
      let pairs = try symmetricEigen(gram(matrix), stoppingAt: context.arithmeticSafePoint)
      let least = 1e-24 * max(0, pairs.values.first ?? 0)
      var scaled = pairs.vectors
      // A direction that was lost stays so, and nothing converges.
      scaled.scaleRows(by: pairs.values.map { $0 > least ? 1 / $0.squareRoot().squareRoot() : 0 })
      return product(crossProduct(scaled), matrix)
    } catch {
      throw error.stageError
    }
  }

  /// What is left of a vector beside some orthonormal ones, of length 1.
  private func orthonormal(_ vector: [Double], to found: [[Double]]) -> [Double] {
    var rest = vector
    // Twice, as the first time rounding leaves a part of what was large.
    for other in found + found {
      let part = dot(rest, other)
      for index in rest.indices { rest[index] -= part * other[index] }
    }
    let length = dot(rest, rest).squareRoot()
    return length > 0 ? rest.map { $0 / length } : rest
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  private func notConverged(_ change: Double, component: Int? = nil) -> StageError {
    let place = component.map { "component \($0) of \(rows.columns)" } ?? "all components"
    return Diagnostic(
      .notConverged, "FastICA did not reach its tolerance",
      fields: [
        "of": place, "last change": "\(Float(change))", "tolerance": "\(settings.tolerance)",
        "iterations": "\(settings.iterations)",
      ], hint: "raise `iterations` or `tolerance`, or ask for fewer `components`")
  }
}
