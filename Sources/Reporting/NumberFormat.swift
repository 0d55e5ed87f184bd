internal import Glibc

/// How the numbers of a column are written.
enum NumberFormat: Equatable {
  /// Three decimals, for a metric between 0 and 1.
  case thousandths
  /// Without decimals, for counts.
  case whole
  /// Four significant digits.
  case significant

  /// The format for the cells of a column.
  init(_ cells: [ResultTable.Cell]) {
    let means = cells.compactMap(\.mean).filter(\.isFinite)
    let largest = means.map(abs).max() ?? 0
    if means.allSatisfy({ $0 >= 0 && $0 <= 1 }), largest >= 0.01 || largest == 0 {
      self = .thousandths
    } else if cells.allSatisfy({ ($0.deviation ?? 0) == 0 }),
      means.allSatisfy({ $0 == $0.rounded() && abs($0) < 1e9 })
    {
      self = .whole
    } else {
      self = .significant
    }
  }

  /// A mean with its deviation, to the same digit.
  func texts(_ mean: Double, _ deviation: Double?) -> (mean: String, deviation: String?) {
    func both(_ format: String) -> (String, String?) {
      (formatted(format, mean), deviation.map { formatted(format, $0) })
    }
    switch self {
    case .thousandths: return both("%.3f")
    case .whole: return both("%.0f")
    case .significant:
      let size = max(abs(mean), mean == 0 ? deviation ?? 0 : 0)
      guard size > 0 else { return both("%.3f") }
      let exponent = Int(log10(size).rounded(.down).clamped(-400, 400))
      if exponent < -4 || exponent > 8 { return both("%.3e") }
      var decimals = max(0, 3 - exponent)
      // A small deviation gets up to two digits more rather than read as none.
      let most = decimals + 2
      while let deviation, deviation > 0, decimals < most, deviation * pow(10, Double(decimals)) < 0.5 {
        decimals += 1
      }
      return both("%.\(decimals)f")
    }
  }
}

extension Double {
  fileprivate func clamped(_ low: Double, _ high: Double) -> Double { Swift.min(Swift.max(self, low), high) }
}

/// A number as the C library's `printf` writes it.
func formatted(_ format: String, _ value: Double) -> String {
  guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "−inf" : "inf" }
  var buffer = [CChar](repeating: 0, count: 64)
  let count = withVaList([value]) { vsnprintf(&buffer, buffer.count, format, $0) }
  return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// A stretch of time for people: `4 ms`, `0.31 s`, `2.1 s`, `3 min 05 s`, `2 h 40 min`.
public func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0 else { return "0 ms" }
  if seconds < 0.00995 { return formatted("%.0f ms", seconds * 1000) }
  if seconds < 0.995 { return formatted("%.2f s", seconds) }
  if seconds < 99.95 { return formatted("%.1f s", seconds) }
  guard seconds < 1e12 else { return formatted("%.0f s", seconds) }
  let whole = Int(seconds.rounded())
  func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
  if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
  return "\(whole / 3600) h \(two(whole % 3600 / 60)) min"
}
