internal import CKernels

/// For each of some queries the references with the least scores so far.
struct NeighborCandidates {
  let queries: Range<Int>
  private let capacity: Int
  /// How many a list holds before only the least are kept.
  private let room: Int
  /// How many may come at a time.
  private let most: Int
  private let excludesSelf: Bool
  private let scores: Buffer<Float>
  private let references: Buffer<Int32>
  private var counts: [Int]
  private var limits: [Float]
  /// A list with what comes to it.
  private let work: (scores: Buffer<Float>, references: Buffer<Int32>, scratch: Buffer<Float>)

  init(queries: Range<Int>, capacity: Int, most: Int, excludesSelf: Bool) {
    (self.queries, self.capacity, self.most) = (queries, capacity, most)
    (self.excludesSelf, room) = (excludesSelf, 2 * capacity)
    scores = Buffer(uninitialized: queries.count * room)
    references = Buffer(uninitialized: queries.count * room)
    counts = [Int](repeating: 0, count: queries.count)
    limits = [Float](repeating: .infinity, count: queries.count)
    let size = room + most
    work = (Buffer(uninitialized: size), Buffer(uninitialized: size), Buffer(uninitialized: size))
  }

  /// What a further score must not be above.
  func limit(at position: Int) -> Float { limits[position] }

  /// The references of a list, ascending.
  func indices(at position: Int) -> UnsafeBufferPointer<Int32> {
    UnsafeBufferPointer(start: references.base + position * room, count: counts[position])
  }

  /// Adds the references that `body` writes, given the limit: ascending scores' places from `first` on, `most` of them
  /// at most, none of them NaN or above the limit.
  mutating func add(
    to position: Int, from first: Int,
    _ body: (Float, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Int32>) -> Int
  ) {
    let (old, base) = (counts[position], position * room)
    let (newScores, newReferences) = (work.scores.base + old, work.references.base + old)
    let found = body(limits[position], newScores, newReferences)
    if found == 0 { return }
    var total = old
    let own = excludesSelf ? Int32(queries.lowerBound + position) : -1
    for place in 0..<found {
      let reference = Int32(first) + newReferences[place]
      if reference == own { continue }
      work.scores.base[total] = newScores[place]
      work.references.base[total] = reference
      total += 1
    }
    work.scores.base.update(from: scores.base + base, count: old)
    work.references.base.update(from: references.base + base, count: old)
    if total > room || limits[position] == .infinity { total = keepLeast(of: total, at: position) }
    (scores.base + base).update(from: work.scores.base, count: total)
    (references.base + base).update(from: work.references.base, count: total)
    counts[position] = total
  }
}

extension NeighborCandidates {
  /// Keeps as many as there is capacity for.
  mutating func finish() {
    for position in counts.indices where counts[position] > capacity {
      let (base, count) = (position * room, counts[position])
      limits[position] = kernel_keep_least(
        scores.base + base, references.base + base, count, capacity, work.scratch.base)
      counts[position] = capacity
    }
  }

  private mutating func keepLeast(of total: Int, at position: Int) -> Int {
    if total < capacity { return total }
    limits[position] = kernel_keep_least(
      work.scores.base, work.references.base, total, capacity, work.scratch.base)
    return capacity
  }
}

/// References with few columns in blocks (see `panel_within`), which sixteen queries at a time go through.
struct PackedReferences {
  private let rows: Int
  private let columns: Int
  private let blocks: Buffer<Float>
  private let offsets: [Float]

  private static let blockSize = Int(BOUND_BLOCK)
  /// How many are searched at a time.
  static let most = 170 * blockSize

  /// Packs references, row i times `factors[i]`; their scores are offset − 2 · product.
  init(_ references: Matrix<Float>, factors: [Double]?, offsets: [Float]) {
    let (size, columns) = (Self.blockSize, references.columns)
    (rows, self.columns) = (references.rows, columns)
    let count = (references.rows + size - 1) / size
    blocks = Buffer(uninitialized: count * size * columns)
    // No score that is not a number is within a limit.
    self.offsets = offsets + [Float](repeating: .nan, count: count * size - references.rows)
    references.withPointer { base in
      for block in 0..<count {
        for lane in 0..<size {
          let target = blocks.base + block * size * columns + lane
          let row = block * size + lane
          for column in 0..<columns {
            let value = row < references.rows ? base[row * columns + column] : 0
            target[column * size] =
              factors.map { row < $0.count ? Float(Double(value) * $0[row]) : 0 } ?? value
          }
        }
      }
    }
  }

  /// Adds to the lists of some queries the nearest references.
  func search(
    _ queries: BLAS.Operand<Float>, for lists: inout NeighborCandidates, _ shouldStop: () -> Bool
  ) {
    let (width, count) = (RowPanels.width, lists.queries.count)
    let panelCount = (count + width - 1) / width
    let panels = Buffer<Float>(uninitialized: panelCount * width * columns)
    for panel in 0..<panelCount {
      panel_pack(
        queries.base + panel * width * queries.stride, queries.stride, min(width, count - panel * width),
        columns, panels.base + panel * width * columns)
    }
    let scores = Buffer<Float>(uninitialized: width * Self.most)
    let found = Buffer<Int32>(uninitialized: width * Self.most)
    var limits = [Float](repeating: 0, count: width)
    var counts = [Int32](repeating: 0, count: width)
    var (start, size) = (0, Self.most / 8 / Self.blockSize * Self.blockSize)
    while start < offsets.count && !shouldStop() {
      // At first few, for a limit that fewer of the others are within.
      let end = min(offsets.count, start + size)
      for panel in 0..<panelCount {
        let lanes = panel * width..<min(count, (panel + 1) * width)
        for lane in 0..<width {
          limits[lane] = lane < lanes.count ? lists.limit(at: lanes.lowerBound + lane) : -.infinity
        }
        offsets.withUnsafeBufferPointer { offsets in
          guard let offsets = offsets.baseAddress else { return }
          panel_within(
            panels.base + panel * width * columns, columns, blocks.base + start * columns, end - start,
            offsets + start, limits, scores.base, found.base, &counts)
        }
        for (lane, position) in lanes.enumerated() where counts[lane] > 0 {
          lists.add(to: position, from: start) { _, newScores, newPlaces in
            newScores.update(from: scores.base + lane * (end - start), count: Int(counts[lane]))
            newPlaces.update(from: found.base + lane * (end - start), count: Int(counts[lane]))
            return Int(counts[lane])
          }
        }
      }
      start = end
      size = min(Self.most, 2 * size)
    }
  }
}
