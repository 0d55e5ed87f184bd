#if canImport(Glibc)
  import Glibc
#endif

extension Contingency {
  /// The entropy of a division in nats.
  static func entropy(_ sizes: [Int]) -> Double {
    let total = Double(sizes.reduce(0, +))
    return sizes.reduce(0) { sum, size in
      size == 0 ? sum : sum - Double(size) / total * log(Double(size) / total)
    }
  }

  /// The mutual information of both divisions in nats.
  var mutualInformation: Double {
    let total = Double(self.total)
    var sum = 0.0
    for (row, size) in first.enumerated() where size > 0 {
      for (column, count) in self.row(row).enumerated() where count > 0 {
        // Zero up to rounding where the parts are independent.
        let ratio = Double(count) * total / (Double(size) * Double(second[column]))
        sum += Double(count) / total * log(ratio)
      }
    }
    return max(0, sum)
  }

  /// The mutual information that random divisions with parts of these sizes have on average, in nats.
  ///
  /// For two parts of a and b of N rows the number in common is hypergeometric. Its probabilities are walked from the
  /// mode to both sides until they vanish, so that one exponential a pair is enough.
  ///
  /// - Complexity: O(N + R C √N) for R and C parts.
  /// - Source: Vinh, Epps, Bailey, JMLR 11 (2010) 2837–2854, equation 24.
  var expectedMutualInformation: Double {
    let total = self.total
    let rows = first.filter { $0 > 0 }
    let columns = second.filter { $0 > 0 }
    let tables = LogTables(total)
    return rows.reduce(0) { sum, a in
      columns.reduce(sum) { $0 + tables.expectedInformation(a, $1) }
    }
  }
}

/// Logarithms of whole numbers and of their factorials.
private struct LogTables {
  let total: Int
  let logs: [Double]
  let factorials: [Double]

  init(_ total: Int) {
    self.total = total
    var logs = [Double](repeating: 0, count: total + 1)
    var factorials = logs
    // Kahan's sum: the error must not grow with the number of rows.
    var lost = 0.0
    for number in stride(from: 1, through: total, by: 1) {
      logs[number] = log(Double(number))
      let term = logs[number] - lost
      let sum = factorials[number - 1] + term
      lost = (sum - factorials[number - 1]) - term
      factorials[number] = sum
    }
    self.logs = logs
    self.factorials = factorials
  }

  /// Σ over the number n in common of n/N log(N n / (a b)) times its probability.
  func expectedInformation(_ a: Int, _ b: Int) -> Double {
    logs.withUnsafeBufferPointer { logs in
      let low = max(0, a + b - total)
      let high = min(a, b)
      let mode = min(high, max(low, (a + 1) * (b + 1) / (total + 2)))
      let offset = logs[total] - logs[a] - logs[b]
      let peak = probability(of: mode, a, b)
      var sum = mode > 0 ? peak * Double(mode) * (offset + logs[mode]) : 0
      let rest = total - a - b
      var probability = peak
      var number = mode
      while number < high, probability > 1e-30 {
        probability *= Double((a - number) * (b - number)) / Double((number + 1) * (rest + number + 1))
        number += 1
        sum += probability * Double(number) * (offset + logs[number])
      }
      probability = peak
      number = mode
      while number > max(1, low), probability > 1e-30 {
        probability *= Double(number * (rest + number)) / Double((a - number + 1) * (b - number + 1))
        number -= 1
        sum += probability * Double(number) * (offset + logs[number])
      }
      return sum / Double(total)
    }
  }

  private func probability(of number: Int, _ a: Int, _ b: Int) -> Double {
    let ways = factorials[a] + factorials[b] + factorials[total - a] + factorials[total - b]
    let parts =
      factorials[number] + factorials[a - number] + factorials[b - number]
      + factorials[total - a - b + number]
    return exp(ways - factorials[total] - parts)
  }
}
