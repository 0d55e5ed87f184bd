import Artifacts
import Testing

@Suite struct PackedBytesTests {
  private static let text = (0..<20_000).map { UInt8($0 * $0 % 97) }

  @Test(arguments: [0, 1, 20_000]) func unpackingGivesWhatWasPacked(count: Int) {
    let bytes = Array(Self.text.prefix(count))
    let packed = PackedBytes.pack(bytes)
    #expect(PackedBytes.unpack(packed, atMost: count) == bytes)
    #expect(PackedBytes.pack(bytes) == packed)
    #expect(count < 100 || packed.count < count / 4)
  }

  @Test func whatIsNotWholeIsNotUnpacked() {
    let packed = PackedBytes.pack(Self.text)
    #expect(PackedBytes.unpack(packed, atMost: Self.text.count - 1) == nil)
    #expect(PackedBytes.unpack(Array("{}".utf8), atMost: 1 << 20) == nil)
    #expect(PackedBytes.unpack([], atMost: 1 << 20) == nil)
    for length in stride(from: 1, to: packed.count, by: 7) {
      #expect(PackedBytes.unpack(Array(packed.prefix(length)), atMost: 1 << 20) == nil)
    }
    for place in packed.indices {
      var damaged = packed
      damaged[place] ^= 0x10
      let found = PackedBytes.unpack(damaged, atMost: 1 << 20)
      #expect(found == nil || found == Self.text, "byte \(place)")
    }
  }
}
