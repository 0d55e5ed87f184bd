import Diagnostics
import Dispatch
import HDF5
import Testing

@Suite struct ReadMatrixTests {
  @Test(arguments: [
    "f4", "f2", "big-f2", "big-f4", "f8", "big-f8", "i1", "i2", "big-i2", "i4", "i8", "big-i8", "u1", "u2",
    "u4",
    "u8", "big-u4", "bool", "longdouble",
  ])
  func readsEveryNumberType(name: String) throws {
    let expected = matrix.map { value -> Float in
      if name == "bool" { return value > 0 ? 1 : 0 }
      if name.contains("f") || name == "longdouble" { return value }
      return name.contains("u") ? value.magnitude.rounded(.towardZero) : value.rounded(.towardZero)
    }
    let dataSet = try fixture("types.h5").dataSet(name)
    #expect(try dataSet.matrixShape() == (4, 3))
    #expect(try dataSet.readMatrix() == expected)
    #expect(try dataSet.readMatrix(rows: 1..<3) == Array(expected[3..<9]))
  }

  @Test func roundsLargeAndExtremeNumbers() throws {
    try withFolder { folder in
      let writer = try HDF5Writer(creating: folder + "/a.h5")
      let halves = (0...UInt16.max).map { Float16(bitPattern: $0) }
      try writer.write(halves, shape: [256, 256], to: "half")
      try writer.write([UInt64.max, 16_777_217], shape: [1, 2], to: "u8")
      try writer.write([Int64.min, -16_777_219], shape: [1, 2], to: "i8")
      try writer.write([Double.nan, 1e-46, 0.1, 3.4e38], shape: [2, 2], to: "f8")
      try writer.finish()
      let file = try HDF5File(reading: folder + "/a.h5")
      let read = try file.dataSet("half").readMatrix()
      #expect(
        zip(read, halves).allSatisfy { $0.bitPattern == Float($1).bitPattern || ($0.isNaN && $1.isNaN) })
      #expect(try file.dataSet("u8").readMatrix() == [Float(UInt64.max), 16_777_216])
      #expect(try file.dataSet("i8").readMatrix() == [Float(Int64.min), -16_777_220])
      let doubles = try file.dataSet("f8").readMatrix()
      #expect(doubles[0].isNaN)
      #expect(Array(doubles[1...]) == [0, 0.1, 3.4e38])
    }
    #expect(try fixture("types.h5").dataSet("huge").readMatrix() == [.infinity, -.infinity, 0.1])
  }

  @Test func readsEnumerationsByTheirNumbers() throws {
    #expect(try fixture("types.h5").dataSet("enum").readMatrix() == [3, -1, -1, 3])
  }

  @Test func readsNoRows() throws {
    let dataSet = try fixture("types.h5").dataSet("no-rows")
    #expect(try dataSet.matrixShape() == (0, 3))
    #expect(try dataSet.readMatrix() == [])
    #expect(try fixture("types.h5").dataSet("f4").readMatrix(rows: 2..<2) == [])
  }

  @Test(arguments: ["gzip-u1", "gzip-f4", "lzf-f4", "growing"])
  func readsChunksAndFilters(name: String) throws {
    let expected = (0..<240).map { Float($0) }
    let dataSet = try fixture("storage.h5").dataSet(name)
    #expect(try dataSet.readMatrix() == expected)
    for rows in [0..<1, 15..<17, 16..<32, 3..<40, 39..<40] {
      #expect(
        try dataSet.readMatrix(rows: rows) == Array(expected[rows.lowerBound * 6..<rows.upperBound * 6]))
    }
  }

  /// Reads as `readMatrix` does, on several threads.
  private func readShared(_ dataSet: HDF5DataSet, rows: Range<Int>? = nil) throws -> [Float] {
    let (total, columns) = try dataSet.matrixShape()
    var values = [Float](repeating: .nan, count: (rows?.count ?? total) * columns)
    try values.withUnsafeMutableBufferPointer { buffer in
      try dataSet.readMatrix(
        rows: rows, into: buffer,
        sharing: { count, body in
          // Each call of the body writes its own part of the buffer alone.
          nonisolated(unsafe) let body = body
          DispatchQueue.concurrentPerform(iterations: count) { body($0) }
        })
    }
    return values
  }

  @Test(arguments: ["gzip-u1", "gzip-f4", "lzf-f4", "growing"])
  func readsChunksOnSeveralThreads(name: String) throws {
    let dataSet = try fixture("storage.h5").dataSet(name)
    for rows in [0..<40, 0..<1, 15..<17, 16..<32, 3..<40, 39..<40] {
      #expect(try readShared(dataSet, rows: rows) == dataSet.readMatrix(rows: rows))
    }
  }

  @Test func readsLargeDataOnSeveralThreads() throws {
    try withFolder { folder in
      let values = (0..<900_000).map { Double($0) * 0.37 - 12_345.678 }
      let singles = values.map(Float.init)
      let writer = try HDF5Writer(creating: folder + "/a.h5")
      try writer.write(values, shape: [30_000, 30], to: "f8")
      try writer.write(singles, shape: [30_000, 30], to: "f4")
      try writer.write(
        values, shape: [30_000, 30], to: "packed-f8",
        layout: .chunked([700, 7], gzip: 1, shuffle: true))
      try writer.write(
        singles, shape: [30_000, 30], to: "packed-f4",
        layout: .chunked([700, 30], gzip: 1, shuffle: true))
      try writer.finish()
      let file = try HDF5File(reading: folder + "/a.h5")
      for name in ["f8", "f4", "packed-f8", "packed-f4"] {
        let dataSet = try file.dataSet(name)
        #expect(try readShared(dataSet) == singles)
        for rows in [29_999..<30_000, 1..<20_001, 699..<701, 700..<1400] {
          #expect(
            try readShared(dataSet, rows: rows)
              == Array(singles[rows.lowerBound * 30..<rows.upperBound * 30]))
        }
      }
    }
  }

  @Test func aSafePointEndsReadingOnSeveralThreads() throws {
    try withFolder { folder in
      let writer = try HDF5Writer(creating: folder + "/a.h5")
      try writer.write([Float](repeating: 1, count: 1 << 20), shape: [1024, 1024], to: "f4")
      try writer.finish()
      let dataSet = try HDF5File(reading: folder + "/a.h5").dataSet("f4")
      var values = [Float](repeating: 0, count: 1 << 20)
      let stop = Diagnostic(.cancelled, "enough")
      #expect(throws: stop) {
        try values.withUnsafeMutableBufferPointer { buffer in
          try dataSet.readMatrix(
            into: buffer, sharing: { count, body in for index in 0..<count { body(index) } },
            safePoint: { () throws(Diagnostic) in throw stop })
        }
      }
    }
  }

  @Test func readsIncompressibleLZFCompactAndFillValues() throws {
    let noise = try fixture("elsewhere.h5").dataSet("lzf-noise").readMatrix()
    #expect(
      noise.count == 240 && noise[0] == Float(0.5118216247002567) && noise.allSatisfy { $0 < 1 && $0 >= 0 })
    #expect(
      try fixture("storage.h5").dataSet("never-written").readMatrix() == Array(repeating: 2.5, count: 240))
    #expect(try fixture("elsewhere.h5").dataSet("compact").readMatrix() == matrix)
  }

  @Test func readsTheNewestFormat() throws {
    let file = try fixture("latest.h5")
    #expect(try file.dataSet("train/features").readMatrix() == matrix)
    #expect(try file.dataSet("/train//single/").readMatrix(rows: 1..<4) == Array(matrix[3...]))
    #expect(try file.dataSet("train/labels").readLabels() == .strings(["a", "b", "a", "b"]))
  }

  @Test func followsSoftLinks() throws {
    #expect(try fixture("links.h5").dataSet("soft").readMatrix() == matrix)
    #expect(try fixture("links.h5").dataSet("data/circle/data/x").readMatrix() == matrix)
  }

  @Test func refusesOtherRanks() throws {
    let file = try fixture("types.h5")
    #expect(
      try message { try file.dataSet("rank-1").readMatrix() } == """
        error[badRank]: `/rank-1` is not a matrix
          file:     types.h5
          expected: rows × columns
          found:    4 (1 dimension)
          hint: store it as 4 × 1 if every row has one feature
        """)
    #expect(
      try message { try file.dataSet("rank-3").readMatrix() } == """
        error[badRank]: `/rank-3` is not a matrix
          file:     types.h5
          expected: rows × columns
          found:    2 × 2 × 3 (3 dimensions)
          hint: store it as 2 × 6: one row for each sample
        """)
    #expect(try message { try file.dataSet("scalar").readMatrix() }.contains("a single value (0 dimensions)"))
    #expect(try message { try file.dataSet("null").readMatrix() }.contains("empty (no values)"))
  }

  @Test func refusesWhatHoldsNoNumbers() throws {
    #expect(
      try message { try fixture("types.h5").dataSet("complex").readMatrix() } == """
        error[unsupportedType]: `/complex` does not hold numbers
          file:    types.h5
          found:   complex number
          allowed: float16, float32, float64, int8 … int64, uint8 … uint64, bool
        """)
  }

  @Test(arguments: [
    ("compound", "compound of x, name"), ("opaque", "opaque bytes"), ("lists", "list of variable length"),
    ("reference", "reference"),
  ])
  func namesOtherTypes(name: String, words: String) throws {
    let file = try fixture("types.h5")
    #expect(try file.dataSet(name).description.element.words == words)
    #expect(
      try message { try file.dataSet(name).readLabels() }.contains("`/\(name)` does not hold labels"))
    #expect(try message { try file.fingerprint(of: [name]) { _ in } }.contains("neither numbers nor strings"))
  }

  @Test func refusesValuesThatLieElsewhere() throws {
    #expect(
      try message { try fixture("elsewhere.h5").dataSet("virtual").readMatrix() } == """
        error[unsupportedType]: the values of `/virtual` do not lie in this file
          file:    elsewhere.h5
          storage: virtual: in other data sets
          hint: copy them into a plain data set, for example with h5py
        """)
    #expect(
      try message { try fixture("elsewhere.h5").dataSet("external").readMatrix() }.contains(
        "storage: external: in other files"))
  }

  @Test func refusesUnusualNumbersInChunks() throws {
    #expect(
      try message { try fixture("elsewhere.h5").dataSet("unusual").readMatrix() } == """
        error[unsupportedType]: `/unusual` holds numbers of an unusual layout in chunks
          file:  elsewhere.h5
          found: float of 80 bits in 128
          hint: write it again as float32 or float64
        """)
  }

  @Test func namesTheFilterThatIsMissing() throws {
    #expect(
      try message { try fixture("elsewhere.h5").dataSet("zstd").readMatrix() } == """
        error[libraryMissing]: `/zstd` is compressed with zstd, which is not installed
          file:   elsewhere.h5
          filter: number 32015
          hint: put its plug-in into a folder and name that in HDF5_PLUGIN_PATH; or write the data set again with gzip
        """)
  }

  @Test func refusesRowsThatDoNotExist() throws {
    #expect(
      try message { try fixture("types.h5").dataSet("f4").readMatrix(rows: 3..<5) } == """
        error[outOfRange]: `/f4` does not have the rows that are asked for
          file:    types.h5
          rows:    3..<5
          allowed: 0..<4
        """)
  }

  @Test func findsTheFirstValueThatIsNotFinite() {
    var values = [Float](repeating: 1, count: 10_007)
    func find() -> [Int]? {
      values.withUnsafeBufferPointer { firstNonFinite(in: $0, columns: 10) }.map { [$0.row, $0.column] }
    }
    #expect(find() == nil)
    values[10_006] = .nan
    #expect(find() == [1000, 6])
    values[4096] = -.infinity
    #expect(find() == [409, 6])
    values[0] = .infinity
    #expect(find() == [0, 0])
  }
}
