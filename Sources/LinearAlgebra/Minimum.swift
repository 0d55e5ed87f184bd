/// Where a search for a minimum ended.
public struct Minimum: Sendable {
  /// Why a search ended.
  public enum Outcome: Sendable, Equatable {
    /// The gradient is within the tolerance.
    case converged
    /// No step lowers the function any more: its rounding hides what is left. The point is the best that was seen.
    case stalled
    /// The limit on iterations was reached.
    case iterationLimit
    /// The caller asked to stop.
    case stopped
    /// The function or its gradient is not finite where the search started.
    case notFinite
  }

  /// The point of the lowest value.
  public var point: [Double]
  /// The function's value there.
  public var value: Double
  /// The largest magnitude of the gradient's entries there.
  public var gradientNorm: Double
  /// Steps taken.
  public var iterations: Int
  /// How often the function was called.
  public var evaluations: Int
  /// Why the search ended.
  public var outcome: Outcome

  /// Whether the gradient is within the tolerance.
  public var converged: Bool { outcome == .converged }
}

/// A point with the function's value and gradient.
struct Evaluation {
  var point: [Double]
  var value: Double
  var gradient: [Double]
  /// Which evaluation it was, from 1.
  var number = 0

  var isFinite: Bool { value.isFinite && gradient.allSatisfy(\.isFinite) }
}

/// Calls the function and counts.
struct Evaluator {
  let function: (UnsafeBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Double
  private(set) var evaluations = 0

  init(function: @escaping (UnsafeBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Double) {
    self.function = function
  }

  mutating func evaluate(_ point: [Double]) -> Evaluation {
    evaluations += 1
    var gradient = [Double](repeating: 0, count: point.count)
    let value = point.withUnsafeBufferPointer { point in
      gradient.withUnsafeMutableBufferPointer { function(point, $0) }
    }
    return Evaluation(point: point, value: value, gradient: gradient, number: evaluations)
  }
}
