import Artifacts
import LinearAlgebra

extension Matrix<Float> {
  /// The mean of the rows of each cluster, summed in double; zeros for a cluster without rows.
  func clusterMeans(of assignment: Assignment) -> Matrix<Float> {
    let columns = columns
    var sums = [Double](repeating: 0, count: assignment.count * columns)
    var counts = [Int](repeating: 0, count: assignment.count)
    withPointer { rows in
      sums.withUnsafeMutableBufferPointer { sums in
        guard let sums = sums.baseAddress else { return }
        for (row, cluster) in assignment.clusters.enumerated() where cluster >= 0 {
          counts[Int(cluster)] += 1
          Kernels.addScaled(1, rows + row * columns, to: sums + Int(cluster) * columns, count: columns)
        }
      }
    }
    return Matrix(rows: assignment.count, columns: columns) { target in
      for index in target.indices {
        target[index] = Float(sums[index] / Double(Swift.max(1, counts[index / columns])))
      }
    }
  }
}
