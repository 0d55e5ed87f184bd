import PipelineDSL

/// Puts every reducer in front of the same clusterers and probes, on the same folds.
struct ReduceAndCompare: Pipeline {
  static let name = "reduce-and-compare"
  static let summary = "Puts every reducer in front of the same clusterers and probes, on the same folds."

  @Slot var data: Loader
  @Slot var split: Splitter = .holdout
  @Slots var whiten: [Normalizer] = [.none]
  @Slots var reduce: [Reducer]
  @Slots var cluster: [Clusterer] = []
  @Slots var probe: [Probe] = []

  var flow: some Flow {
    let table = data.table
    let fold = split.fold(of: table)
    each(whiten, reduce) { whiten, reduce in
      let embedding = table.features.then(whiten, fit: fold).then(reduce, labels: table.labels, fit: fold)
      embedding.measured()
      each(cluster) { embedding.then($0).measured(against: table.labels) }
      each(probe) { embedding.then($0, labels: table.labels, fit: fold).measured() }
    }
  }
}
