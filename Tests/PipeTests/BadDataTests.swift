import HDF5
import Testing

/// Data that cannot be read or worked with.
@Suite struct BadDataTests {
  // MARK: Refused before anything runs, for the key of the data cannot be known

  @Test(
    arguments: [
      ("", "error[notHDF5]: this is not an HDF5 file\n"),
      ("hello", "error[notHDF5]: this is not an HDF5 file\n"),
      (nil, "error[fileNotFound]: there is no such file\n"),
    ] as [(String?, String)])
  func aFileThatIsNoHDF5IsRefused(_ content: String?, _ headline: String) throws {
    let sandbox = try Sandbox(data: false)
    if let content { try sandbox.write(content, to: "data.h5") }
    try expectRefusal(sandbox, headline)
  }

  @Test func aTruncatedFileIsRefused() throws {
    let sandbox = try Sandbox()
    let bytes = sandbox.bytes("data.h5")
    for count in [bytes.count - 1, bytes.count / 2, 600, 100, 8] {
      try sandbox.write(Array(bytes[..<count]), to: "data.h5")
      let ended = try sandbox.run()
      #expect(ended.code == 1 || ended.code == 2, "\(count) bytes")
      #expect((ended.output + ended.errors).contains("error["), "\(count) bytes")
    }
    try sandbox.write(bytes, to: "data.h5")
    #expect(try sandbox.run().code == 0)
  }

  @Test func aMissingDataSetIsRefused() throws {
    try expectRefusal(
      sandbox { try $0.write(Small.labels, shape: [Small.rows], to: "labels") },
      """
      error[missingDataSet]: there is no data set `/features`
        --> small.json:3:13
         |
       3 |   "data": { "load-hdf5": { "file": "data.h5", "features": "features", "labels": "labels" } },
         |             ^^^^^^^^^^^
        file:        data.h5
        in the file: labels

      """)
  }

  @Test func aGroupInPlaceOfADataSetIsRefused() throws {
    try expectRefusal(
      sandbox {
        try $0.write(Small.features, shape: [Small.rows, Small.columns], to: "features/a")
        try $0.write(Small.labels, shape: [Small.rows], to: "labels")
      }, "error[notADataSet]: `/features` is a group, not a data set\n")
  }

  private func expectRefusal(_ sandbox: Sandbox, _ start: String) throws {
    let ended = try sandbox.run()
    #expect(ended.code == 2)
    #expect(ended.output == "")
    #expect(ended.errors.hasPrefix(start), "\(ended.errors)")
    #expect(ended.errors.ranges(of: "error[").count == 1)
    #expect(try sandbox.isUntouched())
  }

  // MARK: Found by the loader: everything below it is blocked

  /// What is wrong with a file, and how the run's last lines tell it.
  static let loads: [(name: String, fill: @Sendable (HDF5Writer) throws -> Void, message: String)] = [
    (
      "rank 1", { try write($0, shape: [360]) },
      """
      error[badRank]: `/features` is not a matrix
        file:     data.h5
        expected: rows × columns
        found:    360 (1 dimension)
        hint: store it as 360 × 1 if every row has one feature

      """
    ),
    (
      "rank 3", { try write($0, shape: [60, 2, 3]) },
      """
      error[badRank]: `/features` is not a matrix
        file:     data.h5
        expected: rows × columns
        found:    60 × 2 × 3 (3 dimensions)
        hint: store it as 60 × 6: one row for each sample

      """
    ),
    (
      "too few labels", { try write($0, labels: Array(Small.labels.dropLast())) },
      """
      error[lengthMismatch]: `/labels` does not have one value for each row of the features
        file:   data.h5
        values: 59
        rows:   60

      """
    ),
    (
      "text",
      { writer in
        try writer.write([String](repeating: "a", count: 360), shape: [60, 6], to: "features")
        try writer.write(Small.labels, shape: [60], to: "labels")
      },
      """
      error[unsupportedType]: `/features` does not hold numbers
        file:    data.h5
        found:   string
        allowed: float16, float32, float64, int8 … int64, uint8 … uint64, bool

      """
    ),
    (
      "not a number", { try write($0, changing: 7 * 6 + 3, to: .nan) },
      """
      error[notFinite]: `/features` holds a value that is not finite
        file:   data.h5
        value:  nan
        row:    7, counted from 0
        column: 3, counted from 0
        hint: remove the row, or replace the value; a number beyond 3.4e38 becomes infinite

      """
    ),
    (
      "infinite", { try write($0, changing: 59 * 6 + 5, to: -.infinity) },
      """
      error[notFinite]: `/features` holds a value that is not finite
        file:   data.h5
        value:  -inf
        row:    59, counted from 0
        column: 5, counted from 0
        hint: remove the row, or replace the value; a number beyond 3.4e38 becomes infinite

      """
    ),
    (
      "no rows",
      { writer in
        try writer.write([Float](), shape: [0, 6], to: "features")
        try writer.write([Int32](), shape: [0], to: "labels")
      },
      """
      error[tooFewRows]: `/features` has no rows
        file:  data.h5
        shape: 0 × 6

      """
    ),
  ]

