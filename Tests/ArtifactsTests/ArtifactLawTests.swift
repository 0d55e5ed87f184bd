import Artifacts
import Diagnostics
import LinearAlgebra
import Testing

/// What must hold for every kind of artifact.
@Suite struct ArtifactLawTests {
  static let samples: [any Artifact] = [
    Features(Matrix([[1, 2, 3], [4, 5, -0.0]])), Features.empty,
    Matrix<Float>([[1], [2]]), Matrix<Double>([[0.1, 0.2]]), Matrix<Double>.empty,
    Labels(strings: ["b", "a", "ä\"\n", "b"]), Labels.empty,
    RowMask([true, false, true]), Folds(heldOutIn: [0, 1, -1], count: 2),
    Assignment(clusters: [0, -1, 2], count: 3), Predictions(classes: [1, -1, 0], names: ["x", "y"]),
    ClusterTree(
      levels: [Assignment(clusters: [0, 2, 1], count: 3), Assignment(clusters: [1, 0, 1], count: 2)],
      distances: [0.5, 0, 2]),
    Measurement(0.1), Spectrum(values: [2, 1], total: 4), Scores([0.5, -.infinity]), Scores.empty,
    ClassTexts(Matrix([[0.6, 0.8], [0, 1]])), ClassTexts.empty,
    RowMask(roles: [.fit, .test, .unused, .validation]),
    Folds(heldOutIn: [0, Folds.validation, Folds.unused, -1], count: 1),
    StepPredictions(classes: [0, 1, 0, -1], steps: 2, stepOf: [0, 1], names: ["x", "y"]),
    StepPredictions.empty,
    MergeTree(rows: 3, merges: [0, 2, 1, 3], heights: [1, 2.5]), MergeTree.empty,
    Reachability(
      ordering: [2, 0, 1], distances: [0.5, 1.25, -1], coreDistances: [1, -1, 0.5], predecessors: [2, 0, -1]),
    Reachability.empty,
  ]

  static func stored(_ encoded: EncodedArtifact) throws -> EncodedArtifact {
    let object = ObjectFormat.encode(encoded)
    #expect(object.digest == encoded.digest)
    return try ObjectFormat.decode(ObjectSource(object.bytes), expecting: encoded.byteCount)
  }

  private func again<Kind: Artifact>(_ artifact: Kind) throws -> Kind {
    try Kind(try Self.stored(artifact.encoded))
  }

  @Test(arguments: samples.indices) func survivesTheDisk(index: Int) throws {
    let artifact = Self.samples[index]
    #expect(try again(artifact).digest == artifact.digest)
    #expect("\(try again(artifact).encoded.header.text())" == artifact.encoded.header.text())
  }

  @Test func returnsEqualValues() throws {
    #expect(try again(Labels(strings: ["b", "a"])) == Labels(strings: ["b", "a"]))
    #expect(try again(RowMask([true, false])) == RowMask([true, false]))
    #expect(try again(Spectrum(values: [2, 1], total: 4)) == Spectrum(values: [2, 1], total: 4))
    let zeros = try again(Features(Matrix([[0.0, -0.0]]))).matrix
    #expect(zeros[0, 1].sign == .minus)
  }

  @Test func givesDifferentKindsDifferentDigests() {
    #expect(Set(Self.samples.map(\.digest)).count == Self.samples.count)
  }

  @Test(arguments: samples.indices) func refusesAnotherKind(index: Int) throws {
    func refused<Kind: Artifact>(_ artifact: Kind) -> String {
      var encoded = artifact.encoded
      encoded.kind = "soup"
      do {
        _ = try Kind(encoded)
        return ""
      } catch { return error.description }
    }
    let artifact = Self.samples[index]
    #expect(
      refused(artifact) == """
        error[corruptObject]: a stored soup stands where a \(type(of: artifact).kind) should
        """)
  }

  @Test(arguments: samples.indices) func refusesMissingArraysAndWrongLengths(index: Int) {
    func isRefused<Kind: Artifact>(_ artifact: Kind, _ change: (inout EncodedArtifact) -> Void) -> Bool {
      var encoded = artifact.encoded
      change(&encoded)
      return (try? Kind(encoded)) == nil
    }
    let artifact = Self.samples[index]
    #expect(isRefused(artifact) { $0.arrays = [] })
    #expect(isRefused(artifact) { $0.arrays[0].bytes = Bytes(copying: [UInt8](repeating: 0, count: 31)) })
    #expect(isRefused(artifact) { $0.arrays[0].shape.append(1) })
    #expect(
      isRefused(artifact) { $0.arrays[0].shape[0] = 1 << 62 } || artifact.encoded.arrays[0].shape.contains(0))
    #expect(isRefused(artifact) { $0.arrays[0].shape[0] = -1 })
    #expect(isRefused(artifact) { $0.arrays[0].scalar = $0.arrays[0].scalar == .int64 ? .uint8 : .int64 })
  }

  @Test func refusesNumbersOutOfRange() {
    var labels = Labels(indices: [0, 1], names: ["a", "b"]).encoded
    labels.arrays[0].bytes = Bytes(copying: [Int32(0), 2])
    #expect(throws: Diagnostic(.corruptObject, "a stored labels lacks its class indices")) {
      try Labels(labels)
    }
    var folds = Folds(heldOutIn: [0, 1], count: 2).encoded
    folds.fields = .object(["count": .string("2")])
    #expect(throws: Diagnostic(.corruptObject, "a stored folds lacks its count")) { try Folds(folds) }
  }
}
