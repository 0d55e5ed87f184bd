/// Spearman's rank correlation of pairs of numbers, equal ones having the mean of their ranks.
///
/// - Returns: nil for fewer than three pairs, or where all numbers of a side are equal.
func rankCorrelation(_ pairs: [(Double, Double)]) -> Double? {
  guard pairs.count > 2 else { return nil }
  let (x, y) = (ranks(pairs.map(\.0)), ranks(pairs.map(\.1)))
  // Ranks have the same mean on both sides.
  let mean = Double(pairs.count - 1) / 2
  var (both, first, second) = (0.0, 0.0, 0.0)
  for (a, b) in zip(x, y) {
    both += (a - mean) * (b - mean)
    first += (a - mean) * (a - mean)
    second += (b - mean) * (b - mean)
  }
  return first > 0 && second > 0 ? both / (first.squareRoot() * second.squareRoot()) : nil
}

/// The rank of each number from 0, equal ones having the mean of their ranks.
private func ranks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    let end = order[start...].firstIndex { values[$0] != values[order[start]] } ?? order.count
    for place in start..<end { ranks[order[place]] = Double(start + end - 1) / 2 }
    start = end
  }
  return ranks
}
