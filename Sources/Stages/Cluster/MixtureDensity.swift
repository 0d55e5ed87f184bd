import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// The densities of a mixture's components, made ready for many rows.
///
/// With the Cholesky factor L of a covariance, (x − μ)ᵀ Σ⁻¹ (x − μ) is the squared length of L⁻¹(x − μ): for all
/// components together one product of the rows, led by a 1, with the factors side by side, led by −L⁻¹μ. As L⁻¹ is
/// triangular, its columns are cut into blocks that need the leading columns of the rows only.
struct MixtureDensity {
  private let components: Int
  private let columns: Int
  /// The logarithm of each component's density at its mean, times its weight.
  private let peaks: [Double]
  private let blocks: [FactorBlock<Double>]
  /// The same in single precision, where that is enough.
  private let quickBlocks: [FactorBlock<Float>]
  /// What rows are compared with column by column, where they are; under one covariance for all after they were turned
  /// by the only block.
  private let direct: DirectMeans?

  /// - Parameters:
  ///   - leastVariances: below these a column's variance is nothing but rounding.
  ///   - quickRadius: the length of the longest row, where it is enough to have logarithms to about 1e-4: products are
  ///     taken in single precision then, unless their rounding is more.
  /// - Throws: `rankDeficient`, `outOfRange`, `cancelled`.
  init(
    _ model: MixtureModel, leastVariances: [Double], quickRadius: Double? = nil, _ context: StageContext
  ) throws(StageError) {
    (components, columns) = (model.means.rows, model.means.columns)
    var logDeterminants: [Double] = []
    switch model.form {
    case .full, .tied:
      let matrices = model.covariances.rows / columns
      let factors = try Self.inverseFactors(model, leastVariances, context)
      logDeterminants = factors.map(\.logDeterminant)
      if matrices < components {
        logDeterminants = [Double](repeating: logDeterminants[0], count: components)
        let turned = try product(
          model.means, transposed: factors[0].inverse, stoppingAt: context.safePoint)
        direct = DirectMeans(
          means: turned, scales: Matrix(rows: components, columns: columns, repeating: 1))
        blocks = Self.blocks(factors.map(\.inverse), means: nil)
      } else {
        direct = nil
        blocks = Self.blocks(factors.map(\.inverse), means: model.means)
      }
    case .diagonal, .spherical:
      let scales = try Self.scales(model, leastVariances)
      logDeterminants = (0..<components).map { component in
        (0..<scales.columns).reduce(0) { $0 - 2 * log(scales[component, $1]) }
      }
      direct = DirectMeans(means: model.means, scales: scales)
      blocks = []
    }
    var isQuick = false
    if direct == nil, let quickRadius { isQuick = quickRadius * Self.longest(blocks) * 0x1p-24 <= 1e-5 }
    quickBlocks = isQuick ? blocks.map { $0.inSinglePrecision } : []
    let constant = Double(columns) * log(2 * Double.pi)
    peaks = (0..<components).map { log(model.weights[$0]) - 0.5 * (constant + logDeterminants[$0]) }
  }

  /// How many numbers `logDensities` needs room for, a row.
  var workPerRow: Int { columns + 1 + max(columns, blocks.map(\.width).max() ?? 0) }

  /// Writes the logarithms of each component's density times its weight for some rows: rows × k.
  ///
  /// - Parameter rows: a 1 and the columns, row after row.
  func logDensities(
    _ rows: UnsafePointer<Double>, count: Int, work: UnsafeMutablePointer<Double>,
    into logs: UnsafeMutablePointer<Double>
  ) {
    if let direct {
      var (source, stride) = (rows + 1, columns + 1)
      if let turn = blocks.first {
        turn.multiply(rows, count: count, stride: stride, into: work)
        (source, stride) = (UnsafePointer(work), columns)
      }
      direct.squares(source, count: count, stride: stride, into: logs)
    } else if !quickBlocks.isEmpty {
      quickSquares(rows, count: count, work: work, into: logs)
    } else {
      logs.update(repeating: 0, count: count * components)
      for block in blocks {
        block.multiply(rows, count: count, stride: columns + 1, into: work)
        let size = block.width / components
        for place in 0..<count * components {
          logs[place] += Kernels.sumOfSquares(work + place * size, count: size)
        }
      }
    }
    for row in 0..<count {
      for component in 0..<components {
        logs[row * components + component] = peaks[component] - 0.5 * logs[row * components + component]
      }
    }
  }
}

extension MixtureDensity {
  /// The squared lengths by products in single precision.
  private func quickSquares(
    _ rows: UnsafePointer<Double>, count: Int, work: UnsafeMutablePointer<Double>,
    into target: UnsafeMutablePointer<Double>
  ) {
    let stride = columns + 1
    target.update(repeating: 0, count: count * components)
    work.withMemoryRebound(to: Float.self, capacity: 2 * count * workPerRow) { work in
      let products = work + count * stride
      for place in 0..<count * stride { work[place] = Float(rows[place]) }
      for block in quickBlocks {
        block.multiply(work, count: count, stride: stride, into: products)
        let size = block.width / components
        for place in 0..<count * components {
          target[place] += Double(Kernels.sumOfSquares(products + place * size, count: size))
        }
      }
    }
  }

  /// The length of the longest column of all factors, without their first row.
  private static func longest(_ blocks: [FactorBlock<Double>]) -> Double {
    blocks.reduce(0) { longest, block in
      (0..<block.width).reduce(longest) { longest, column in
        let square = (1..<block.depth).reduce(0.0) { sum, row in
          sum + block.factor[row, column] * block.factor[row, column]
        }
        return max(longest, square.squareRoot())
      }
    }
  }
}

