import Artifacts
import Diagnostics
import HDF5
import LinearAlgebra
import StageKit
import Synchronization

/// Reads features, and what is known of their rows, from data sets of an HDF5 file.
///
/// Features are integers, floats or booleans of any width and become Float32. Labels and groups are integers,
/// whole floats, booleans or strings; classes are ordered by value or text. The split is 0 for a row that is
/// always fitted on and k ≥ 1 for one that is held out in fold k − 1: 0 and 1 are a training and a test set.
/// Labels, groups and split are given only if their parameters name a data set.
///
/// - Shapes: → `features` n × d, `labels` n, `groups` n, `given` n, for n rows of the file.
/// - Units: those of the file.
/// - Fits on: nothing.
/// - Cost: one pass over the data sets; one more for the key of a file that was not seen before.
/// - Errors: `missingValue` (no file named), `missingData`, `fileNotFound`, `notAFile`, `notReadable`, `notHDF5`,
///   `damagedFile`, `missingDataSet`, `notADataSet`, `badRank`, `unsupportedType`, `lengthMismatch`,
///   `outOfRange` (rows, folds), `tooFewRows` (none, or none to fit on or hold out), `badShape` (no column),
///   `notFinite` with row and column.
struct LoadHDF5: SourceStage {
  struct Parameters: StageParameters {
    @Parameter(
      "The HDF5 file; a relative path starts at the folder of the config, $PIPE_DATA/ at the folder of that variable.",
      .notEmpty)
    var file: Locator = ""
    @Parameter("Data set of the features, rows × columns.", .notEmpty)
    var features: Locator = "features"
    @Parameter("Data set of the labels, one value a row; null for none.", .notEmpty)
    var labels: Locator? = nil
    @Parameter(
      "Data set of the groups that a split keeps together, one value a row; null for none.", .notEmpty)
    var groups: Locator? = nil
    @Parameter(
      "Data set of the given split, one number a row: 0 to fit on, k to hold out in fold k; null for none.",
      .notEmpty)
    var split: Locator? = nil
    @Parameter(
      "The first row, counted from 0, and the one after the last; null for all.", .length(2), .atLeast(0))
    var rows: [Int]? = nil

    var conflicts: [String] {
      guard let rows, rows.count == 2, rows[0] >= rows[1] else { return [] }
      return ["`rows` [\(rows[0]), \(rows[1])] holds no row: the second number is the row after the last"]
    }
  }
  struct Output: Ports {
    var features: Features
    var labels: Labels?
    var groups: Labels?
    var given: Folds?
  }

  static let name = "load-hdf5"
  static let summary = "Reads features, labels, groups and a given split from an HDF5 file."
  static let kind = StageKind.loader
  static let revision = 1
  let parameters: Parameters

  var absentOutputs: Set<String> {
    let given = ["labels": parameters.labels, "groups": parameters.groups, "given": parameters.split]
    return Set(given.filter { $0.value == nil }.keys)
  }

  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> Output {
    let file = try open()
    let (features, total) = try features(in: file, context)
    try context.checkCancelled()
    var output = Output(features: features)
    if let name = parameters.labels { output.labels = try classes(in: file, name, total: total) }
    if let name = parameters.groups { output.groups = try classes(in: file, name, total: total) }
    if let name = parameters.split { output.given = try folds(in: file, name, total: total) }
    return output
  }

  private func open() throws(StageError) -> HDF5File {
    guard !parameters.file.text.isEmpty else {
      throw Diagnostic(
        .missingValue, "`load-hdf5` needs a file",
        hint: "name it: { \"load-hdf5\": { \"file\": \"data/features.h5\" } }")
    }
    try DataFolder.require(parameters.file.text)
    return try HDF5File(reading: parameters.file.text)
  }

  private var range: Range<Int>? { parameters.rows.map { $0[0]..<$0[1] } }

  /// The features and the number of rows in the file.
  private func features(
    in file: HDF5File, _ context: StageContext
  ) throws(StageError) -> (Features, total: Int) {
    let dataSet = try file.dataSet(parameters.features.text)
    let (total, columns) = try dataSet.matrixShape()
    guard total > 0, columns > 0 else {
      throw Diagnostic(
        total == 0 ? .tooFewRows : .badShape,
        "`\(dataSet.path)` has no \(total == 0 ? "rows" : "columns")",
        fields: ["file": file.path, "shape": "\(total) × \(columns)"])
    }
    let rows = try dataSet.matrixRows(range, room: FileMemory.current?.capacity)
    let matrix: Matrix<Float>
    var isChecked = false
    if let mapped = try mapped(dataSet, rows, columns) {
      matrix = mapped
    } else {
      (matrix, isChecked) = try read(dataSet, rows, columns, context)
    }
    let features = Features(matrix)
    // A table in a file is not read once more for this: every stage that reads it refuses such values.
    if !isChecked, !FileMemory.holds(matrix), let (row, column) = features.firstNotFinite {
      throw Diagnostic(
        .notFinite, "`\(dataSet.path)` holds a value that is not finite",
        fields: [
          "file": file.path, "value": "\(matrix[row, column])",
          "row": "\(rows.lowerBound + row), counted from 0", "column": "\(column), counted from 0",
        ], hint: "remove the row, or replace the value; a number beyond 3.4e38 becomes infinite")
    }
    return (features, total)
  }

