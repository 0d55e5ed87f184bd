import PipelineDSL

/// Looks for classes that are hidden: on their rows alone, beside the known classes, and, to tune what does so, by hiding
/// known classes as well.
struct DiscoverClasses: Pipeline {
  static let name = "discover-classes"
  static let summary = "Looks for hidden classes, on their rows alone and beside those that are known."

  @Slot var data: Loader
  @Slot var split: Splitter
  @Slot var hide: Splitter = .hiddenClasses
  @Slots var whiten: [Normalizer] = [.none]
  @Slots var cluster: [Clusterer] = []
  @Slots var discover: [Discoverer] = []

  var flow: some Flow {
    let loaded = data.table
    let fold = split.fold(of: loaded)
    each(whiten) { whiten in
      let table = loaded.with(loaded.features.then(whiten, fit: fold))
      let novel = table.heldOut(by: fold)
      each(cluster) { novel.features.then($0).measured(against: novel.labels) }
      each(discover) { table.discovered(by: $0, known: fold) }
      let known = table.fitted(by: fold)
      let hidden = hide.fold(of: known)
      each(discover) { known.discovered(by: $0, known: hidden) }
    }
  }
}
