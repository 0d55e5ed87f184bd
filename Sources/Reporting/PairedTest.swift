internal import Glibc

/// The two-sided p-value of Student's paired test: how often differences at least as large would come by
/// chance.
///
/// With mean m and standard deviation s of the n differences, t = m √n / s has n − 1 degrees of freedom.
/// Replicates of one data set are not independent, so the test is a guide to which differences to look at,
/// not a proof.
///
/// - Parameter differences: one for each matched replicate, at least 2; nil for fewer.
/// - Source: Student, “The probable error of a mean”, Biometrika 6 (1908) 1–25.
func pairedTest(_ differences: [Double]) -> Double? {
  guard differences.count >= 2, differences.allSatisfy(\.isFinite) else { return nil }
  let (mean, deviation) = (mean(differences), standardDeviation(differences) ?? 0)
  if deviation == 0 { return mean == 0 ? 1 : 0 }
  let t = mean * Double(differences.count).squareRoot() / deviation
  return studentTail(t, freedom: Double(differences.count - 1))
}

/// The probability that |T| ≥ |t| for Student's distribution: I_x(ν/2, 1/2) with x = ν / (ν + t²).
func studentTail(_ t: Double, freedom: Double) -> Double {
  incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
}

/// The regularised incomplete beta function I_x(a, b), to about 12 digits.
///
/// Continued fraction by Lentz's method, on the side of the mean where it converges fast.
/// - Source: Abramowitz, Stegun, Handbook of Mathematical Functions (1964), 26.5.8; Lentz, Appl. Opt. 15
///   (1976) 668.
func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  if x <= 0 { return 0 }
  if x >= 1 { return 1 }
  let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
  if x < (a + 1) / (a + b + 2) { return front * betaFraction(x, a, b) / a }
  return 1 - front * betaFraction(1 - x, b, a) / b
}

private func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
  let tiny = 1e-300
  func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
  var c = 1.0
  var d = 1 / kept(1 - (a + b) * x / (a + 1))
  var result = d
  for step in 1...1000 {
    let m = Double(step)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / kept(1 + even * d)
    c = kept(1 + even / c)
    result *= d * c
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / kept(1 + odd * d)
    c = kept(1 + odd / c)
    result *= d * c
    if abs(d * c - 1) < 1e-15 { break }
  }
  return result
}

/// The arithmetic mean; of equal numbers exactly that number.
func mean(_ values: [Double]) -> Double {
  guard let first = values.first else { return .nan }
  // Shifting by the first value keeps equal numbers exact.
  guard first.isFinite else { return values.reduce(0, +) / Double(values.count) }
  return first + values.reduce(0) { $0 + ($1 - first) } / Double(values.count)
}

/// The standard deviation with n − 1; nil for fewer than two values.
func standardDeviation(_ values: [Double]) -> Double? {
  guard values.count >= 2 else { return nil }
  let mean = mean(values)
  return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
}
