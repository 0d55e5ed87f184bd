import PipelineDSL

/// Puts every probe and every clusterer on the same features, as tables of data sets report them.
struct ProbeTable: Pipeline {
  static let name = "probe-table"
  static let summary =
    "Puts every probe and every clusterer on the same features, as tables of data sets report them."

  @Slot var data: Loader
  @Slot var split: Splitter = .holdout
  @Slots var whiten: [Normalizer] = [.none]
  @Slots var cluster: [Clusterer] = []
  @Slots var probe: [Probe] = []

  var flow: some Flow {
    let table = data.table
    let fold = split.fold(of: table)
    each(whiten) { whiten in
      let features = table.features.then(whiten, fit: fold)
      each(cluster) { features.then($0).measured(against: table.labels) }
      each(probe) { features.then($0, labels: table.labels, fit: fold).measured() }
    }
  }
}
