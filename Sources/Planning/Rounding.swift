import Glibc

/// `base` to the power of `exponent`.
func nthPower(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// A number rounded to 12 significant digits.
func rounded(_ value: Double) -> Double {
  guard value != 0, value.isFinite else { return value }
  let scale = pow(10, 11 - floor(log10(abs(value))))
  let result = (value * scale).rounded() / scale
  return result.isFinite ? result : value
}
