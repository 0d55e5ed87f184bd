/// Calls `body` for each index from 0 to `count - 1`, on several threads where the calling thread belongs to a pool.
///
/// The indices come in no particular order, and the body runs at the same time for several of them: each may write
/// only what is its own. Serial outside a pool. Loops may be nested. The call returns when the body has run for
/// every index.
public func parallelFor(_ count: Int, _ body: (Int) -> Void) {
  guard count > 1, let pool = WorkerPool.current, pool.threads > 1 else {
    for index in 0..<max(0, count) {
      body(index)
      FileMemory.look()
    }
    return
  }
  pool.share(count, body)
}

/// How a range is cut into tiles of one size, the last perhaps smaller.
///
/// The size depends on the problem alone, never on the number of threads: so results do not either.
struct Tiling {
  /// How many indices are cut.
  let total: Int
  /// How many of them one tile holds.
  let size: Int

  init(total: Int, size: Int) {
    self.total = total
    self.size = size
  }

  /// As few tiles as possible with no more than `most` indices each, of nearly one size.
  init(evenly total: Int, atMost most: Int) {
    let count = max(1, (total + most - 1) / most)
    self.init(total: total, size: max(1, ((total + count - 1) / count + 15) / 16 * 16))
  }

  /// The number of tiles.
  var count: Int { (total + size - 1) / size }

  /// The indices of a tile.
  subscript(tile: Int) -> Range<Int> { tile * size..<min(total, (tile + 1) * size) }
}

/// Calls `body` for each tile, on several threads where the calling thread belongs to a pool.
func parallelTiles(_ tiling: Tiling, _ body: (Range<Int>) -> Void) {
  parallelFor(tiling.count) { body(tiling[$0]) }
}
