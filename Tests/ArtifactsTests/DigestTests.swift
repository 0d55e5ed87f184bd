import Artifacts
import LinearAlgebra
import Testing

@Suite struct DigestTests {
  @Test func isSHA256() {
    #expect(
      Digest(of: Array("abc".utf8)).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Digest(of: []).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func takesTheSameDigestPieceByPiece() {
    var stream = DigestStream()
    stream.update(Array("a".utf8))
    stream.update(Array("bc".utf8))
    #expect(stream.finish() == Digest(of: Array("abc".utf8)))
  }

  @Test func survivesHexAndBytes() throws {
    let digest = Digest(of: Array("abc".utf8))
    #expect(Digest(hex: digest.hex) == digest)
    #expect(Digest(bytes: digest.bytes) == digest)
    #expect(digest.prefix == 0xba78_16bf_8f01_cfea)
    #expect(Digest(hex: "+" + digest.hex.dropFirst()) == nil)
    #expect(Digest(hex: String(digest.hex.dropLast())) == nil)
    #expect(Digest(bytes: [1, 2]) == nil)
  }

  @Test func isADigestOfPieceDigestsForLongData() {
    let bytes = (0..<(2 << 20) + 5).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let piece = 1 << 20
    let leaves = [bytes[..<piece], bytes[piece..<2 * piece], bytes[(2 * piece)...]]
      .flatMap { Digest(of: Array($0)).bytes }
    #expect(bytes.withUnsafeBytes { Digest.tree(of: $0) } == Digest(of: leaves))
    let short = Array(bytes[..<piece])
    #expect(short.withUnsafeBytes { Digest.tree(of: $0) } == Digest(of: short))
  }

  /// Sixteen pieces are taken at once where that pays: that must not show.
  @Test(arguments: [5, 15, 16, 17, 22]) func takesManyPiecesAtOnce(count: Int) {
    let piece = 1 << 20
    var bytes = [UInt8](repeating: 7, count: count * piece + 3)
    for index in stride(from: 0, to: bytes.count, by: 4093) {
      bytes[index] = UInt8(truncatingIfNeeded: index / 3)
    }
    let leaves = stride(from: 0, to: bytes.count, by: piece).flatMap { start in
      Digest(of: Array(bytes[start..<min(bytes.count, start + piece)])).bytes
    }
    #expect(bytes.withUnsafeBytes { Digest.tree(of: $0) } == Digest(of: leaves))
  }

  /// These values stand in stores and manifests: whoever changes them makes every stored result unreadable.
  @Test(arguments: frozen) func staysAsItWas(name: String, artifact: any Artifact, digest: String) {
    #expect(artifact.digest.hex == digest, "\(name)")
  }

  static let frozen: [(String, any Artifact, String)] = [
    (
      "features", Features(Matrix([[1, 2], [3, 4]])),
      "738beebe885230ba566f736f1d271bd12b942239a20d80506b79587ec726ebaa"
    ),
    (
      "labels", Labels(strings: ["b", "a"]),
      "9d9c34a6fca456c71e9f0f16950eaef917e58c3f42cce4b59ea32cce4ac7ab90"
    ),
    ("mask", RowMask([true, false]), "850bab1fc3fda11339689091c11eaf2f06cfb504e41b8fc3223bba92c5860293"),
    ("measurement", Measurement(0.5), "01fbacd9348edbc2b5bce404ff49ce75aced4d637b01bcd82592bc5ef2cae4a2"),
    ("matrix64", Matrix<Double>([[1]]), "5c8b839432acb37eb6a711982dc15734b9ea1068945b477cbdcdb7990f7b767f"),
  ]

  /// Between the ends of windows of 16 MiB, and of four of them, which are taken at once.
  @Test(arguments: [0, 100, 16 << 20, (16 << 20) + 1, 64 << 20, (80 << 20) + 5])
  func contentThatIsBroughtHasTheSameDigest(count: Int) {
    var bytes = [UInt8](repeating: 3, count: count)
    for index in stride(from: 0, to: count, by: 4091) { bytes[index] = UInt8(truncatingIfNeeded: index >> 5) }
    for head in [[], [UInt8](repeating: 9, count: 37)] {
      var given = ContentDigest()
      var brought = ContentDigest()
      given.update(head)
      given.update(bytes)
      brought.update(head)
      let isWhole = brought.update(count: count) { offset, target in
        target.copyBytes(from: bytes[offset..<offset + target.count])
        return true
      }
      let (expected, found) = (given.finish(), brought.finish())
      #expect(isWhole && found == expected)
    }
  }

  @Test func contentThatCannotBeBroughtIsNoticed() {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutdown() }
    for missing in [0, 20 << 20, (70 << 20) + 1] {
      let isWhole = pool.run {
        var content = ContentDigest()
        return content.update(count: (70 << 20) + 2) { offset, target in
          target.initializeMemory(as: UInt8.self, repeating: 0)
          return !(offset..<offset + target.count).contains(missing)
        }
      }
      #expect(!isWhole)
    }
  }

  @Test func contentHasOneDigestHoweverItComes() {
    func digest(_ bytes: [UInt8], piece: Int) -> Digest {
      var content = ContentDigest()
      for start in stride(from: 0, to: bytes.count, by: piece) {
        content.update(Array(bytes[start..<min(bytes.count, start + piece)]))
      }
      return content.finish()
    }
    let short = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    #expect(digest(short, piece: 999) == Digest(of: short))
    #expect(ContentDigest().finish() == Digest(of: []))
    for count in [16 << 20, (16 << 20) + 1, 37 << 20] {
      var long = [UInt8](repeating: 0, count: count)
      for index in stride(from: 0, to: count, by: 4097) {
        long[index] = UInt8(truncatingIfNeeded: index >> 4)
      }
      let whole = digest(long, piece: count)
      #expect(digest(long, piece: 3_000_001) == whole)
      #expect((whole == Digest(of: long)) == (count == 16 << 20))
      long[count - 1] ^= 1
      #expect(digest(long, piece: count) != whole)
    }
  }
}
