import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Rows of known classes, and others that are of none of these.
struct KnownAndNovelRows {
  /// The rows of known classes, ascending, and the class of each, counted from 0 without gaps.
  let known: [Int]
  let classOf: [Int32]
  let classCount: Int
  /// The rows that are to be divided, ascending.
  let novel: [Int]

  /// Checks the inputs of a method of class discovery; without a mask every row would be known.
  ///
  /// - Throws: `lengthMismatch`, `badShape`, `notFinite`; `tooFewRows` if there is no known row, or fewer novel ones
  ///   than clusters.
  init(
    _ features: Features, _ labels: Labels, _ mask: RowMask, clusters: Int
  ) throws(StageError) {
    try requireRows(labels, features)
    try features.requireSameRows(mask, named: "known")
    try features.requireSize()
    try features.requireFinite()
    (known, novel) = (mask.fitRows, mask.heldOutRows)
    guard !known.isEmpty else {
      throw Diagnostic(
        .tooFewRows, "there is no row of a known class", fields: ["rows": "\(features.rows)"],
        hint: "hide fewer classes")
    }
    guard novel.count >= clusters else {
      throw Diagnostic(
        .tooFewRows, "there are fewer rows without a known class than clusters",
        fields: ["rows": "\(novel.count) of \(features.rows)", "clusters": "\(clusters)"],
        hint: "ask for fewer clusters, or hide more classes")
    }
    let classes = labels.selecting(known)
    (classOf, classCount) = (classes.indices, classes.classCount)
  }

  /// The class of each known row, and the cluster of each other one counted on from the known classes.
  func assignment(_ clusters: [Int32], count: Int) -> Assignment {
    var all = [Int32](repeating: 0, count: known.count + novel.count)
    for (row, index) in zip(known, classOf) { all[row] = index }
    for (row, cluster) in zip(novel, clusters) { all[row] = Int32(classCount) + cluster }
    return Assignment(clusters: all, count: classCount + count)
  }
}
