import PipelineDSL

/// Puts every measure of a slot behind the same features: how diverse, or of how many dimensions, they are.
struct Diversity: Pipeline {
  static let name = "diversity"
  static let summary = "Measures how diverse features are, or of how many dimensions."

  @Slots var data: [Loader]
  @Slots var whiten: [Normalizer] = [.none]
  @Slots var reduce: [Reducer] = [.none]
  @Slots var measure: [Measure]

  var flow: some Flow {
    each(data, whiten, reduce) { data, whiten, reduce in
      let table = data.table
      let features = table.features.then(whiten).then(reduce, labels: table.labels)
      each(measure) { features.measured(by: $0, in: table) }
    }
  }
}
