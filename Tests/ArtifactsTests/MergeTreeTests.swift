import Artifacts
import Diagnostics
import Testing

@Suite struct MergeTreeTests {
  /// Rows 0 and 3, then 1 and 2, then all but 4, then all.
  private let tree = MergeTree(rows: 5, merges: [0, 3, 1, 2, 5, 6, 4, 7], heights: [1, 2, 3, 4])

  @Test func sizesFollowFromTheMerges() { #expect(tree.sizes == [2, 2, 4, 5]) }

  @Test func everyNumberOfClustersIsACut() {
    #expect(tree.cut(into: 1) == Assignment(clusters: [0, 0, 0, 0, 0], count: 1))
    #expect(tree.cut(into: 2) == Assignment(clusters: [0, 0, 0, 0, 1], count: 2))
    #expect(tree.cut(into: 3) == Assignment(clusters: [0, 1, 1, 0, 2], count: 3))
    #expect(tree.cut(into: 4) == Assignment(clusters: [0, 1, 2, 0, 3], count: 4))
    #expect(tree.cut(into: 5) == Assignment(clusters: [0, 1, 2, 3, 4], count: 5))
  }

  @Test func oneRowIsATree() {
    #expect(MergeTree(rows: 1, merges: [], heights: []).cut(into: 1) == Assignment(clusters: [0], count: 1))
  }

  @Test(arguments: [
    [0, 3, 1, 2, 5, 6, 4, 8], [0, 3, 0, 2, 5, 6, 4, 7], [3, 0, 1, 2, 5, 6, 4, 7], [0, 3, 1, 2, 5, 6, -1, 7],
  ]) func whatIsNoTreeIsRefused(merges: [Int32]) {
    var encoded = tree.encoded
    encoded.arrays[0].bytes = Bytes(copying: merges)
    #expect(throws: Diagnostic(.corruptObject, "a stored merge-tree lacks its merges")) {
      try MergeTree(encoded)
    }
  }

  @Test func wrongSizesAndHeightsAreRefused() {
    var encoded = tree.encoded
    encoded.arrays[2].bytes = Bytes(copying: [Int32(2), 2, 4, 4])
    #expect(throws: Diagnostic(.corruptObject, "a stored merge-tree lacks its sizes")) {
      try MergeTree(encoded)
    }
    encoded = tree.encoded
    encoded.arrays[1].bytes = Bytes(copying: [1, 2, 3, Double.nan])
    #expect(throws: Diagnostic(.corruptObject, "a stored merge-tree lacks its heights")) {
      try MergeTree(encoded)
    }
  }
}
