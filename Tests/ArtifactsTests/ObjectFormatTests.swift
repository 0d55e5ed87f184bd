import Artifacts
import Diagnostics
import LinearAlgebra
import Testing

@Suite struct ObjectFormatTests {
  private func bytes(_ artifact: EncodedArtifact) -> [UInt8] {
    ObjectFormat.encode(artifact).bytes
  }

  /// Values that look random in all their bytes, or only in the upper two.
  private func features(_ rows: Int, halfPrecision: Bool) -> EncodedArtifact {
    var state: UInt32 = 1
    let matrix = Matrix<Float>(rows: rows, columns: 64) { target in
      for index in target.indices {
        state = state &* 1_664_525 &+ 1_013_904_223
        // A cleared top bit of the exponent keeps every number finite.
        let bits = (state ^ state >> 15) &* 0x2C1B_3C6D & 0xBFFF_FFFF
        target[index] = Float(bitPattern: halfPrecision ? bits & 0xBFFF_0000 : bits)
      }
    }
    return Features(matrix).encoded
  }

  @Test func keepsWhatDoesNotCompressRaw() {
    let artifact = features(8192, halfPrecision: false)
    let stored = bytes(artifact).count
    #expect(stored >= artifact.byteCount && stored < artifact.byteCount + 300)
  }

  @Test func shufflesFloatsThatWereHalves() throws {
    let artifact = features(8192 + 3, halfPrecision: true)
    #expect(bytes(artifact).count < artifact.byteCount * 6 / 10)
    #expect(try ArtifactLawTests.stored(artifact).digest == artifact.digest)
  }

  @Test func compressesLabels() throws {
    let labels = Labels(integers: (0..<500_001).map { $0 % 10 }).encoded
    #expect(bytes(labels).count < labels.byteCount / 50)
    #expect(try ArtifactLawTests.stored(labels).digest == labels.digest)
  }

  @Test func namesWhatIsDamaged() throws {
    let artifact = Measurement(1).encoded
    let good = bytes(artifact)
    func message(_ bytes: [UInt8], expecting: Int = 8) -> String {
      do {
        _ = try ObjectFormat.decode(ObjectSource(bytes), expecting: expecting)
        return "none"
      } catch { return error.description }
    }
    let head = "error[corruptObject]: a stored object is damaged: "
    #expect(message(good) == "none")
    #expect(message([]) == head + "it ends too early")
    #expect(message([0] + good.dropFirst()) == head + "it has no magic")
    #expect(message(good + [0]) == head + "1 bytes too many")
    #expect(message(Array(good.dropLast())) == head + "its array is longer than the object")
    #expect(message(good, expecting: 9) == head + "its arrays have 8 bytes instead of 9")
    var long = good
    long[15] = 0x7F
    #expect(message(long) == head + "its header is longer than the object")
  }

  @Test(arguments: [
    #"{"kind":"x","fields":{},"arrays":[{"name":"a","type":"float64","shape":[4611686018427387904,4]}]}"#,
    #"{"kind":"x","fields":{},"arrays":[{"name":"a","type":"float64","shape":[-1]}]}"#,
    #"{"kind":"x","fields":{},"arrays":[{"name":"a","type":"float16","shape":[1]}]}"#,
    #"{"kind":"x","fields":{},"arrays":[{"name":"a","type":"uint8","shape":[9223372036854775807]}]}"#,
    #"{"kind":"x","fields":{},"arrays":{}}"#, #"{"kind":"x"}"#, "[]", "",
    #"{ "kind":"x","fields":{},"arrays":[]}"#,
  ])
  func refusesHostileHeaders(header: String) {
    var object = Array("pipeobj1".utf8)
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { object += $0 }
    object += header.utf8
    object += [UInt8](repeating: 0, count: 64)
    #expect(throws: Diagnostic.self) { try ObjectFormat.decode(ObjectSource(object), expecting: 8) }
  }

  /// Whatever single byte is changed, wherever it is cut: an error or the same content.
  @Test func neverTrapsOrLies() {
    for artifact in [
      Labels(integers: (0..<2000).map { $0 % 3 }).encoded, Spectrum(values: [3, 2], total: 6).encoded,
    ] {
      let good = bytes(artifact)
      var changed = 0
      for index in good.indices {
        var bad = good
        bad[index] ^= UInt8(1 << (index % 8))
        let read = try? ObjectFormat.decode(ObjectSource(bad), expecting: artifact.byteCount)
        // Raw arrays and names have no other guard than the digest: only it may tell.
        if let read, read.digest == artifact.digest { #expect(read.header == artifact.header) }
        changed += read.map { $0.digest != artifact.digest } == true ? 1 : 0
        let cut = try? ObjectFormat.decode(ObjectSource(Array(good[..<index])), expecting: artifact.byteCount)
        #expect(cut == nil)
      }
      #expect(changed > 0)
    }
  }
}