  /// The rows where they lie in the file, if they are too many for memory and lie there as they are.
  private func mapped(
    _ dataSet: HDF5DataSet, _ rows: Range<Int>, _ columns: Int
  ) throws(StageError) -> Matrix<Float>? {
    guard let files = FileMemory.current, rows.count * columns * 4 > files.threshold,
      let place = try dataSet.place(ofRow: rows.lowerBound),
      let buffer = files.map(dataSet.file.path, offset: place, count: rows.count * columns, of: Float.self)
    else { return nil }
    return Matrix(rows: rows.count, columns: columns, buffer: buffer)
  }

  /// The rows, and whether all their values were seen to be finite.
  private func read(
    _ dataSet: HDF5DataSet, _ rows: Range<Int>, _ columns: Int, _ context: StageContext
  ) throws(StageError) -> (Matrix<Float>, isFinite: Bool) {
    let doubts = Doubts()
    var isInspected = false
    let matrix = try Matrix<Float>(rows: rows.count, columns: columns) { target throws(StageError) in
      isInspected = try dataSet.readMatrix(
        rows: rows, into: target, sharing: parallelFor, safePoint: context.checkCancelled
      ) { values in
        if let base = values.baseAddress, !allFinite(base, count: values.count) { doubts.note() }
      }
    }
    return (matrix, isInspected && doubts.areNone)
  }

  /// Whether any thread saw a value that is not finite.
  private final class Doubts: Sendable {
    private let found = Atomic<Bool>(false)
    func note() { found.store(true, ordering: .relaxed) }
    var areNone: Bool { !found.load(ordering: .relaxed) }
  }

  private func values(
    in file: HDF5File, _ name: Locator, total: Int
  ) throws(StageError) -> (HDF5DataSet, LabelValues) {
    let dataSet = try file.dataSet(name.text)
    let count = try dataSet.labelCount()
    guard count == total else {
      throw Diagnostic(
        .lengthMismatch, "`\(dataSet.path)` does not have one value for each row of the features",
        fields: ["file": file.path, "values": "\(count)", "rows": "\(total)"])
    }
    return (dataSet, try dataSet.readLabels(rows: range))
  }

  private func classes(in file: HDF5File, _ name: Locator, total: Int) throws(StageError) -> Labels {
    switch try values(in: file, name, total: total).1 {
    case .integers(let values): return Labels(integers: values)
    case .strings(let values): return Labels(strings: values)
    }
  }

  private func folds(in file: HDF5File, _ name: Locator, total: Int) throws(StageError) -> Folds {
    let (dataSet, values) = try values(in: file, name, total: total)
    let hint = "0 is for rows that are fitted on, k = 1, 2, … for those held out in fold k"
    func refusal(_ code: DiagnosticCode, _ headline: String) -> Diagnostic {
      Diagnostic(code, "`\(dataSet.path)` \(headline)", fields: ["file": file.path], hint: hint)
    }
    guard case .integers(let numbers) = values else {
      throw refusal(.unsupportedType, "holds text, where whole numbers should tell the folds")
    }
    let used = Set(numbers).subtracting([0]).sorted()
    guard let last = used.last else { throw refusal(.tooFewRows, "holds no row out") }
    guard used[0] == 1, last == used.count else {
      let found = used.prefix(12).map(String.init).joined(separator: ", ")
      throw refusal(.outOfRange, "does not number the folds 1, 2, … without a gap")
        .with("found", found + (used.count > 12 ? ", …" : ""))
    }
    guard last > 1 || numbers.contains(0) else { throw refusal(.tooFewRows, "leaves no row to fit on") }
    return Folds(heldOutIn: numbers.map { Int32($0 - 1) }, count: last)
  }
}

// What identifies the content.
extension LoadHDF5 {
  var sources: [SourceDescription] {
    let rows = parameters.rows.map { ", rows \($0[0])..<\($0[1])" } ?? ""
    let parts = dataSets.map { "\($0.port) = \($0.path)" }.joined(separator: ", ")
    return [SourceDescription(file: parameters.file.text, parts: parts + rows)]
  }

  func fingerprint() throws(StageError) -> Digest {
    let file = try open()
    var stream = ContentDigest()
    for (port, path) in dataSets {
      // The port enters, as the same values mean something else as groups than as labels.
      stream.update(Array("\(port)\n".utf8))
      try file.fingerprint(
        of: [path], rows: range, feed: { stream.update($0) },
        feedStretch: { stretch in
          stream.update(count: stretch.count) { stretch.read(from: $0, into: $1) }
        })
    }
    return stream.finish()
  }

  func resolved(against folder: String) -> LoadHDF5 {
    var parameters = parameters
    parameters.file = Locator(DataFolder.path(parameters.file.text, from: folder))
    return LoadHDF5(parameters: parameters)
  }

  /// The data sets that are read, by the port that each fills, in a fixed order.
  private var dataSets: [(port: String, path: String)] {
    let all = [
      ("features", parameters.features), ("labels", parameters.labels), ("groups", parameters.groups),
      ("given", parameters.split),
    ]
    return all.compactMap { port, name in name.map { (port, $0.text) } }
  }
}
