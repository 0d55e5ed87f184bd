import Diagnostics
import HDF5
import Testing

@Suite struct FingerprintTests {
  private func bytes(_ file: HDF5File, _ path: String, rows: Range<Int>? = nil) throws -> [UInt8] {
    var all: [UInt8] = []
    try file.fingerprint(of: [path], rows: rows) { all += $0 }
    return all
  }

  @Test func isTheShapeAndTheValues() throws {
    try withFolder { folder in
      let writer = try HDF5Writer(creating: folder + "/a.h5")
      try writer.write([Int16(1), -2], shape: [2, 1], to: "i")
      try writer.write(["ab", ""], shape: [2], to: "s")
      try writer.finish()
      let file = try HDF5File(reading: folder + "/a.h5")
      #expect(try bytes(file, "i") == Array("i16 2 × 1\n".utf8) + [1, 0, 254, 255])
      #expect(try bytes(file, "i", rows: 1..<2) == Array("i16 1 × 1\n".utf8) + [254, 255])
      let lengths: [[UInt8]] = [[2, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]]
      #expect(try bytes(file, "s") == Array("string 2\n".utf8) + lengths[0] + Array("ab".utf8) + lengths[1])
    }
  }

  @Test func doesNotDependOnHowTheValuesAreStored() throws {
    let types = try fixture("types.h5")
    let plain = try bytes(types, "f4")
    #expect(try bytes(types, "big-f4") == plain)
    #expect(try bytes(try fixture("small.h5"), "x") == plain)
    #expect(try bytes(try fixture("latest.h5"), "train/features") == plain)
    #expect(try bytes(types, "big-f8") == bytes(types, "f8"))
    #expect(try bytes(types, "big-i2") == bytes(types, "i2"))
    #expect(try bytes(types, "f8") != plain)
    let storage = try fixture("storage.h5")
    #expect(try bytes(storage, "gzip-f4") == bytes(storage, "lzf-f4"))
    #expect(try bytes(storage, "gzip-f4") == bytes(storage, "growing"))
  }

  @Test(arguments: ["f4", "f8", "i2", "big-f4"], [nil, 1..<3])
  func aStretchOfTheFileIsWhatTheBlocksAre(path: String, rows: Range<Int>?) throws {
    let file = try fixture("types.h5")
    var (all, stretches): ([UInt8], Int) = ([], 0)
    try file.fingerprint(of: [path], rows: rows) {
      all += $0
    } feedStretch: { stretch in
      stretches += 1
      var bytes = [UInt8](repeating: 0, count: stretch.count)
      let isRead = bytes.withUnsafeMutableBytes { target in
        // In two pieces, the second first.
        let (low, high) = (target[..<5], target[5...])
        return stretch.read(from: 5, into: UnsafeMutableRawBufferPointer(rebasing: high))
          && stretch.read(from: 0, into: UnsafeMutableRawBufferPointer(rebasing: low))
      }
      all += bytes
      return isRead
    }
    #expect(stretches == (path.hasPrefix("big") ? 0 : 1))
    #expect(try all == bytes(file, path, rows: rows))
  }

  @Test func aStretchThatCannotBeReadIsAnError() throws {
    let file = try fixture("types.h5")
    let error = #expect(throws: Diagnostic.self) {
      try file.fingerprint(of: ["f4"]) { _ in
      } feedStretch: {
        $0.read(from: 1 << 40, into: .init(start: nil, count: 0)) && false
      }
    }
    #expect(error?.code == .damagedFile)
  }

  @Test func tellsRowsAndColumnsApart() throws {
    try withFolder { folder in
      let writer = try HDF5Writer(creating: folder + "/a.h5")
      try writer.write([1.0, 2], shape: [2, 1], to: "column")
      try writer.write([1.0, 2], shape: [1, 2], to: "row")
      try writer.finish()
      let file = try HDF5File(reading: folder + "/a.h5")
      #expect(try bytes(file, "column") != bytes(file, "row"))
    }
  }
}
