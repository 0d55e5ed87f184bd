#if canImport(Glibc)
  internal import Glibc
#endif

/// A reproducible stream of random numbers that can be split.
///
/// The generator is Philox4x32-10: a block of 128 bits is a function of the seed, the stream and the block's number,
/// so streams need no common state, and a tile or a restart gets numbers of its own whatever runs beside it.
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let seed: UInt64
  private let stream: UInt64
  private var block: UInt64 = 0
  /// The second half of the last block, where it was not given out yet.
  private var spareWord: UInt64?
  /// The second number of the last normal pair, where it was not given out yet.
  private var spareNormal: Double?

  /// A stream of its own for each pair of `seed` and `stream`.
  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
  }

  /// A stream that is independent of this one and of its other substreams.
  ///
  /// It depends on this stream's identity and on `index`, not on how many numbers were drawn.
  public func substream(_ index: UInt64) -> RandomStream {
    // The key differs from that of the numbers, so that no substream's identity is ever given out as a number.
    let words = Philox.block(Philox.Block(index, stream), key: ~seed)
    return RandomStream(seed: words.low, stream: words.high)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    if let word = spareWord {
      spareWord = nil
      return word
    }
    let words = Philox.block(Philox.Block(block, stream), key: seed)
    block &+= 1
    spareWord = words.high
    return words.low
  }

  /// A number in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number with mean 0 and variance 1, normally distributed (Box and Muller's method).
  public mutating func normal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    // 1 − u lies in (0, 1], so that the logarithm is finite.
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spareNormal = radius * sin(angle)
    return radius * cos(angle)
  }

  /// A whole number from 0 to `bound - 1`, each equally likely (Lemire's method); `bound` is at least 1.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0)
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// Brings the elements into a random order, each order equally likely (Fisher and Yates's method).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    for position in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(position, below(position + 1))
    }
  }

  /// Different whole numbers from 0 to `total - 1` in random order; `count` is at most `total`.
  ///
  /// Takes time and memory in proportion to `count` alone.
  public mutating func sample(_ count: Int, of total: Int) -> [Int] {
    precondition(count >= 0 && count <= total)
    // Fisher and Yates's method from the front, where only the positions that moved are kept.
    var moved: [Int: Int] = [:]
    return (0..<count).map { position in
      let chosen = position + below(total - position)
      let value = moved[chosen] ?? chosen
      moved[chosen] = moved[position] ?? position
      return value
    }
  }
}

/// The Philox4x32-10 bijection.
enum Philox {
  /// 128 bits as two words.
  struct Block: Equatable {
    var low: UInt64
    var high: UInt64

    init(_ low: UInt64, _ high: UInt64) {
      self.low = low
      self.high = high
    }
  }

  /// Ten rounds on a counter under a key.
  static func block(_ counter: Block, key: UInt64) -> Block {
    var c0 = UInt32(truncatingIfNeeded: counter.low)
    var c1 = UInt32(truncatingIfNeeded: counter.low >> 32)
    var c2 = UInt32(truncatingIfNeeded: counter.high)
    var c3 = UInt32(truncatingIfNeeded: counter.high >> 32)
    var k0 = UInt32(truncatingIfNeeded: key)
    var k1 = UInt32(truncatingIfNeeded: key >> 32)
    for _ in 0..<10 {
      let p0 = UInt64(c0) &* 0xD251_1F53
      let p1 = UInt64(c2) &* 0xCD9E_8D57
      c0 = UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0
      c1 = UInt32(truncatingIfNeeded: p1)
      c2 = UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1
      c3 = UInt32(truncatingIfNeeded: p0)
      k0 = k0 &+ 0x9E37_79B9
      k1 = k1 &+ 0xBB67_AE85
    }
    return Block(UInt64(c1) << 32 | UInt64(c0), UInt64(c3) << 32 | UInt64(c2))
  }
}
