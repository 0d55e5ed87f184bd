internal import CKernels

/// The references of a search by bounds as codes (see `code_kernels.h`), near ones side by side.
struct CodedReferences {
  private let order: NeighborGroups.Order
  /// Codes on the axes, in panels of sixteen references, with their terms.
  private let panels: Buffer<UInt8>
  private let panelTerms: Buffer<Float>
  /// Codes of whole rows, with their terms.
  private let rows: Buffer<UInt8>
  private let rowTerms: Buffer<CodeTerms>
  /// Columns of the codes on the axes and of whole rows, with those of padding.
  private let (shortWidth, width): (Int, Int)
  /// The mean of each part's short rows.
  private let centers: Matrix<Float>

  private static let panelSize = Int(CODE_PANEL)
  /// The references of a part: their whole rows stay in the cache while a tile of queries goes through them.
  private static let partSize = CodedQueries.partSize

  private var parts: Tiling { Tiling(total: order.count, size: Self.partSize) }

  /// The reference at a place.
  func row(_ place: Int) -> Int { Int(order[place]) }

  init(_ short: ShortRows, in frame: NeighborFrame, order: NeighborGroups.Order) {
    self.order = order
    let (columns, size) = (frame.means.count, Self.panelSize)
    (shortWidth, width) = (ShortRows.padded(short.axes.count), CodedQueries.padded(columns))
    let panelCount = (order.count + size - 1) / size
    panels = Buffer(uninitialized: panelCount * size * shortWidth)
    panelTerms = Buffer(uninitialized: panelCount * Int(CODE_PANEL_TERMS))
    rows = Buffer(uninitialized: order.count * width)
    rowTerms = Buffer(uninitialized: order.count)
    let parts = Tiling(total: order.count, size: Self.partSize)
    let centers = Buffer<Float>(uninitialized: parts.count * (short.axes.count + 1))
    self.centers = Matrix(rows: parts.count, columns: short.axes.count + 1, buffer: centers)
    parallelTiles(parts) { places in
      let row = Buffer<Float>(uninitialized: columns)
      let codes = Buffer<Int8>(uninitialized: max(width, shortWidth))
      for place in places {
        let reference = Int(order[place])
        frame.read(reference..<reference + 1, of: frame.ranking.references, into: row.base)
        var terms = CodeTerms(row: row.base, columns, width: width, into: codes.base)
        terms.makeReference(offset: short.offsets[reference])
        rowTerms.base[place] = terms
        for column in 0..<width {
          rows.base[place * width + column] = UInt8(Int(codes.base[column]) + Int(CODE_SHIFT))
        }
      }
      for place in places.lowerBound..<(places.upperBound + size - 1) / size * size {
        pack(place, place < order.count ? short : nil, codes.base)
      }
      var means = [Double](repeating: 0, count: short.rows.columns)
      short.rows.withPointer { base in
        for place in places {
          kernel_axpy_double(
            &means, 1 / Double(places.count), base + Int(order[place]) * means.count, means.count)
        }
      }
      let target = centers.base + places.lowerBound / parts.size * means.count
      for column in means.indices { target[column] = Float(means[column]) }
    }
  }

  /// Writes a short row into its panel; where nil, one whose bounds are within no limit.
  private func pack(_ place: Int, _ short: ShortRows?, _ codes: UnsafeMutablePointer<Int8>) {
    let (size, lane) = (Self.panelSize, place % Self.panelSize)
    let target = panels.base + place / size * size * shortWidth + 4 * lane
    let terms = panelTerms.base + place / size * Int(CODE_PANEL_TERMS) + lane
    guard let short else {
      for column in 0..<shortWidth { target[column / 4 * 64 + column % 4] = UInt8(CODE_SHIFT) }
      for kind in 0..<5 { terms[kind * size] = kind == 0 ? .nan : 0 }
      return
    }
    let own = short.terms(of: Int(order[place]), width: shortWidth, into: codes) {
      $0.makeReference(offset: short.offsets[Int(order[place])])
    }
    for column in 0..<shortWidth {
      target[column / 4 * 64 + column % 4] = UInt8(Int(codes[column]) + Int(CODE_SHIFT))
    }
    for (kind, value) in [own.offset, own.scale, own.error, own.norm, own.rest].enumerated() {
      terms[kind * size] = value
    }
  }

  /// The parts, that whose mean is nearest to a tile's first.
  func parts(from tile: CodedQueries) -> [Range<Int>] {
    let scores = (0..<parts.count).map { part in
      zip(centers.row(part), tile.center).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    return (0..<parts.count).sorted { (scores[$0], $0) < (scores[$1], $1) }.map { parts[$0] }
  }

  /// Those references of a part whose bound on the axes is within the limits of a tile's queries.
  func candidates(_ part: Range<Int>, of tile: CodedQueries, factor: Float) -> Search {
    let (first, count) = (
      part.lowerBound / Self.panelSize, (part.count + Self.panelSize - 1) / Self.panelSize
    )
    code_panels_within(
      panels.base + first * Self.panelSize * shortWidth, panelTerms.base + first * Int(CODE_PANEL_TERMS),
      count, shortWidth / 4, tile.blocks.base, tile.shortTerms.base, tile.blockCount, factor,
      tile.marks.base)
    return Search(
      tile: tile, panels: count, factor: factor, rows: rows.base + part.lowerBound * width,
      terms: rowTerms.base + part.lowerBound, width: width)
  }

  /// What a tile of queries is to measure in a part.
  struct Search {
    fileprivate let tile: CodedQueries
    fileprivate let panels: Int
    fileprivate let factor: Float
    fileprivate let rows: UnsafePointer<UInt8>
    fileprivate let terms: UnsafePointer<CodeTerms>
    fileprivate let width: Int

    /// Those candidates of a query whose bound by whole rows is within its limit too.
    ///
    /// What it gives is overwritten when it is called again.
    func narrowed(_ position: Int, limit: Float) -> Candidates {
      let marked = code_marked(tile.marks.base + position * panels, panels, tile.places.base)
      let found = code_rows_within(
        rows, terms, width, tile.codes.base + position * width, tile.terms.base + position, factor,
        tile.places.base, marked, limit, tile.bounds.base, tile.found.base)
      return Candidates(bounds: tile.bounds.base, places: tile.found.base, count: found)
    }
  }

  /// Places within a part, with bounds of their distances.
  struct Candidates {
    let bounds: UnsafePointer<Float>
    let places: UnsafePointer<Int32>
    let count: Int

    /// What about `rank` of the bounds, and not fewer, are not above.
    func bound(rank: Int) -> Float {
      let (zeros, signs) = ([Float](repeating: 0, count: count), [Float](repeating: -1, count: count))
      return kernel_score_bound(bounds, zeros, signs, count, min(Int(KERNEL_SCORE_GROUPS), rank))
    }
  }
}
