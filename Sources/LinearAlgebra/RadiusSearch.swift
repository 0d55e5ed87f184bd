internal import CKernels

/// Finds all rows of a table that lie within a Euclidean distance of each of them, a tile of rows at a time.
///
/// Products in single precision tell most pairs apart; those that their rounding could hide are measured in double.
/// So the result is exact: a row belongs to another's neighbours if ‖x − y‖² ≤ radius² in double.
/// - Cost: O(n² d) time for all tiles, O(n d) memory for shifted rows.
public struct RadiusSearch: Sendable {
  private let rows: Matrix<Float>
  private let frame: DistanceFrame
  private let squaredRadius: Double
  private let highestNorm: Double
  /// A score is `offsets[j] − scales[j] · product`: the squared distance less the query's squared norm.
  private let scales: [Float]
  private let tiling: Tiling
  private let products: Scratch<Float>
  private static let (rowsPerTile, columnsPerTile) = (256, 1024)

  /// A search among the rows of an n × d matrix, whose squared norms are finite as Float; `radius` is at least 0.
  public init(_ rows: Matrix<Float>, radius: Double) {
    self.rows = rows
    frame = DistanceFrame(rows)
    squaredRadius = radius * radius
    highestNorm = Double(frame.norms.max() ?? 0).squareRoot()
    scales = [Float](repeating: 2, count: rows.rows)
    tiling = Tiling(total: rows.rows, size: Self.rowsPerTile)
    products = Scratch(count: Self.rowsPerTile * min(Self.columnsPerTile, max(1, rows.rows)))
  }

  /// The number of tiles.
  public var tileCount: Int { tiling.count }

  /// The neighbours of each row of a tile, the row itself among them.
  public func neighbors(ofTile tile: Int) -> RadiusNeighbors {
    let range = tiling[tile]
    var found = [[Int32]](repeating: [], count: range.count)
    frame.points.withPointer { base in
      let left = BLAS.Operand(base: base + range.lowerBound * rows.columns, stride: rows.columns)
      let columnTiles = Tiling(total: rows.rows, size: Self.columnsPerTile)
      products.withBuffer { products in
        for columns in (0..<columnTiles.count).map({ columnTiles[$0] }) {
          frame.multiply(left, rows: range.count, columns: columns, into: products, stride: columns.count)
          for position in 0..<range.count {
            collect(
              products + position * columns.count, columns, of: range.lowerBound + position,
              into: &found[position])
          }
        }
      }
    }
    return RadiusNeighbors(rows: range, lists: found)
  }

  /// Adds the neighbours of one row among some columns.
  private func collect(
    _ products: UnsafePointer<Float>, _ columns: Range<Int>, of row: Int, into found: inout [Int32]
  ) {
    let norm = Double(frame.norms[row])
    let (bound, error) = (squaredRadius - norm, error(norm))
    let certain = Float(bound - error).nextDown
    withUnsafeTemporaryAllocation(of: Float.self, capacity: columns.count) { scores in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: columns.count) { indices in
        frame.norms.withUnsafeBufferPointer { norms in
          scales.withUnsafeBufferPointer { scales in
            guard let scores = scores.baseAddress, let indices = indices.baseAddress,
              let norms = norms.baseAddress, let scales = scales.baseAddress
            else { return }
            let passed = kernel_scores_within(
              products, norms + columns.lowerBound, scales + columns.lowerBound, columns.count,
              Float(bound + error).nextUp, scores, indices)
            for place in 0..<passed {
              let other = columns.lowerBound + Int(indices[place])
              if scores[place] <= certain || isNear(row, other) { found.append(Int32(other)) }
            }
          }
        }
      }
    }
  }

  /// What the score of a row with that squared norm and one about as far away as the radius may be off by.
  private func error(_ squaredNorm: Double) -> Double {
    let norm = squaredNorm.squareRoot()
    // A row whose norm is larger than this is further away than the radius in any case.
    let reach = min(highestNorm, norm + squaredRadius.squareRoot())
    // Unit roundoff times twice the number of operations bounds the error of a dot product of two rows.
    return 0x1p-24 * ((2 * Double(rows.columns) + 16) * norm * reach + 8 * (squaredNorm + reach * reach))
  }

  private func isNear(_ row: Int, _ other: Int) -> Bool {
    rows.withPointer {
      kernel_squared_distance($0 + row * rows.columns, $0 + other * rows.columns, rows.columns)
        <= squaredRadius
    }
  }
}

/// The neighbours of some rows that follow each other.
public struct RadiusNeighbors: Sendable {
  /// The rows whose neighbours these are.
  public let rows: Range<Int>
  /// Where the neighbours of each row begin, and the end of the last.
  private let starts: [Int]
  private let indices: [Int32]

  init(rows: Range<Int>, lists: [[Int32]]) {
    self.rows = rows
    starts = lists.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
    indices = lists.flatMap(\.self)
  }

  /// How many there are for all rows together.
  public var count: Int { indices.count }

  /// The neighbours of a row, ascending.
  public subscript(row: Int) -> ArraySlice<Int32> {
    indices[starts[row - rows.lowerBound]..<starts[row - rows.lowerBound + 1]]
  }
}
