import PipelineDSL

/// Puts every reducer in front of the same clusterers and measures the clusters where they were found and where the
/// rows came from.
struct ReduceAndCluster: Pipeline {
  static let name = "reduce-and-cluster"
  static let summary =
    "Puts every reducer in front of the same clusterers, and measures in the reduced and in the input space."

  @Slot var data: Loader
  @Slots var whiten: [Normalizer] = [.none]
  @Slots var reduce: [Reducer]
  @Slots var cluster: [Clusterer]
  @Slots var space: [Space] = [.reduced, .input]

  var flow: some Flow {
    let table = data.table
    each(whiten, reduce) { whiten, reduce in
      let features = table.features.then(whiten)
      let embedding = features.then(reduce, labels: table.labels)
      each(cluster, space) { cluster, space in
        let judged = space.features(reduced: embedding, input: features)
        embedding.then(cluster).measured(against: table.labels, in: judged)
      }
    }
  }
}
