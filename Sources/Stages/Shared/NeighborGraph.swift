import LinearAlgebra
import StageKit

/// A symmetric graph over rows, with an edge where one of two rows is among the nearest neighbours of the other.
struct NeighborGraph {
  /// The weight of every edge summed up, for each row.
  let degrees: [Double]
  /// Where the edges of each row begin, in both directions; one more for the end.
  private let starts: [Int]
  private let neighbors: [Int32]
  private let weights: [Double]

  /// - Parameter weight: of an edge, from its squared length.
  init(_ found: Neighbors, rows: Int, weight: (Double) -> Double) {
    var edges = [[(row: Int32, weight: Double)]](repeating: [], count: rows)
    for row in 0..<rows {
      for (other, distance) in zip(found.indices(of: row), found.distances(of: row)) {
        let weight = weight(Double(distance) * Double(distance))
        edges[row].append((other, weight))
        edges[Int(other)].append((Int32(row), weight))
      }
    }
    var (starts, neighbors, weights, degrees) = ([0], [Int32](), [Double](), [Double]())
    for list in edges {
      var degree = 0.0
      var last: Int32 = -1
      // An edge that both rows have is there twice.
      for edge in list.sorted(by: { $0.row < $1.row }) where edge.row != last {
        last = edge.row
        neighbors.append(edge.row)
        weights.append(edge.weight)
        degree += edge.weight
      }
      starts.append(neighbors.count)
      degrees.append(degree)
    }
    (self.starts, self.neighbors, self.weights, self.degrees) = (starts, neighbors, weights, degrees)
  }

  /// The Laplacian times a matrix of as many rows: Σ weight · (own row − the neighbour's) over the edges of each row.
  func laplacian(
    times matrix: Matrix<Double>, in context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    let columns = matrix.columns
    var result = Matrix<Double>(rows: matrix.rows, columns: columns)
    try matrix.withPointer { base throws(StageError) in
      try result.mapRows(stoppingAt: context.safePoint) { row, number in
        let own = base + number * columns
        for edge in starts[number]..<starts[number + 1] {
          let (other, weight) = (base + Int(neighbors[edge]) * columns, weights[edge])
          for column in row.indices { row[column] += weight * (own[column] - other[column]) }
        }
      }
    }
    return result
  }
}