/// Means, k × d, that rows are compared with column by column.
private struct DirectMeans {
  let means: Matrix<Double>
  /// What differences are multiplied with.
  let scales: Matrix<Double>

  /// Writes the squared lengths of the scaled differences: rows × k.
  func squares(
    _ rows: UnsafePointer<Double>, count: Int, stride: Int, into target: UnsafeMutablePointer<Double>
  ) {
    let (components, columns) = (means.rows, means.columns)
    means.withPointer { means in
      scales.withPointer { scales in
        for row in 0..<count {
          let source = rows + row * stride
          for component in 0..<components {
            let (mean, scale) = (means + component * columns, scales + component * columns)
            var sum = 0.0
            for column in 0..<columns {
              let difference = (source[column] - mean[column]) * scale[column]
              sum += difference * difference
            }
            target[row * components + component] = sum
          }
        }
      }
    }
  }
}

/// Some columns of the inverse factors of all components, side by side.
private struct FactorBlock<Scalar: MatrixScalar> {
  /// Leading columns of the rows that are needed, with the 1.
  let depth: Int
  /// Columns of the product.
  let width: Int
  /// depth × width.
  let factor: Matrix<Scalar>

  var inSinglePrecision: FactorBlock<Float> {
    FactorBlock<Float>(depth: depth, width: width, factor: factor.converted(to: Float.self))
  }

  func multiply(
    _ rows: UnsafePointer<Scalar>, count: Int, stride: Int, into target: UnsafeMutablePointer<Scalar>
  ) {
    factor.withPointer {
      Kernels.multiply(
        rows, stride: stride, $0, rows: count, columns: width, depth: depth, into: target)
    }
  }
}

// How densities are made ready.
extension MixtureDensity {
  private struct InverseFactor {
    let inverse: Matrix<Double>
    let logDeterminant: Double
  }

  private static func inverseFactors(
    _ model: MixtureModel, _ leastVariances: [Double], _ context: StageContext
  ) throws(StageError) -> [InverseFactor] {
    let columns = model.means.columns
    var identity = Matrix<Double>(rows: columns, columns: columns)
    identity.addToDiagonal(1)
    var found: [InverseFactor] = []
    for component in 0..<model.covariances.rows / columns {
      let range = component * columns..<(component + 1) * columns
      let covariance = model.covariances.selecting(rows: Array(range))
      // A thousandth of the digits of a variance that others leave of it must be more than rounding.
      guard let factor = try covariance.cholesky(leastPivot: 1e-14, context),
        (0..<columns).allSatisfy({
          factor.lower[$0, $0] * factor.lower[$0, $0] > leastVariances[$0]
        })
      else { throw singular(model, component) }
      found.append(
        InverseFactor(
          inverse: try factor.solveLower(identity, stoppingAt: context.safePoint),
          logDeterminant: factor.logDeterminant))
    }
    return found
  }

  private static func scales(
    _ model: MixtureModel, _ leastVariances: [Double]
  ) throws(StageError) -> Matrix<Double> {
    let columns = model.means.columns
    var scales = Matrix<Double>(rows: model.components, columns: columns)
    for component in 0..<model.components {
      for column in 0..<columns {
        let variance = model.covariances[component, model.form == .spherical ? 0 : column]
        guard variance > leastVariances[column] else { throw singular(model, component) }
        scales[component, column] = 1 / variance.squareRoot()
      }
    }
    return scales
  }

  private static func singular(_ model: MixtureModel, _ component: Int) -> Diagnostic {
    let simpler =
      switch model.form {
      case .full: ", ask for fewer clusters, or let the covariance be `tied` or `diagonal`"
      case .tied: ", or let the covariance be `diagonal`"
      case .diagonal, .spherical: ", ask for fewer clusters, or leave constant columns out"
      }
    let error = Diagnostic(
      .rankDeficient, "the covariance of a component has no inverse",
      fields: ["covariance": model.form.rawValue], hint: "raise `regularization`" + simpler)
    return model.form == .tied ? error : error.with("component", "\(component), counted from 0")
  }

  /// - Parameter means: those of the components, where the rows are compared with them; nil where they are only turned.
  private static func blocks(
    _ inverses: [Matrix<Double>], means: Matrix<Double>?
  ) -> [FactorBlock<Double>] {
    let columns = inverses[0].columns
    // Four blocks leave five eighths of the work; below sixteen columns a product costs as much with fewer.
    let size = means == nil ? columns : max(16, (columns + 31) / 32 * 8)
    return stride(from: 0, to: columns, by: size).map { start in
      let range = start..<min(columns, start + size)
      let (depth, width) = (range.upperBound + 1, inverses.count * range.count)
      var factor = Matrix<Double>(rows: depth, columns: width)
      factor.withMutablePointer { target in
        for (component, inverse) in inverses.enumerated() {
          let mean = means?.row(component)
          inverse.withPointer { inverse in
            for (place, column) in range.enumerated() {
              var offset = 0.0
              let goal = (target + component * range.count + place)
              for row in 0...column {
                let value = inverse[column * columns + row]
                if let mean { offset += mean[row] * value }
                goal[(row + 1) * width] = value
              }
              goal[0] = -offset
            }
          }
        }
      }
      return FactorBlock(depth: depth, width: width, factor: factor)
    }
  }
}
