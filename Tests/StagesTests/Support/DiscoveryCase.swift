import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

/// A data set some of whose classes are novel, with what SciPy gives for it.
struct DiscoveryCase {
  static let names = ["iris", "wine", "digits"]

  let features: Features
  let labels: Labels
  let known: RowMask
  /// The number of novel classes.
  let clusters: Int
  let expected: JSON

  init(_ name: String) throws {
    var table = try LearnerCase(name)
    if name == "digits" { table = table.thinned(by: 4) }
    if name == "wine" { table = try table.standardized() }
    (features, labels) = (table.features, table.labels)
    expected = try Fixture.json("discovery/\(name).json")
    let hidden = expected["hidden"]?.integers ?? []
    clusters = hidden.count
    known = RowMask(labels.indices.map { !hidden.contains(Int($0)) })
  }

  /// The Hungarian accuracy of the novel rows.
  func accuracy(_ assignment: Assignment) throws -> Double {
    let rows = known.heldOutRows
    return try measure(
      HungarianAccuracy.self,
      [
        "labels": labels.selecting(rows),
        "assignment": Assignment(clusters: rows.map { assignment.clusters[$0] }, count: assignment.count),
      ])
  }
}
