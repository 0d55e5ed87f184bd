import Diagnostics
import Foundation
import HDF5
import Testing

@Suite struct WriterTests {
  @Test func writesWhatItReads() throws {
    try withFolder { folder in
      let path = folder + "/a.h5"
      let writer = try HDF5Writer(creating: path)
      try writer.write(matrix, shape: [4, 3], to: "a/b/f")
      try writer.write(
        matrix, shape: [4, 3], to: "chunked", layout: .chunked([16, 2], gzip: 4, shuffle: true))
      try writer.write([1, -2, 3], shape: [3], to: "labels")
      try writer.write(["x", "Käfer", ""], shape: [3], to: "names", layout: .chunked([2], gzip: 1))
      try writer.write([Float](), shape: [0, 5], to: "nothing")
      try writer.setAttribute("source", to: "test")
      try writer.setAttribute("scale", of: "a/b/f", to: 0.25)
      try writer.setAttribute("count", of: "a", to: UInt8(7))
      #expect(!FileManager.default.fileExists(atPath: path))
      try writer.finish()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.h5"])
      let file = try HDF5File(reading: path)
      #expect(try file.dataSet("a/b/f").readMatrix() == matrix)
      #expect(try file.dataSet("chunked").readMatrix() == matrix)
      #expect(try file.dataSet("chunked").description.words == "float32 4 × 3, chunked 4 × 2, shuffle, gzip")
      #expect(try file.dataSet("labels").readLabels() == .integers([1, -2, 3]))
      #expect(try file.dataSet("names").readLabels() == .strings(["x", "Käfer", ""]))
      #expect(try file.dataSet("nothing").matrixShape() == (0, 5))
      #expect(try file.attributes().map(\.text) == ["test"])
      #expect(
        try file.dataSet("a/b/f").attributes() == [try attribute("scale", "0.25", in: file, at: "a/b/f")])
      #expect(try file.attributes(of: "a").map(\.text) == ["7"])
    }
  }

  private func attribute(
    _ name: String, _ text: String, in file: HDF5File, at path: String
  ) throws -> HDF5Attribute {
    let found = try #require(try file.attributes(of: path).first)
    #expect(found.name == name && found.text == text)
    return found
  }

  @Test func writesTheSameBytesTwice() throws {
    try withFolder { folder in
      for name in ["a", "b"] {
        let writer = try HDF5Writer(creating: "\(folder)/\(name).h5")
        try writer.write(matrix, shape: [4, 3], to: "g/x", layout: .chunked([2, 3], gzip: 6, shuffle: true))
        try writer.write(["p", "q"], shape: [2], to: "y")
        try writer.setAttribute("source", of: "g", to: "test")
        try writer.finish()
      }
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: folder + "/a.h5"))
          == Data(contentsOf: URL(fileURLWithPath: folder + "/b.h5")))
    }
  }

  @Test func leavesNothingBehindWhenItIsNotFinished() throws {
    try withFolder { folder in
      do {
        let writer = try HDF5Writer(creating: folder + "/a.h5")
        try writer.write(matrix, shape: [4, 3], to: "x")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }
  }

  @Test func refusesWhatCannotBeWritten() throws {
    try withFolder { folder in
      let writer = try HDF5Writer(creating: folder + "/a.h5")
      #expect(
        try message { try writer.write(matrix, shape: [4, 4], to: "x") } == """
          error[lengthMismatch]: the values do not fill the shape of `x`
            shape:  4 × 4
            values: 12
          """)
      #expect(
        try message { try writer.write(matrix, shape: [4, 3], to: "x", layout: .chunked([2])) } == """
          error[badShape]: `x` cannot have chunks of this shape
            shape: 4 × 3
            chunk: 2
          """)
      try writer.write(matrix, shape: [4, 3], to: "x")
      #expect(
        try message { try writer.write(matrix, shape: [4, 3], to: "x") }.hasPrefix(
          """
          error[notWritable]: the data set `x` cannot be written
            file:  a.h5
            cause: name already exists
          """))
      #expect(try message { try HDF5Writer(creating: folder + "/no/a.h5") }.contains("error[notWritable]"))
    }
  }
}
