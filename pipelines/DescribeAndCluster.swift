import PipelineDSL

/// Describes rows by several sets of features, rescales and reduces these, and groups the rows by every clusterer.
struct DescribeAndCluster: Pipeline {
  static let name = "describe-and-cluster"
  static let summary =
    "Groups rows by every clusterer on several descriptions of them, and compares with the classes."

  @Slot var data: Loader
  @Slots var describe: [Reducer]
  @Slots var whiten: [Normalizer] = [.none]
  @Slots var reduce: [Reducer] = [.none]
  @Slots var cluster: [Clusterer]

  var flow: some Flow {
    let table = data.table
    each(describe, whiten, reduce) { describe, whiten, reduce in
      let features = table.features.then(describe).then(whiten).then(reduce)
      each(cluster) { features.then($0).measured(against: table.labels) }
    }
  }
}
