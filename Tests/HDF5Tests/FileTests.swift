import Diagnostics
import Foundation
import HDF5
import Testing

@Suite struct FileTests {
  @Test func reportsWhatIsNoFile() throws {
    try withFolder { folder in
      #expect(
        try message { try HDF5File(reading: folder + "/a.h5") } == """
          error[fileNotFound]: there is no such file
            file: a.h5
          """)
      try FileManager.default.createDirectory(atPath: folder + "/d.h5", withIntermediateDirectories: true)
      #expect(
        try message { try HDF5File(reading: folder + "/d.h5") } == """
          error[notAFile]: an HDF5 file is expected, but this is a folder
            file: d.h5
          """)
      mkfifo(folder + "/p.h5", 0o600)
      #expect(try message { try HDF5File(reading: folder + "/p.h5") }.contains("this is a device or a pipe"))
    }
  }

  @Test(arguments: [
    ("", "an empty file"), ("a,b\n1,2\n", "a text file"), ("PK\u{3}\u{4}", "a zip archive (npz, perhaps)"),
    (
      "version https://git-lfs.github.com/spec/v1\n",
      "a pointer of Git LFS; `git lfs pull` fetches the file itself"
    ),
    ("\u{1}\u{2}", "other bytes"),
  ])
  func saysWhatItFoundInstead(content: String, found: String) throws {
    try withFolder { folder in
      try Data(content.utf8).write(to: URL(fileURLWithPath: folder + "/a.h5"))
      #expect(
        try message { try HDF5File(reading: folder + "/a.h5") } == """
          error[notHDF5]: this is not an HDF5 file
            file:  a.h5
            found: \(found)
            hint: h5py writes HDF5 from arrays: h5py.File(name, "w")["features"] = x
          """)
    }
  }

  @Test func reportsATruncatedFile() throws {
    try withFolder { folder in
      let whole = try Data(contentsOf: URL(fileURLWithPath: try fixturePath("types.h5")))
      try whole.prefix(2048).write(to: URL(fileURLWithPath: folder + "/a.h5"))
      let text = try message { try HDF5File(reading: folder + "/a.h5") }
      #expect(
        text.hasPrefix(
          """
          error[damagedFile]: the HDF5 file cannot be opened: it is damaged or incomplete
            file:  a.h5
            cause: truncated file: eof = 2048
          """))
    }
  }

  @Test func readsAFileThatMayNotBeWritten() throws {
    try withFolder { folder in
      try FileManager.default.copyItem(atPath: try fixturePath("types.h5"), toPath: folder + "/a.h5")
      chmod(folder + "/a.h5", 0o400)
      chmod(folder, 0o500)
      defer { chmod(folder, 0o700) }
      #expect(try HDF5File(reading: folder + "/a.h5").dataSet("f4").readMatrix() == matrix)
    }
  }

  @Test func namesWhatIsThereInstead() throws {
    let file = try fixture("small.h5")
    #expect(
      try message { try file.dataSet("xx") } == """
        error[missingDataSet]: there is no data set `/xx`
          file:        small.h5
          in the file: g, n, x, y
          hint: did you mean `/x`?
        """)
    #expect(
      try message { try file.dataSet("train/z") } == """
        error[missingDataSet]: there is no data set `/train/z`
          file:        small.h5
          in the file: g, n, x, y
          hint: did you mean `/g/z`?
        """)
    #expect(
      try message { try file.dataSet("g/features") } == """
        error[missingDataSet]: there is no data set `/g/features`
          file:  small.h5
          in /g: z
        """)
  }

  @Test func tellsGroupsAndLinksFromDataSets() throws {
    #expect(
      try message { try fixture("latest.h5").dataSet("train") } == """
        error[notADataSet]: `/train` is a group, not a data set
          file:            latest.h5
          data sets below: /train/features, /train/labels, /train/single
          hint: name one of them: /train/features
        """)
    let links = try fixture("links.h5")
    #expect(
      try message { try links.dataSet("outside") } == """
        error[missingDataSet]: `/outside` is a link to another file, which is not followed
          file:     links.h5
          leads to: types.h5: /f4
          hint: name that file and its data set instead
        """)
    #expect(
      try message { try links.dataSet("dangling") } == """
        error[missingDataSet]: the soft link `/dangling` leads nowhere
          file:     links.h5
          leads to: /gone
        """)
    #expect(try message { try links.dataSet("one/x") }.contains("the soft link `/one` leads nowhere"))
    #expect(
      try message { try links.dataSet("data/x/y") } == """
        error[notADataSet]: `/data/x` is not a group, so nothing lies below it
          file:      links.h5
          asked for: /data/x/y
        """)
  }

  @Test func listsAFileWithCircles() throws {
    let listing = try fixture("links.h5").list()
    #expect(listing.isComplete)
    let lines = listing.objects.map { object in
      switch object.kind {
      case .dataSet(let description): "\(object.path) \(description.words)"
      default: "\(object.path) \(object.kind)"
      }
    }
    #expect(
      lines == [
        "/ group", "/dangling softLink(path: \"/gone\")", "/data group",
        "/data/again float32 4 × 3, contiguous", "/data/circle alias(path: \"/\")",
        "/data/x alias(path: \"/data/again\")", "/one softLink(path: \"/two\")",
        "/outside externalLink(file: \"types.h5\", path: \"/f4\")", "/soft softLink(path: \"/data/x\")",
        "/two softLink(path: \"/one\")",
      ])
    #expect(
      listing.objects[0].attributes.map { "\($0.name) = \($0.text)" } == [
        "checked = true", "mean = [0, 1, 2, 3, 4, 5, 6, 7, … 20 values]", "scale = 0.5", "source = DINOv2",
      ])
    #expect(
      try fixture("links.h5").dataSet("data/x").attributes().map { "\($0.name) = \($0.text)" } == [
        "fixed = metre", "names = [a, b, c]", "nothing = empty",
      ])
  }

  @Test func describesStorageInWords() throws {
    let file = try fixture("storage.h5")
    #expect(
      try file.dataSet("gzip-f4").description.words
        == "float32 40 × 6, chunked 16 × 4, shuffle, gzip, fletcher32")
    #expect(try file.dataSet("lzf-f4").description.words == "float32 40 × 6, chunked 16 × 6, shuffle, lzf")
    #expect(try file.dataSet("lzf-f4").rowsPerChunk == 16)
    #expect(
      try fixture("elsewhere.h5").dataSet("zstd").description.words
        == "float32 4 × 3, chunked 4 × 3, zstd (not installed)")
    #expect(
      try fixture("types.h5").dataSet("big-u4").description.words == "uint32, big-endian 4 × 3, contiguous")
  }

  @Test func boundsItsListing() throws {
    try withFolder { folder in
      let writer = try HDF5Writer(creating: folder + "/a.h5")
      for index in 0..<300 { try writer.write([Int32(index)], shape: [1], to: "g/\(index)") }
      try writer.write([1.0], shape: [1], to: Array(repeating: "deep", count: 100).joined(separator: "/"))
      try writer.finish()
      let file = try HDF5File(reading: folder + "/a.h5")
      let some = try file.list(limit: 50)
      #expect(some.objects.count == 50 && !some.isComplete)
      let all = try file.list()
      #expect(all.dataSets.count == 300 && !all.isComplete)
    }
  }

  @Test func knowsItsVersion() throws {
    #expect(try HDF5Library.version().wholeMatch(of: #/\d+\.\d+\.\d+/#) != nil)
  }
}
