/// Groups of near rows, so that a search meets near rows first and what it needs lies together.
struct NeighborGroups {
  /// Rows, group after group, ascending within a group.
  typealias Order = [Int32]

  private let centers: Matrix<Float>

  private static let (sampleSize, groupSize, most, rounds) = (4096, 512, 128, 4)

  /// Finds groups in a sample of the rows by a few rounds of k-means.
  init(of rows: Matrix<Float>) {
    let step = max(1, (rows.rows + Self.sampleSize - 1) / Self.sampleSize)
    let sample = rows.selecting(rows: Array(stride(from: 0, to: rows.rows, by: step)))
    let count = max(1, min(Self.most, rows.rows / Self.groupSize, sample.rows))
    var centers = sample.selecting(rows: (0..<count).map { $0 * sample.rows / count })
    for _ in 0..<Self.rounds {
      let groups = nearest(rows: sample, to: centers).index
      var sums = [Double](repeating: 0, count: count * sample.columns)
      var sizes = [Int](repeating: 0, count: count)
      sample.withPointer { base in
        for row in 0..<sample.rows {
          let group = Int(groups[row])
          sizes[group] += 1
          for column in 0..<sample.columns {
            sums[group * sample.columns + column] += Double(base[row * sample.columns + column])
          }
        }
      }
      for group in 0..<count where sizes[group] > 0 {
        for column in 0..<sample.columns {
          centers[group, column] = Float(sums[group * sample.columns + column] / Double(sizes[group]))
        }
      }
    }
    self.centers = centers
  }

  /// The rows by the group whose centre is nearest.
  func order(of rows: Matrix<Float>) -> Order {
    let groups = nearest(rows: rows, to: centers).index
    var starts = [Int](repeating: 0, count: centers.rows + 1)
    for group in groups { starts[Int(group) + 1] += 1 }
    for group in 0..<centers.rows { starts[group + 1] += starts[group] }
    var order = Order(repeating: 0, count: rows.rows)
    for (row, group) in groups.enumerated() {
      order[starts[Int(group)]] = Int32(row)
      starts[Int(group)] += 1
    }
    return order
  }
}
