import PipelineDSL

/// Draws samples from the clusters of every clusterer, and measures the rows, the clusters and the samples.
struct Curate: Pipeline {
  static let name = "curate"
  static let summary =
    "Draws samples from the clusters of every clusterer, and measures rows, clusters and samples."

  @Slot var data: Loader
  @Slots var cluster: [Clusterer]
  @Slots var sample: [Sampler] = []

  var flow: some Flow {
    let table = data.table
    table.features.measured(against: table.labels)
    each(cluster) { cluster in
      let clusters = table.features.then(cluster)
      clusters.measured(against: table.labels)
      each(sample) { clusters.then($0, from: table.features).measured(against: table.labels) }
    }
  }
}
