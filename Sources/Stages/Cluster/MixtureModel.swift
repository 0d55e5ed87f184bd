import Diagnostics
import LinearAlgebra
import StageKit

/// What the covariances of a mixture of Gaussians have in common.
enum CovarianceForm: String, PlainChoice {
  /// Each component has a covariance of its own.
  case full
  /// All components have the same covariance.
  case tied
  /// Each component has variances along the columns.
  case diagonal
  /// Each component has one variance along all columns.
  case spherical
}

/// A mixture of k Gaussians in d dimensions.
struct MixtureModel {
  let form: CovarianceForm
  /// The share of each component.
  var weights: [Double]
  /// k × d.
  var means: Matrix<Double>
  /// `full`: k · d × d, component after component; `tied`: d × d; `diagonal`: k × d; `spherical`: k × 1.
  var covariances: Matrix<Double>

  var components: Int { means.rows }

  /// How many numbers can be chosen freely.
  var freedom: Int {
    let (count, columns) = (means.rows, means.columns)
    let spread =
      switch form {
      case .full: count * columns * (columns + 1) / 2
      case .tied: columns * (columns + 1) / 2
      case .diagonal: count * columns
      case .spherical: count
      }
    return count - 1 + count * columns + spread
  }
}

/// Sums over rows, each weighed by the shares that components have in it; places are those relative to `origins`.
struct MixtureSums {
  private let form: CovarianceForm
  private let (count, columns): (Int, Int)
  /// The means that places are taken from, k × d.
  private let origins: Matrix<Double>
  /// Σ of the logarithms of the rows' densities; then for each component its Σ of shares, Σ of places, and Σ of their
  /// squares or products.
  private let storage: Buffer<Double>

  init(_ form: CovarianceForm, origins: Matrix<Double>) {
    self.form = form
    self.origins = origins
    (count, columns) = (origins.rows, origins.columns)
    storage = Buffer(repeating: 0, count: Self.size(form, count, columns))
  }

  static func size(_ form: CovarianceForm, _ count: Int, _ columns: Int) -> Int {
    let spread =
      switch form {
      case .full: columns * columns
      case .tied: 0
      case .diagonal, .spherical: columns
      }
    return 1 + count * (1 + columns + spread)
  }

  private var spreadSize: Int { (storage.count - 1) / count - 1 - columns }
  private var shares: UnsafeMutablePointer<Double> { storage.base + 1 }
  private var places: UnsafeMutablePointer<Double> { shares + count }
  private var spreads: UnsafeMutablePointer<Double> { places + count * columns }

  var logDensity: Double { storage.base[0] }

  /// Adds other sums of the same shape.
  func add(_ other: MixtureSums) {
    Kernels.addScaled(1, other.storage.base, to: storage.base, count: storage.count)
  }

  func addLogDensity(_ value: Double) { storage.base[0] += value }

  /// Adds some rows of width `stride` with the shares that the components have in each, component by component.
  ///
  /// - Parameter work: room for as many rows.
  func add(
    _ rows: UnsafePointer<Double>, count rowCount: Int, stride: Int, shares own: UnsafePointer<Double>,
    work: UnsafeMutablePointer<Double>
  ) {
    origins.withPointer { origins in
      for component in 0..<count {
        let origin = origins + component * columns
        let place = places + component * columns
        let spread = spreads + component * spreadSize
        var used = 0
        for row in 0..<rowCount {
          let share = own[row * count + component]
          // Most rows belong to few components.
          if share == 0 { continue }
          let (source, root) = (rows + row * stride, share.squareRoot())
          let target = work + used * columns
          for column in 0..<columns {
            let difference = source[column] - origin[column]
            place[column] += share * difference
            target[column] = root * difference
          }
          shares[component] += share
          if form == .diagonal || form == .spherical {
            for column in 0..<columns { spread[column] += target[column] * target[column] }
          } else {
            used += 1
          }
        }
        if form == .full { Kernels.addCrossProduct(work, rows: used, columns: columns, to: spread) }
      }
    }
  }

  /// The mixture that fits these rows best.
  ///
  /// - Parameters:
  ///   - scatter: Σ of the products of the rows' columns, for `tied`; its lower triangle.
  ///   - regularization: what is added to each variance.
  func model(scatter: Matrix<Double>?, regularization: Double) -> MixtureModel {
    // No component is without any share at all.
    let totals = (0..<count).map { shares[$0] + 10 * Double.ulpOfOne }
    let all = totals.reduce(0, +)
    var moves = Matrix<Double>(rows: count, columns: columns)
    var means = origins
    for component in 0..<count {
      for column in 0..<columns {
        moves[component, column] = places[component * columns + column] / totals[component]
        means[component, column] += moves[component, column]
      }
    }
    var covariances =
      switch form {
      case .full: fullCovariances(totals, moves)
      case .tied: tiedCovariance(totals, means, scatter)
      case .diagonal, .spherical: variances(totals, moves)
      }
    if form == .full || form == .tied {
      for row in 0..<covariances.rows { covariances[row, row % columns] += regularization }
    } else {
      covariances.add(regularization)
    }
    if form == .spherical { covariances = covariances.rowMeans }
    return MixtureModel(
      form: form, weights: totals.map { $0 / all }, means: means, covariances: covariances)
  }

  private func fullCovariances(_ totals: [Double], _ moves: Matrix<Double>) -> Matrix<Double> {
    Matrix(rows: count * columns, columns: columns) { target in
      moves.withPointer { moves in
        for component in 0..<count {
          let (move, size) = (moves + component * columns, columns * columns)
          for row in 0..<columns {
            for column in 0...row {
              let sum = spreads[component * size + row * columns + column]
              let value = sum / totals[component] - move[row] * move[column]
              target[component * size + row * columns + column] = value
              target[component * size + column * columns + row] = value
            }
          }
        }
      }
    }
  }

  private func tiedCovariance(
    _ totals: [Double], _ means: Matrix<Double>, _ scatter: Matrix<Double>?
  ) -> Matrix<Double> {
    let all = totals.reduce(0, +)
    return Matrix(rows: columns, columns: columns) { target in
      for row in 0..<columns {
        for column in 0...row {
          let between = (0..<count).reduce(0.0) { $0 + totals[$1] * means[$1, row] * means[$1, column] }
          let value = ((scatter?[row, column] ?? 0) - between) / all
          target[row * columns + column] = value
          target[column * columns + row] = value
        }
      }
    }
  }

  private func variances(_ totals: [Double], _ moves: Matrix<Double>) -> Matrix<Double> {
    Matrix(rows: count, columns: columns) { target in
      for component in 0..<count {
        for column in 0..<columns {
          let place = component * columns + column
          let move = moves[component, column]
          target[place] = max(0, spreads[place] / totals[component] - move * move)
        }
      }
    }
  }
}

extension Matrix where Scalar == Double {
  /// The mean of each row, as one column.
  fileprivate var rowMeans: Matrix {
    Matrix(rows: rows, columns: 1) { target in
      for row in 0..<rows { target[row] = self.row(row).reduce(0, +) / Double(columns) }
    }
  }
}
