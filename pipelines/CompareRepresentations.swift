import PipelineDSL

/// Measures what two sets of features of the same rows have in common.
struct CompareRepresentations: Pipeline {
  static let name = "compare-representations"
  static let summary = "Measures what two sets of features of the same rows have in common."

  @Slots var data: [Loader]
  @Slots var other: [Loader]
  @Slots var map: [Normalizer] = [.none]
  @Slots var compare: [Measure]

  var flow: some Flow {
    each(data, other, map) { data, other, map in
      let (table, mapped) = (data.table, other.table.features.then(map))
      each(compare) { table.features.measured(by: $0, in: table, beside: mapped) }
    }
  }
}
