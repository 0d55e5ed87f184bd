import PipelineDSL

/// Puts measures of representations, which need no labels, beside what probes make of them.
struct RepresentationRank: Pipeline {
  static let name = "representation-rank"
  static let summary = "Measures representations without labels, and by what probes make of them."

  @Slots var data: [Loader]
  @Slot var split: Splitter = .holdout
  @Slots var whiten: [Normalizer] = [.none]
  @Slots var reduce: [Reducer] = [.none]
  @Slots var measure: [Measure]
  @Slots var probe: [Probe] = []

  var flow: some Flow {
    each(data, whiten, reduce) { data, whiten, reduce in
      let table = data.table
      let fold = split.fold(of: table)
      let features = table.features.then(whiten, fit: fold).then(reduce, labels: table.labels, fit: fold)
      each(measure) { features.measured(by: $0, in: table) }
      each(probe) { features.then($0, labels: table.labels, fit: fold).measured() }
    }
  }
}
