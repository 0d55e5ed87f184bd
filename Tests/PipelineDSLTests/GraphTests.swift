import PipelineDSL
import StageKit
import Testing

/// Splits, whitens, reduces; clusters and probes are measured.
private struct Small: Pipeline {
  static let name = "small"
  static let summary = "A small one."

  @Slot var data: Loader
  @Slot var split: Splitter = .holdout
  @Slots var whiten: [Normalizer] = [.none]
  @Slots var reduce: [Reducer]
  @Slots var cluster: [Clusterer] = []

  var flow: some Flow {
    let table = data.table
    let fold = split.fold(of: table)
    each(whiten, reduce) { whiten, reduce in
      let embedding = table.features.then(whiten, fit: fold).then(reduce, labels: table.labels, fit: fold)
      embedding.measured()
      each(cluster) { embedding.then($0).measured(against: table.labels) }
    }
  }
}

/// A measure of a slot on features and on two sets of them.
private struct Measured: Pipeline {
  static let name = "measured"
  static let summary = "Measures."

  @Slots var data: [Loader]
  @Slot var other: Loader
  @Slots var measure: [Measure]

  var flow: some Flow {
    each(data, measure) { data, measure in
      let table = data.table
      table.features.measured(by: measure, in: table, beside: other.table.features)
    }
  }
}

/// One reduction beside another.
private struct Compared: Pipeline {
  static let name = "compared"
  static let summary = "One beside another."

  @Slot var data: Loader
  @Slot var reduce: Reducer
  @Slot var reference: Reducer

  var flow: some Flow {
    let table = data.table
    table.features.then(reduce).measured(beside: table.features.then(reference), against: table.labels)
  }
}

@Suite struct GraphTests {
  @Test func aMeasureOfASlotTakesWhatIsKnownOfTheRows() {
    let (slots, graph) = PipelineType(Measured.self).expanded()
    #expect(slots.map(\.kind.name) == ["loader", "loader", "measure"])
    #expect(graph.measured.map(\.node.index) == [2] && graph.measured[0].extras.isEmpty)
    #expect(graph.nodes[2].filling == .slot("measure"))
    #expect(graph.nodes[2].offers.map(\.port) == ["features", "labels", "groups", "other"])
    #expect(graph.nodes[2].offers.map(\.source.node.index) == [0, 0, 0, 1])
  }

  @Test func theGraphIsWhatTheFlowSays() {
    let graph = PipelineType(Small.self).expanded().graph
    func text(_ source: PipelineGraph.Source) -> String { "\(source.node.index).\(source.port)" }
    let lines = graph.nodes.map { node in
      ([String(describing: node.filling)] + node.offers.map { "\($0.port) \(text($0.source))" })
        .joined(separator: ", ")
    }
    #expect(
      lines == [
        #"slot("data")"#,
        #"slot("split"), features 0.features, labels 0.labels, groups 0.groups, given 0.given"#,
        "foldRows, folds 1.folds",
        #"slot("whiten"), features 0.features, fitRows 2.fitRows"#,
        #"slot("reduce"), features 3.features, labels 0.labels, fitRows 2.fitRows"#,
        #"slot("cluster"), features 4.embedding"#,
      ])
    #expect(graph.measured.map(\.node.index) == [4, 5])
    #expect(
      graph.measured.map { $0.extras.map { "\($0.port) \(text($0.source))" } } == [[], ["labels 0.labels"]])
  }

  @Test func aReferenceIsOfferedToMeasures() {
    let graph = PipelineType(Compared.self).expanded().graph
    #expect(graph.measured.map(\.node.index) == [1])
    #expect(
      graph.measured[0].extras.map { "\($0.port) \($0.source.node.index).\($0.source.port)" } == [
        "labels 0.labels", "reference 2.embedding", "spectrumOfReference 2.spectrum",
      ])
  }

  @Test func slotsAndTheirDefaultsAreListed() {
    let type = PipelineType(Small.self)
    #expect(type.name == "small" && type.summary == "A small one.")
    let slots = type.expanded().slots
    #expect(slots.map(\.name) == ["data", "split", "whiten", "reduce", "cluster"])
    #expect(slots.map(\.kind.name) == ["loader", "splitter", "normalizer", "reducer", "clusterer"])
    #expect(slots.map(\.allowsSeveral) == [false, false, true, true, true])
    #expect(slots.map(\.standard) == [nil, ["holdout"], ["none"], nil, []])
  }

  @Test func pipelinesAreFoundByName() {
    let catalog = PipelineCatalog([PipelineType(Small.self)])
    #expect(catalog["small"]?.name == "small")
    #expect(catalog["large"]?.name == nil)
  }
}