  @Test(arguments: loads.indices) func whatTheLoaderRefusesBlocksTheRest(_ index: Int) throws {
    let (name, fill, message) = BadDataTests.loads[index]
    let sandbox = try sandbox(fill)
    let ended = try sandbox.run("--progress", "none")
    #expect(ended.code == 1, "\(name)")
    #expect(ended.errors == "", "\(name)")
    #expect(ended.outcome.contains("ran 0 · cached 0 · failed 1 · blocked 24"), "\(name)")
    #expect(ended.output.hasSuffix("\nfailed: load-hdf5\n  --> small.json:3\n" + message), "\(ended.output)")
    #expect(ended.output.contains("pca · components 2             failed   failed\n"), "\(name)")
    let manifest = try sandbox.manifest()
    #expect(manifest.outcome == "failed" && manifest.count("blocked") == 24, "\(name)")
    #expect(try sandbox.pipe("store", "verify").code == 0, "\(name)")
    // The file mended, the same command does the rest.
    try Small.write(to: sandbox.file("data.h5"))
    #expect(try sandbox.run().outcome.contains("ran 25 · cached 0 · failed 0"), "\(name)")
  }

  private func sandbox(_ fill: (HDF5Writer) throws -> Void) throws -> Sandbox {
    let sandbox = try Sandbox(data: false)
    let writer = try HDF5Writer(creating: sandbox.file("data.h5"))
    try fill(writer)
    try writer.finish()
    return sandbox
  }

  private static func write(
    _ writer: HDF5Writer, shape: [Int] = [60, 6], labels: [Int32] = Small.labels, changing index: Int? = nil,
    to value: Float = 0
  ) throws {
    var features = Small.features
    if let index { features[index] = value }
    try writer.write(features, shape: shape, to: "features")
    try writer.write(labels, shape: [labels.count], to: "labels")
  }

  // MARK: Found by later stages: the other cells are computed

  /// A run of the small config with a part replaced, of which one failure is expected.
  private func failure(
    _ part: String, _ other: String, features: [Float] = Small.features, labels: [Int32] = Small.labels,
    ran: Int, _ message: String
  ) throws {
    let sandbox = try Sandbox(
      config: part.isEmpty ? Small.config : Small.config(replacing: part, with: other))
    try Small.write(to: sandbox.file("data.h5"), features: features, labels: labels)
    let ended = try sandbox.run("--keep-all", "--progress", "none")
    #expect(ended.code == 1)
    #expect(ended.errors == "")
    #expect(ended.outcome.contains("ran \(ran) · cached 0 · failed "), "\(ended.output)")
    #expect(ended.output.hasSuffix(message), "\(ended.output)")
    #expect(ended.output.contains(" failed"))
    #expect(try sandbox.manifest().outcome == "failed")
    #expect(try sandbox.pipe("store", "verify").code == 0)
    #expect(try sandbox.pipe("show").output == ended.output)
    let again = try sandbox.run()
    #expect(again.code == 1)
    #expect(again.outcome.contains("ran 0 · "))
  }

