import PipelineDSL

/// Compares what reducers find with what a reference finds on the same rows; these may have been spoiled for the reducers.
struct CompareReductions: Pipeline {
  static let name = "compare-reductions"
  static let summary =
    "Compares reducers, on rows that may be spoiled, with a reference on the rows as they are."

  @Slot var data: Loader
  @Slot var split: Splitter = .holdout
  @Slots var whiten: [Normalizer] = [.none]
  @Slot var reference: Reducer
  @Slots var spoil: [Normalizer] = [.none]
  @Slots var reduce: [Reducer]

  var flow: some Flow {
    let table = data.table
    let fold = split.fold(of: table)
    each(whiten, spoil, reduce) { whiten, spoil, reduce in
      let features = table.features.then(whiten, fit: fold)
      let expected = features.then(reference, labels: table.labels, fit: fold)
      let spoiled = features.then(spoil, fit: fold)
      spoiled.then(reduce, labels: table.labels, fit: fold).measured(beside: expected)
    }
  }
}
