#if canImport(Glibc)
  internal import Glibc
#endif
internal import Synchronization

/// Memory for large arrays, in huge pages, kept for a while after use.
///
/// To clear fresh pages costs the system as much as many an algorithm takes for the data in them.
enum LargeBlocks {
  /// From so many bytes on an array takes a block of its own.
  static let least = 1 << 21

  /// Bytes of blocks that are kept for whoever asks next: a small part of what may be used.
  private static var kept: Int { min(FileMemory.current.map { $0.budget / 16 } ?? .max, keptAtMost) }

  private static let keptAtMost: Int = {
    let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    return max(160 << 20, min(1 << 30, memory / 16))
  }()

  private struct Block {
    let address: UInt
    let bytes: Int
  }

  private static let free = Mutex<[Block]>([])

  /// The bytes of the block that holds so many.
  static func size(for bytes: Int) -> Int { (bytes + least - 1) / least * least }

  /// A block of at least `bytes`; what it holds is left over from earlier use.
  static func take(_ bytes: Int) -> (base: UnsafeMutableRawPointer, bytes: Int) {
    let wanted = size(for: bytes)
    let found = free.withLock { free -> Block? in
      let fitting = free.indices.filter { free[$0].bytes >= wanted && free[$0].bytes <= wanted + wanted / 4 }
      guard let best = fitting.min(by: { free[$0].bytes < free[$1].bytes }) else { return nil }
      return free.remove(at: best)
    }
    if let found, let base = UnsafeMutableRawPointer(bitPattern: found.address) { return (base, found.bytes) }
    return (fresh(wanted), wanted)
  }

  /// Gives a block back; the blocks that have waited longest make room for it.
  static func giveBack(_ base: UnsafeMutableRawPointer, bytes: Int) {
    let room = kept
    let leaving = free.withLock { free -> [Block] in
      let block = Block(address: UInt(bitPattern: base), bytes: bytes)
      guard bytes <= room else { return [block] }
      var sum = free.reduce(bytes) { $0 + $1.bytes }
      let count = free.prefix { block in
        defer { sum -= block.bytes }
        return sum > room
      }.count
      defer { free = free.dropFirst(count) + [block] }
      return Array(free.prefix(count))
    }
    unmap(leaving)
  }

  /// Gives back to the system what is kept.
  static func empty() {
    let blocks = free.withLock { free in
      defer { free = [] }
      return free
    }
    unmap(blocks)
  }

  private static func unmap(_ blocks: [Block]) {
    for block in blocks {
      if let base = UnsafeMutableRawPointer(bitPattern: block.address) { munmap(base, block.bytes) }
    }
  }

  private static func fresh(_ bytes: Int) -> UnsafeMutableRawPointer {
    guard
      let start = mmap(nil, bytes + least, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      start != MAP_FAILED
    else { fatalError("the system has no \(bytes) bytes of memory left") }
    // Huge pages begin at multiples of their size: what lies before and behind goes back.
    let base = start.alignedUp(toMultipleOf: least)
    let before = base - start
    if before > 0 { munmap(start, before) }
    if before < least { munmap(base + bytes, least - before) }
    madvise(base, bytes, MADV_HUGEPAGE)
    return base
  }
}
