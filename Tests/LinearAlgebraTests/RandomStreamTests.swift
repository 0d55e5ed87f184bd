import Testing

@testable import LinearAlgebra

@Suite struct RandomStreamTests {
  /// Vectors of the Random123 distribution (`kat_vectors`, philox4x32 10), words in increasing order.
  @Test(
    arguments: [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [([UInt64], [UInt64], [UInt64])])
  func agreesWithThePublishedVectors(counter: [UInt64], key: [UInt64], expected: [UInt64]) {
    let block = Philox.block(
      Philox.Block(counter[1] << 32 | counter[0], counter[3] << 32 | counter[2]), key: key[1] << 32 | key[0])
    #expect(
      block == Philox.Block(expected[1] << 32 | expected[0], expected[3] << 32 | expected[2]))
  }

  @Test func givesTheSameNumbersForTheSameSeed() {
    var a = RandomStream(seed: 7, stream: 3)
    var b = RandomStream(seed: 7, stream: 3)
    var c = RandomStream(seed: 7, stream: 4)
    let first = (0..<9).map { _ in a.next() }
    #expect(first == (0..<9).map { _ in b.next() })
    #expect(Set(first).intersection((0..<9).map { _ in c.next() }).isEmpty)
  }

  @Test func substreamsDoNotDependOnThePosition() {
    var a = RandomStream(seed: 1)
    var before = a.substream(5)
    _ = a.next()
    var after = a.substream(5)
    var other = a.substream(6)
    let value = before.next()
    #expect(value == after.next())
    #expect(value != other.next())
  }

  @Test func uniformHasItsMoments() {
    var stream = RandomStream(seed: 11)
    let values = (0..<100_000).map { _ in stream.uniform() }
    let mean = values.reduce(0, +) / 100_000
    let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 100_000
    // Five standard errors: 1/√12/√n and √(1/180)/√n.
    #expect(abs(mean - 0.5) < 5 * 0.000913)
    #expect(abs(variance - 1.0 / 12) < 5 * 0.000236)
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
  }

  @Test func normalHasItsMoments() {
    var stream = RandomStream(seed: 12)
    let values = (0..<100_000).map { _ in stream.normal() }
    func moment(_ power: Int) -> Double {
      var sum = 0.0
      for value in values {
        var term = value
        for _ in 1..<power { term *= value }
        sum += term
      }
      return sum / 100_000
    }
    // Five standard errors: √1, √2, √15, √96 over √n.
    let root = 100_000.0.squareRoot()
    #expect(abs(moment(1)) < 5 / root)
    #expect(abs(moment(2) - 1) < 5 * 2.0.squareRoot() / root)
    #expect(abs(moment(3)) < 5 * 15.0.squareRoot() / root)
    #expect(abs(moment(4) - 3) < 5 * 96.0.squareRoot() / root)
    let pairs = zip(values, values.dropFirst()).map { $0 * $1 }.reduce(0, +) / 100_000
    #expect(abs(pairs) < 5 / root)
  }

  @Test func belowIsEvenAndInRange() {
    var stream = RandomStream(seed: 13)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[stream.below(7)] += 1 }
    let statistic = counts.map { Double(($0 - 10_000) * ($0 - 10_000)) / 10_000 }.reduce(0, +)
    // The 99.9 % point of χ² with 6 degrees of freedom.
    #expect(statistic < 22.46)
    #expect((0..<100).allSatisfy { _ in stream.below(1) == 0 })
  }

  @Test func belowRejectsWhatWouldBeUneven() {
    // 2⁶⁴ ÷ (3 · 2⁶¹) is 8 / 3: without rejection every third number would come from 2 words, the others from 3.
    var stream = RandomStream(seed: 14)
    let rare = (0..<30_000).filter { _ in stream.below(3 << 61) % 3 == 2 }.count
    #expect(abs(rare - 10_000) < 5 * 82)
  }

  @Test func shufflesIntoEveryOrder() {
    var stream = RandomStream(seed: 15)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 {
      var order = [0, 1, 2, 3]
      stream.shuffle(&order)
      counts[order, default: 0] += 1
    }
    #expect(counts.count == 24)
    let statistic = counts.values.map { Double(($0 - 1_000) * ($0 - 1_000)) / 1_000 }.reduce(0, +)
    // The 99.9 % point of χ² with 23 degrees of freedom.
    #expect(statistic < 49.73)
  }

  @Test func samplesWithoutReplacement() {
    var stream = RandomStream(seed: 16)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<10_000 {
      let chosen = stream.sample(3, of: 10)
      #expect(Set(chosen).count == 3)
      for value in chosen { counts[value] += 1 }
    }
    #expect(counts.allSatisfy { abs($0 - 3_000) < 5 * 46 })
    #expect(stream.sample(6, of: 6).sorted() == Array(0..<6))
    #expect(stream.sample(0, of: 0).isEmpty)
    #expect(Set(stream.sample(5, of: .max)).count == 5)
  }
}
