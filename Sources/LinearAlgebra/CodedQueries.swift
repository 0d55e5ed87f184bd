internal import CKernels

/// A tile of queries of a search by bounds as codes, with room for what a search finds.
struct CodedQueries {
  /// How many there are in a tile at most.
  static let most = 20 * Int(CODE_BLOCK)
  /// How many references are searched at a time: their whole rows stay in the cache meanwhile.
  static let partSize = 512

  /// The queries.
  let rows: [Int]
  /// What the bounds of each have in common.
  let biases: [Double]
  /// The mean of their short rows.
  let center: [Float]
  let blockCount: Int
  /// Codes on the axes, in blocks of twelve queries, with their terms.
  let blocks: Buffer<Int8>
  let shortTerms: Buffer<CodeTerms>
  /// Codes of whole rows, with their terms.
  let codes: Buffer<Int8>
  let terms: Buffer<CodeTerms>
  let marks: Buffer<UInt16>
  let places: Buffer<Int32>
  let bounds: Buffer<Float>
  let found: Buffer<Int32>

  /// The columns of codes of whole rows.
  static func padded(_ columns: Int) -> Int {
    (columns + Int(CODE_WIDTH) - 1) / Int(CODE_WIDTH) * Int(CODE_WIDTH)
  }

  init(_ rows: [Int], _ short: ShortRows, in frame: NeighborFrame) {
    self.rows = rows
    let (columns, size, part) = (frame.means.count, Int(CODE_BLOCK), Self.partSize)
    let (width, shortWidth) = (Self.padded(columns), ShortRows.padded(short.axes.count))
    blockCount = (rows.count + size - 1) / size
    blocks = Buffer(repeating: 0, count: blockCount * size * shortWidth)
    shortTerms = Buffer(repeating: CodeTerms(), count: blockCount * size)
    codes = Buffer(uninitialized: rows.count * width)
    terms = Buffer(uninitialized: rows.count)
    marks = Buffer(uninitialized: blockCount * size * (part / Int(CODE_PANEL)))
    (places, bounds, found) = (
      Buffer(uninitialized: part), Buffer(uninitialized: part + 3), Buffer(uninitialized: part + 3)
    )
    var biases: [Double] = []
    let row = Buffer<Float>(uninitialized: columns)
    let shortCodes = Buffer<Int8>(uninitialized: shortWidth)
    var means = [Double](repeating: 0, count: short.rows.columns)
    for (position, query) in rows.enumerated() {
      frame.read(query..<query + 1, of: frame.ranking.queries, into: row.base)
      biases.append(frame.bias(row.base))
      var own = CodeTerms(row: row.base, columns, width: width, into: codes.base + position * width)
      own.makeQuery()
      terms.base[position] = own
      shortTerms.base[position] = short.terms(of: query, width: shortWidth, into: shortCodes.base) {
        $0.makeQuery()
      }
      let target = blocks.base + position / size * size * shortWidth + position % size * 4
      for column in 0..<shortWidth {
        target[column / 4 * 4 * size + column % 4] = shortCodes.base[column]
      }
      short.rows.withPointer {
        kernel_axpy_double(&means, 1 / Double(rows.count), $0 + query * means.count, means.count)
      }
    }
    self.biases = biases
    center = means.map { Float($0) }
  }

  /// Sets what the bounds of a query on the axes must not be above.
  mutating func setLimit(_ limit: Float, at position: Int) { shortTerms.base[position].offset = limit }
}

/// The rows of a search by bounds on a few axes.
struct ShortRows {
  let axes: ProjectionAxes
  /// (Px, t(x)) of each row.
  let rows: Matrix<Float>
  /// What each row adds to bounds as a reference.
  let offsets: [Float]

  /// The columns of codes on the axes: a multiple of eight.
  static func padded(_ columns: Int) -> Int { (columns + 7) / 8 * 8 }

  init(_ matrix: Matrix<Float>, in frame: NeighborFrame, on axes: ProjectionAxes) {
    self.axes = axes
    let (columns, width) = (matrix.columns, axes.count + 1)
    let offsets = Buffer<Float>(uninitialized: matrix.rows)
    rows = Matrix(rows: matrix.rows, columns: width) { target in
      guard let target = target.baseAddress else { return }
      let tiling = Tiling(total: matrix.rows, size: 512)
      let scratch = Scratch<Float>(count: tiling.size * columns)
      parallelTiles(tiling) { rows in
        scratch.withBuffer { block in
          frame.read(rows, of: matrix, into: block)
          axes.project(
            BLAS.Operand(base: UnsafePointer(block), stride: columns), count: rows.count,
            into: target + rows.lowerBound * width)
          for (position, row) in rows.enumerated() {
            offsets.base[row] = frame.offset(block + position * columns)
          }
        }
      }
    }
    self.offsets = Array(UnsafeBufferPointer(start: offsets.base, count: offsets.count))
  }

  /// The codes of a row on the axes and their terms, completed by `complete`.
  func terms(
    of row: Int, width: Int, into codes: UnsafeMutablePointer<Int8>, _ complete: (inout CodeTerms) -> Void
  ) -> CodeTerms {
    rows.withPointer { base in
      let own = base + row * rows.columns
      var terms = CodeTerms(row: own, axes.count, width: width, into: codes)
      terms.rest = own[axes.count]
      complete(&terms)
      return terms
    }
  }
}

extension CodeTerms {
  /// Takes a row as codes: without a rest or an offset.
  init(row: UnsafePointer<Float>, _ count: Int, width: Int, into codes: UnsafeMutablePointer<Int8>) {
    self.init()
    code_row(row, count, width, codes, &self)
  }

  /// Makes the terms those of a reference: its offset lower by what the bound's sum rounds by.
  mutating func makeReference(offset: Float) {
    norm = (norm + error).nextUp
    self.offset = (offset - abs(offset) * 0x1p-22).nextDown
  }

  /// Makes the terms those of a query: larger by what a bound rounds by, sixteen times 2⁻²⁴ of its products.
  mutating func makeQuery() {
    let own = norm
    norm *= 1 + 0x1p-19
    error = error * (1 + 0x1p-19) + own * 0x1p-20
    rest *= 1 + 0x1p-19
  }
}
