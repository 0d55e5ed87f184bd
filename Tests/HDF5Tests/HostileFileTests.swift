import Diagnostics
import Foundation
import HDF5
import Testing

@Suite struct HostileFileTests {
  @Test(arguments: ["chunks", "contiguous", "column", "wide"])
  func refusesClaimsThatNoFileCanHold(name: String) throws {
    let file = try fixture("hostile.h5")
    let shape = try #require(try file.dataSet(name).description.shape)
    for attempt in [
      { _ = try file.dataSet(name).readMatrix() }, { _ = try file.dataSet(name).readMatrix(rows: 0..<1) },
      { try file.fingerprint(of: [name]) { _ in } },
    ] {
      #expect(
        try message(attempt) == """
          error[damagedFile]: `/\(name)` claims more values than the file can hold
            file:         hostile.h5
            shape:        \(shape[0]) × \(shape[1])
            size of file: \(file.size) bytes
            hint: the file is damaged, or most of the values were never written
          """)
    }
  }

  @Test func refusesLabelsThatNoFileCanHold() throws {
    let file = try fixture("hostile.h5")
    for name in ["labels", "column"] {
      #expect(
        try message { try file.dataSet(name).readLabels() }.contains("claims more values than the file can"))
    }
    #expect(try message { try file.dataSet("tall").readMatrix() }.contains("larger than the memory"))
  }

  /// Makes each field of the string heap wrong in turn: the library itself would crash or never end.
  @Test func refusesDamagedReferencesToStrings() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: try fixturePath("small.h5")))
    let heap = try #require(whole.range(of: Data("GCOL".utf8))).lowerBound
    let free = heap + 16 + 4 * 24
    let reference = try #require(
      whole.range(
        of: withUnsafeBytes(of: (UInt32(1), UInt64(heap))) { Data($0[..<4]) }
          + withUnsafeBytes(of: UInt64(heap)) { Data($0) })
    ).lowerBound
    #expect(try HDF5File(reading: try fixturePath("small.h5")).dataSet("y").readLabels().count == 4)
    try withFolder { folder in
      for (offset, value) in [
        (reference, UInt8(2)), (reference + 3, 1), (reference + 5, 0xff), (reference + 12, 99), (heap, 0),
        (heap + 16 + 8, 9), (free + 8, 0), (free + 9, 0xff),
      ] {
        var bytes = whole
        bytes[offset] = value
        if offset == free + 8 { bytes[free + 9] = 0 }
        try bytes.write(to: URL(fileURLWithPath: folder + "/a.h5"))
        let text = try message { try HDF5File(reading: folder + "/a.h5").dataSet("y").readLabels() }
        #expect(
          text == """
            error[damagedFile]: the strings of `/y` cannot be read
              file:  a.h5
              cause: a bad reference to a string
            """, "byte \(offset)")
      }
    }
  }

  /// Whatever the bytes are, reading gives a value or a diagnostic.
  ///
  /// `HDF5_FUZZ_ROUNDS` and `HDF5_FUZZ_SEED` make longer and other runs; the file of the last round stays if one kills
  /// the process, as the library is known to do on rare inputs.
  @Test func survivesDamagedBytes() throws {
    let environment = ProcessInfo.processInfo.environment
    let rounds = environment["HDF5_FUZZ_ROUNDS"].flatMap(Int.init) ?? 20
    var random = SplitMix(state: environment["HDF5_FUZZ_SEED"].flatMap(UInt64.init) ?? 1)
    try withFolder { folder in
      let path = environment["HDF5_FUZZ_FILE"] ?? folder + "/a.h5"
      for name in ["small.h5", "latest.h5", "types.h5", "storage.h5"] {
        let whole = try Data(contentsOf: URL(fileURLWithPath: try fixturePath(name)))
        for round in 0..<rounds {
          var bytes = whole
          for _ in 0...(round % 3) {
            bytes[random.next(below: bytes.count)] ^= UInt8(1 << random.next(below: 8))
          }
          if round % 4 == 3 { bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 256)) }
          try bytes.write(to: URL(fileURLWithPath: path))
          readEverything(path)
        }
      }
    }
  }

  @Test func survivesTruncation() throws {
    try withFolder { folder in
      for name in ["small.h5", "latest.h5"] {
        let whole = try Data(contentsOf: URL(fileURLWithPath: try fixturePath(name)))
        for length in stride(from: 0, to: whole.count, by: 61) {
          try whole.prefix(length).write(to: URL(fileURLWithPath: folder + "/a.h5"))
          #expect(throws: Diagnostic.self) { try HDF5File(reading: folder + "/a.h5") }
        }
      }
    }
  }

  private func readEverything(_ path: String) {
    guard let file = try? HDF5File(reading: path), let listing = try? file.list() else { return }
    _ = try? file.attributes()
    for name in listing.dataSets + ["x", "y", "train/features", "f4", "gzip-f4"] {
      guard let dataSet = try? file.dataSet(name) else { continue }
      _ = dataSet.description.words
      _ = try? dataSet.attributes()
      if let shape = try? dataSet.matrixShape() {
        let values = try? dataSet.readMatrix()
        #expect(values == nil || values?.count == shape.rows * shape.columns)
      }
      if let count = try? dataSet.labelCount() {
        let labels = try? dataSet.readLabels()
        #expect(labels == nil || labels?.count == count)
      }
      var fed = 0
      try? dataSet.fingerprint { fed += $0.count }
    }
  }
}

/// Steele, Lea and Flood's generator: a seeded sequence for tests.
private struct SplitMix {
  var state: UInt64

  mutating func next(below bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}
