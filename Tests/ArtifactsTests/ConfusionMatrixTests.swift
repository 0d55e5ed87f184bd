import Artifacts
import Diagnostics
import LinearAlgebra
import Testing

@Suite struct ConfusionMatrixTests {
  private let matrix = ConfusionMatrix(counts: [3, 1, 0, 2], names: ["cat", "dog"])

  @Test func survivesItsCanonicalForm() throws {
    #expect(try ConfusionMatrix(matrix.encoded) == matrix)
    #expect(matrix[0, 1] == 1)
  }

  @Test func aFormThatDoesNotFitIsRefused() {
    var small = matrix.encoded
    small.fields = .object(["names": .array([.string("cat")])])
    var negative = matrix.encoded
    negative.arrays[0].bytes = Bytes(copying: [Int64(-1), 0, 0, 0])
    for form in [small, negative] {
      #expect(throws: Diagnostic(.corruptObject, "a stored confusion matrix lacks its counts")) {
        try ConfusionMatrix(form)
      }
    }
    #expect(throws: Diagnostic(.corruptObject, "a stored labels stands where a confusion matrix should")) {
      try ConfusionMatrix(Labels(integers: [1]).encoded)
    }
  }
}
