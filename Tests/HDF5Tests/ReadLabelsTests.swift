import HDF5
import Testing

@Suite struct ReadLabelsTests {
  @Test(arguments: [
    ("int", [3, 1, 2, 1]), ("column", [3, 1, 2]), ("big", [3, -1, 2]), ("bool", [1, 0, 1]),
    ("whole", [3, -1]),
  ])
  func readsIntegers(name: String, labels: [Int]) throws {
    #expect(try fixture("labels.h5").dataSet(name).readLabels() == .integers(labels))
  }

  @Test(arguments: [
    ("variable", ["cat", "", "Käfer", "dog"]), ("fixed", ["cat", "", "dog!"]),
    ("fixed-utf8", ["Käfer", "x"]),
    ("padded", ["cat", "mouse"]), ("variable-gzip", (0..<40).map { ["a", "bb"][$0 % 2] }),
  ])
  func readsStrings(name: String, labels: [String]) throws {
    #expect(try fixture("labels.h5").dataSet(name).readLabels() == .strings(labels))
  }

  @Test func readsSomeRows() throws {
    #expect(try fixture("labels.h5").dataSet("int").readLabels(rows: 1..<3) == .integers([1, 2]))
    #expect(
      try fixture("labels.h5").dataSet("variable").readLabels(rows: 2..<4) == .strings(["Käfer", "dog"]))
  }

  @Test func refusesFractions() throws {
    #expect(
      try message { try fixture("labels.h5").dataSet("fraction").readLabels() } == """
        error[unsupportedType]: `/fraction` does not hold labels
          file:    labels.h5
          found:   float64 with 0.5 in row 1
          allowed: integers, whole floats, bool, strings
        """)
  }

  @Test func refusesIntegersBeyondInt() throws {
    #expect(
      try message { try fixture("labels.h5").dataSet("large").readLabels() } == """
        error[outOfRange]: a label of `/large` is too large
          file:    labels.h5
          row:     1
          found:   9223372036854775808
          allowed: up to 9223372036854775807
        """)
  }

  @Test func refusesTextThatIsNotUTF8() throws {
    #expect(
      try message { try fixture("labels.h5").dataSet("latin-1").readLabels() } == """
        error[unsupportedType]: a label of `/latin-1` is not UTF-8
          file:  labels.h5
          row:   1
          found: K\u{FFFD}fer
          hint: write the labels as UTF-8
        """)
  }

  @Test func refusesOtherRanks() throws {
    #expect(
      try message { try fixture("types.h5").dataSet("f4").readLabels() } == """
        error[badRank]: `/f4` is not a list of labels
          file:     types.h5
          expected: one value for each row
          found:    4 × 3
        """)
  }
}
