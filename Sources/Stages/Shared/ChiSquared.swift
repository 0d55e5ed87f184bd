#if canImport(Glibc)
  import Glibc
#endif

/// The χ² distribution with some degrees of freedom, by the incomplete gamma function.
///
/// Source: Abramowitz, Stegun, 6.5.29 (series) and 6.5.31 (continued fraction, by Lentz's method).
struct ChiSquared {
  /// More than 0.
  let degrees: Double

  /// The probability of a value above `x`, to about 14 digits also where it is tiny.
  func upperTail(_ x: Double) -> Double {
    guard x > 0 else { return 1 }
    let (a, y) = (degrees / 2, x / 2)
    return y < a + 1 ? 1 - Self.lowerSeries(a, y) : Self.upperFraction(a, y)
  }

  /// The value above which lies a share `tail` of the distribution, from 0 to 1.
  func quantile(upperTail tail: Double) -> Double {
    guard tail < 1 else { return 0 }
    guard tail > 0 else { return .infinity }
    var (low, high) = (0.0, max(1, degrees))
    while upperTail(high) > tail { (low, high) = (high, 2 * high) }
    // Bisection to the last digit: the tail falls strictly.
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return high }
      if upperTail(middle) > tail { low = middle } else { high = middle }
    }
  }

  /// y^a e^−y ÷ Γ(a).
  private static func front(_ a: Double, _ y: Double) -> Double { exp(a * log(y) - y - logGamma(a)) }

  private static func logGamma(_ a: Double) -> Double {
    var sign: Int32 = 0
    return lgamma_r(a, &sign)
  }

  /// P(a, y) for y < a + 1.
  private static func lowerSeries(_ a: Double, _ y: Double) -> Double {
    var (term, sum, n) = (1 / a, 1 / a, a)
    while term > sum * 1e-17 {
      n += 1
      term *= y / n
      sum += term
    }
    return sum * front(a, y)
  }

  /// Q(a, y) for y ≥ a + 1.
  private static func upperFraction(_ a: Double, _ y: Double) -> Double {
    let tiny = 1e-300
    var b = y + 1 - a
    var (c, d) = (1 / tiny, 1 / b)
    var value = d
    for index in 1...100_000 {
      let i = Double(index)
      let numerator = -i * (i - a)
      b += 2
      d = numerator * d + b
      if abs(d) < tiny { d = tiny }
      c = b + numerator / c
      if abs(c) < tiny { c = tiny }
      d = 1 / d
      value *= d * c
      if abs(d * c - 1) < 1e-16 { break }
    }
    return value * front(a, y)
  }
}
