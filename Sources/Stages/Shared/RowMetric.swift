import LinearAlgebra
import StageKit

/// How far two rows are apart, as a config chooses it.
enum RowMetric: String, PlainChoice {
  case euclidean, cosine

  /// The same for the search for neighbours.
  var ofNeighbors: NeighborMetric {
    switch self {
    case .euclidean: .euclidean
    case .cosine: .cosine
    }
  }
}
