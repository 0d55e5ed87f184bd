internal import CKernels

/// What one-vs-rest problems with hinges do with products of panels, sixteen rows at a time.
///
/// In the problem of a class its rows have the sign +1, all others −1. A row's margin is its sign times its score. Its
/// pressure is m + s · (1 − margin), with a stiffness s and perhaps a multiplier m; the residual is the pressure
/// cut to 0…cap, and a row is bent where the pressure lies strictly between. Products, directions and residuals hold the
/// listed problems side by side as `RowPanels` does, pressures and multipliers hold all problems.
public struct MarginKernels {
  /// The class that each of all problems tells from the rest.
  private let classes: [Int32]
  /// The problems that are worked on.
  private let slots: [Int32]
  /// The largest residual; infinite where there is none.
  private let cap: Float

  /// Kernels for some of several problems.
  ///
  /// - Parameters:
  ///   - classes: the class that each problem tells from the rest.
  ///   - listed: the problems that are worked on, by their place among `classes`.
  ///   - cap: the largest residual.
  public init(classes: [Int32], listed: [Int], cap: Float) {
    precondition(listed.allSatisfy { classes.indices.contains($0) })
    (self.classes, self.cap) = (classes, cap)
    slots = listed.map { Int32($0) }
  }

  /// The four sums of each listed problem that `residuals` adds to.
  public struct Sums: BitwiseCopyable, Sendable {
    /// Σ residual · (pressure − residual ÷ 2).
    public var value: Double
    /// Σ residual.
    public var residuals: Double
    /// Σ of what margins lack of 1.
    public var lack: Double
    /// The number of rows that are bent.
    public var bent: Double

    /// Sums of nothing.
    public static let zero = Sums(value: 0, residuals: 0, lack: 0, bent: 0)

    /// Adds those of other rows.
    public mutating func add(_ other: Sums) {
      value += other.value
      residuals += other.residuals
      lack += other.lack
      bent += other.bent
    }
  }

  private func withList<R>(_ body: (margin_list) -> R) -> R {
    classes.withUnsafeBufferPointer { classes in
      slots.withUnsafeBufferPointer { slots in
        body(
          margin_list(
            count: classes.count, listed: slots.count, slots: slots.baseAddress, classes: classes.baseAddress)
        )
      }
    }
  }

  /// Sets the pressures of some panels and turns products into residuals times signs; returns each problem's sums.
  ///
  /// All pointers are at the first of `panels` panels. Rows of class −1 are padding.
  ///
  /// - Parameters:
  ///   - intercepts: one a listed problem, as all arrays here.
  ///   - multipliers: none where nil.
  public func residuals(
    _ products: UnsafeMutablePointer<Float>, panels: Int, intercepts: [Float],
    classOf: UnsafePointer<Int32>, multipliers: UnsafePointer<Float>?, stiffness: [Float],
    pressures: UnsafeMutablePointer<Float>
  ) -> [Sums] {
    var sums = [Double](repeating: 0, count: 4 * slots.count)
    withList { list in
      margin_residuals(
        products, panels, list, intercepts, classOf, multipliers, stiffness, cap, pressures, &sums)
    }
    return slots.indices.map {
      Sums(value: sums[4 * $0], residuals: sums[4 * $0 + 1], lack: sums[4 * $0 + 2], bent: sums[4 * $0 + 3])
    }
  }

  /// Adds intercepts to products and makes 0 of those of rows that are not bent.
  public func masked(
    _ products: UnsafeMutablePointer<Float>, panels: Int, intercepts: [Float],
    pressures: UnsafePointer<Float>
  ) {
    withList { margin_masked(products, panels, $0, intercepts, pressures, cap) }
  }

  /// Adds intercepts to products.
  public func shifted(_ products: UnsafeMutablePointer<Float>, panels: Int, intercepts: [Float]) {
    margin_shift(products, panels, slots.count, intercepts)
  }

  /// Of each listed problem Σ residual · sign · direction after a step, and Σ direction² of the rows that are bent then.
  ///
  /// - Parameter steps: the step along the direction times the stiffness.
  public func slopes(
    _ directions: UnsafePointer<Float>, panels: Int, classOf: UnsafePointer<Int32>,
    pressures: UnsafePointer<Float>, steps: [Float]
  ) -> [(slope: Double, bend: Double)] {
    var sums = [Double](repeating: 0, count: 2 * slots.count)
    withList { margin_slopes(directions, panels, $0, classOf, pressures, steps, cap, &sums) }
    return slots.indices.map { (sums[2 * $0], sums[2 * $0 + 1]) }
  }

  /// Makes multipliers of the listed problems' residuals.
  public func multipliers(
    _ pressures: UnsafePointer<Float>, panels: Int, into multipliers: UnsafeMutablePointer<Float>
  ) {
    withList { margin_multipliers(pressures, panels, $0, cap, multipliers) }
  }
}