  @Test func moreComponentsThanColumnsFailTheirCellsOnly() throws {
    try failure(
      "[1, 2]", "[2, 7]", ran: 15,
      """

      failed: pca, components 7 · seed 0 (and 1 more in the same way)
        --> small.json:5
      error[tooManyComponents]: there are too few fit rows or columns for 7 components
        components: 7
        fit rows:   48
        columns:    6
        hint: ask for at most 6 components

      """)
  }

  @Test func moreComponentsThanTheRankFailTheirCellsOnly() throws {
    let doubled = Small.features.indices.map { Small.features[$0 - $0 % 6 + $0 % 3] }
    try failure(
      "[1, 2]", "[2, 5]", features: doubled, ran: 15,
      """
      error[tooManyComponents]: the fit rows vary in 3 directions only, fewer than 5 components
        components: 5
        fit rows:   48
        columns:    6
        hint: ask for at most 3 components

      """)
  }

  @Test func moreNeighboursThanRowsFailTheirCellsOnly() throws {
    try failure(
      "\"k\": 3", "\"k\": 100", ran: 17,
      """
      error[tooFewRows]: there are fewer fit rows than neighbours
        k:        100
        fit rows: 48 of 60
        hint: lower `k`

      """)
  }

  @Test func moreClustersThanRowsFailTheirCellsOnly() throws {
    try failure(
      "\"clusters\": 3", "\"clusters\": 100", ran: 17,
      """
      error[tooFewRows]: there are fewer rows than clusters
        rows:     60
        clusters: 100
        hint: ask for fewer clusters

      """)
  }

  @Test func aClassWithFewerRowsThanFoldsIsRefused() throws {
    var labels = (0..<Small.rows).map { Int32($0 % 2) }
    labels[0] = 2
    try failure(
      "\"seeds\": 2,", "\"seeds\": 2, \"split\": { \"k-fold\": { \"folds\": 5 } },", labels: labels, ran: 1,
      """
      error[emptyClass]: class `2` has fewer rows than there are folds
        rows of the class: 1
        folds:             5
        hint: lower `folds`, or set `stratified` to false

      """)
  }

  @Test func aClassifierThatNeedsTwoClassesFailsAloneOnOne() throws {
    try failure(
      "[ { \"nearest-neighbors\": { \"k\": 3 } } ]",
      "[ { \"nearest-neighbors\": { \"k\": 3 } }, \"logistic\" ]",
      labels: [Int32](repeating: 4, count: Small.rows), ran: 25,
      """
      error[tooFewClasses]: all fit rows have the same class
        class:    4
        fit rows: 48 of 60
        hint: logistic regression needs at least two classes

      """)
  }

  @Test func equalRowsHaveNoComponents() throws {
    try failure(
      "", "", features: [Float](repeating: 2, count: Small.features.count), ran: 5,
      """
      error[rankDeficient]: all fit rows are equal, so they have no component
        fit rows: 48
        columns:  6

      """)
  }

  @Test func aConstantColumnIsNoFault() throws {
    let sandbox = try Sandbox(
      config: Small.config(
        replacing: "\"seeds\": 2,", with: "\"seeds\": 2, \"whiten\": [\"standardize\", \"whiten\", \"none\"],"
      ))
    let features = Small.features.indices.map { $0 % 6 == 4 ? Float(3) : Small.features[$0] }
    try Small.write(to: sandbox.file("data.h5"), features: features)
    let ended = try sandbox.run()
    #expect(ended.code == 0)
    #expect(!sandbox.text("runs/latest/results.csv").contains("nan"))
  }
}
