internal import RunRecords

/// The values of one cell, by seed and fold.
struct Replicates {
  private struct Replicate: Hashable {
    var seed: Int?
    var fold: Int?
  }

  private var results: [(replicate: Replicate, value: Double?)] = []
  private var keys: [Replicate: String] = [:]
  private var notRun = 0

  /// Takes in a result; false where another node's number stands for the same replicate already.
  ///
  /// - Parameter isPending: whether the run ended before its turn came.
  mutating func add(_ result: MeasuredValue, isPending: Bool) -> Bool {
    let replicate = Replicate(seed: result.seed, fold: result.fold)
    if let key = keys[replicate] { return key == result.key }
    keys[replicate] = result.key
    results.append((replicate, result.value))
    if isPending, result.value == nil { notRun += 1 }
    return true
  }

  var values: [Double] { results.compactMap(\.value) }
  var isWhole: Bool { !results.isEmpty && results.allSatisfy { $0.value != nil } }

  var cell: ResultTable.Cell {
    let values = values
    return ResultTable.Cell(
      mean: values.isEmpty ? nil : mean(values), deviation: standardDeviation(values), count: values.count,
      failed: results.count - values.count - notRun, notRun: notRun)
  }

  /// The values of both cells, replicate by replicate, where both have the same replicates.
  func pairs(with other: Replicates) -> [(Double, Double)]? {
    let mine = results.filter { $0.value != nil }
    let theirs = Dictionary(
      other.results.compactMap { result in result.value.map { (result.replicate, $0) } }
    ) { first, _ in first }
    guard mine.count == theirs.count else { return nil }
    var pairs: [(Double, Double)] = []
    for (replicate, value) in mine {
      guard let value, let otherValue = theirs[replicate] else { return nil }
      pairs.append((value, otherValue))
    }
    return pairs
  }

  /// The differences to another cell over the replicates that both have.
  ///
  /// What is not random has no seed and is matched with every seed of its fold.
  func differences(to other: Replicates) -> [Double] {
    let theirs = Dictionary(other.results.map { ($0.replicate, $0.value) }) { first, _ in first }
    let folds = Dictionary(grouping: other.results) { $0.replicate.fold }
    var differences: [Double] = []
    for (mine, value) in results {
      guard let value else { continue }
      let matches =
        mine.seed == nil
        ? (folds[mine.fold] ?? []).map(\.value)
        : [theirs[mine], theirs[Replicate(seed: nil, fold: mine.fold)]].compactMap(\.self)
      differences += matches.compactMap(\.self).map { value - $0 }
    }
    return differences
  }
}

/// The marks of a column's cells: the best mean, and what a paired t-test at 5 % does not find worse.
func marks(_ column: [Replicates], better: MetricDirection.Better) -> [ResultTable.Mark] {
  let sign: Double? =
    switch better {
    case .higher: 1
    case .lower: -1
    case .neither: nil
    }
  let scores = column.map { cell in
    sign.flatMap { cell.isWhole ? $0 * mean(cell.values) : nil }.flatMap { $0.isNaN ? nil : $0 }
  }
  // One number alone is not the best of anything.
  guard scores.count(where: { $0 != nil }) > 1, let top = scores.compactMap(\.self).max(),
    let best = scores.firstIndex(of: top)
  else { return column.map { _ in .none } }
  return column.indices.map { row in
    guard let score = scores[row] else { return .none }
    if score == top { return .best }
    let p = pairedTest(column[row].differences(to: column[best]))
    return (p ?? 0) >= 0.05 ? .notWorse : .none
  }
}
