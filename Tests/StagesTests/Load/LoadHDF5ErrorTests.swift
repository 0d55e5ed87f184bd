import Diagnostics
import Foundation
import HDF5
import StageKit
import Testing

@testable import Stages

/// What `load-hdf5` says of input that it cannot use.
@Suite struct LoadHDF5ErrorTests {
  private let folder: LoadFolder

  init() throws { folder = try LoadFolder() }

  private func message(_ parameters: String) -> String { folder.message(parameters) }

  @Test func aFileMustBeNamed() {
    #expect(
      message("{}") == """
        error[missingValue]: `load-hdf5` needs a file
          hint: name it: { "load-hdf5": { "file": "data/features.h5" } }
        """)
  }

  @Test func aMissingFileIsNamed() {
    #expect(
      message(#"{"file": "none.h5"}"#) == """
        error[fileNotFound]: there is no such file
          file: none.h5
        """)
  }

  @Test func aFolderIsNoFile() {
    #expect(
      message(#"{"file": "."}"#).hasPrefix("error[notAFile]: an HDF5 file is expected, but this is a folder"))
  }

  @Test func otherFormatsAreToldApart() throws {
    try Data("a,b\n1,2\n".utf8).write(to: folder.url.appending(path: "a.csv"))
    #expect(
      message(#"{"file": "a.csv"}"#) == """
        error[notHDF5]: this is not an HDF5 file
          file:  a.csv
          found: a text file
          hint: h5py writes HDF5 from arrays: h5py.File(name, "w")["features"] = x
        """)
  }

  @Test func aTruncatedFileIsRefused() throws {
    try folder.table()
    let whole = try Data(contentsOf: folder.url.appending(path: "table.h5"))
    for share in [0.1, 0.5, 0.9] {
      try whole.prefix(Int(Double(whole.count) * share)).write(to: folder.url.appending(path: "cut.h5"))
      #expect(message(#"{"file": "cut.h5"}"#).hasPrefix("error[damagedFile]: "))
    }
  }

  @Test func aMissingDataSetIsNamedWithThoseThatAreThere() throws {
    try folder.table()
    #expect(
      message(#"{"file": "table.h5", "features": "feature"}"#) == """
        error[missingDataSet]: there is no data set `/feature`
          file:        table.h5
          in the file: features, labels
          hint: did you mean `/features`?
        """)
    #expect(message(#"{"file": "table.h5", "labels": "label"}"#).hasPrefix("error[missingDataSet]: "))
  }

  @Test func aGroupIsNoDataSet() throws {
    try folder.table { try $0.write([Float(1)], shape: [1, 1], to: "train/features") }
    #expect(
      message(#"{"file": "table.h5", "features": "train"}"#) == """
        error[notADataSet]: `/train` is a group, not a data set
          file:            table.h5
          data sets below: /train/features
          hint: name one of them: /train/features
        """)
  }

  @Test func featuresAreAMatrixOfNumbers() throws {
    try folder.table { writer in
      try writer.write([Float](repeating: 1, count: 4), shape: [4], to: "list")
      try writer.write([Float](repeating: 1, count: 8), shape: [2, 2, 2], to: "cube")
      try writer.write(["a", "b"], shape: [2, 1], to: "text")
    }
    #expect(
      message(#"{"file": "table.h5", "features": "list"}"#) == """
        error[badRank]: `/list` is not a matrix
          file:     table.h5
          expected: rows × columns
          found:    4 (1 dimension)
          hint: store it as 4 × 1 if every row has one feature
        """)
    #expect(
      message(#"{"file": "table.h5", "features": "cube"}"#) == """
        error[badRank]: `/cube` is not a matrix
          file:     table.h5
          expected: rows × columns
          found:    2 × 2 × 2 (3 dimensions)
          hint: store it as 2 × 4: one row for each sample
        """)
    #expect(
      message(#"{"file": "table.h5", "features": "text"}"#) == """
        error[unsupportedType]: `/text` does not hold numbers
          file:    table.h5
          found:   string
          allowed: float16, float32, float64, int8 … int64, uint8 … uint64, bool
        """)
  }

  @Test func aTableWithoutRowsOrColumnsIsRefused() throws {
    try folder.table { writer in
      try writer.write([Float](), shape: [0, 3], to: "no-rows")
      try writer.write([Float](), shape: [3, 0], to: "no-columns")
    }
    #expect(
      message(#"{"file": "table.h5", "features": "no-rows"}"#) == """
        error[tooFewRows]: `/no-rows` has no rows
          file:  table.h5
          shape: 0 × 3
        """)
    #expect(
      message(#"{"file": "table.h5", "features": "no-columns"}"#) == """
        error[badShape]: `/no-columns` has no columns
          file:  table.h5
          shape: 3 × 0
        """)
  }

  @Test(arguments: ["labels", "groups", "split"]) func lengthsMustAgree(parameter: String) throws {
    try folder.table { try $0.write([Int32](repeating: 1, count: 5), shape: [5], to: "five") }
    #expect(
      message(#"{"file": "table.h5", "\#(parameter)": "five"}"#) == """
        error[lengthMismatch]: `/five` does not have one value for each row of the features
          file:   table.h5
          values: 5
          rows:   4
        """)
  }

  @Test func valuesThatAreNotFiniteAreRefused() throws {
    try folder.table([1, 2, 3, .nan, 5, 6, 7, -.infinity])
    #expect(
      message(#"{"file": "table.h5"}"#) == """
        error[notFinite]: `/features` holds a value that is not finite
          file:   table.h5
          value:  nan
          row:    1, counted from 0
          column: 1, counted from 0
          hint: remove the row, or replace the value; a number beyond 3.4e38 becomes infinite
        """)
    #expect(
      message(#"{"file": "table.h5", "rows": [2, 4]}"#) == """
        error[notFinite]: `/features` holds a value that is not finite
          file:   table.h5
          value:  -inf
          row:    3, counted from 0
          column: 1, counted from 0
          hint: remove the row, or replace the value; a number beyond 3.4e38 becomes infinite
        """)
    #expect(message(#"{"file": "table.h5", "rows": [0, 1]}"#) == "no error")
  }

  @Test func rowsBeyondTheEndAreRefused() throws {
    try folder.table()
    #expect(
      message(#"{"file": "table.h5", "rows": [2, 5]}"#) == """
        error[outOfRange]: `/features` does not have the rows that are asked for
          file:    table.h5
          rows:    2..<5
          allowed: 0..<4
        """)
    #expect(
      message(#"{"file": "table.h5", "rows": [2, 2]}"#) == """
        error[outOfRange]: `rows` [2, 2] holds no row: the second number is the row after the last
          --> config:1:1
           |
         1 | {"file": "table.h5", "rows": [2, 2]}
           | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        """)
    #expect(
      message(#"{"file": "table.h5", "rows": [2]}"#) == """
        error[outOfRange]: `rows` must be 2 values
          --> config:1:30
           |
         1 | {"file": "table.h5", "rows": [2]}
           |                              ^^^
          given:   [2]
          allowed: 2 values
        """)
  }

  @Test func aSplitNumbersItsFolds() throws {
    try folder.table { writer in
      try writer.write([Int32(0), 0, 2, 3], shape: [4], to: "gap")
      try writer.write([Int32(0), -1, 1, 0], shape: [4], to: "negative")
      try writer.write([UInt8](repeating: 0, count: 4), shape: [4], to: "zeros")
      try writer.write([UInt8](repeating: 1, count: 4), shape: [4], to: "ones")
    }
    let hint = "hint: 0 is for rows that are fitted on, k = 1, 2, … for those held out in fold k"
    func message(_ split: String) -> String { self.message(#"{"file": "table.h5", "split": "\#(split)"}"#) }
    #expect(
      message("gap") == """
        error[outOfRange]: `/gap` does not number the folds 1, 2, … without a gap
          file:  table.h5
          found: 2, 3
          \(hint)
        """)
    #expect(message("negative").contains("found: -1, 1"))
    #expect(message("zeros") == "error[tooFewRows]: `/zeros` holds no row out\n  file: table.h5\n  \(hint)")
    #expect(
      message("ones") == "error[tooFewRows]: `/ones` leaves no row to fit on\n  file: table.h5\n  \(hint)")
    #expect(
      message("labels") == """
        error[unsupportedType]: `/labels` holds text, where whole numbers should tell the folds
          file: table.h5
          \(hint)
        """)
  }

  @Test func labelsAreAListOfClasses() throws {
    try folder.table { try $0.write([Float(0), 0.5, 1, 2], shape: [4], to: "halves") }
    #expect(message(#"{"file": "table.h5", "labels": "features"}"#).hasPrefix("error[badRank]: "))
    #expect(message(#"{"file": "table.h5", "labels": "halves"}"#).hasPrefix("error[unsupportedType]: "))
  }
}
