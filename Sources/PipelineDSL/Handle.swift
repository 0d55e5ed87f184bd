public import Artifacts
import StageKit

/// What flows between two stages, with its type.
public struct Handle<Flowing: Artifact>: Sendable {
  let source: FlowSource
}

/// What is known of the rows of an experiment.
public struct Table: Sendable {
  /// The features of each row.
  public let features: Handle<Features>
  /// The class of each row.
  public let labels: Handle<Labels>
  /// The group of each row, for splits that keep groups together.
  public let groups: Handle<Labels>
  /// A division of the rows that came with the data.
  public let given: Handle<Folds>
}

extension Loader {
  /// The table that is loaded.
  public var table: Table {
    let node = FlowNode(filling, offers: [])
    return Table(
      features: Handle(source: FlowSource(node: node, port: "features")),
      labels: Handle(source: FlowSource(node: node, port: "labels")),
      groups: Handle(source: FlowSource(node: node, port: "groups")),
      given: Handle(source: FlowSource(node: node, port: "given")))
  }
}

extension Space {
  /// The features to measure in: one of two, as the config chooses.
  ///
  /// - Parameters:
  ///   - reduced: those that are clustered.
  ///   - input: those before the reduction.
  public func features(reduced: Handle<Features>, input: Handle<Features>) -> Handle<Features> {
    let node = FlowNode(filling, offers: [("embedding", reduced.source), ("features", input.source)])
    return Handle<Features>(source: FlowSource(node: node, port: "features"))
  }
}

extension Splitter {
  /// The rows that are fitted on, in each fold in turn.
  public func fold(of table: Table) -> Handle<RowMask> {
    let folds = FlowNode(
      filling,
      offers: [
        ("features", table.features.source), ("labels", table.labels.source), ("groups", table.groups.source),
        ("given", table.given.source),
      ])
    let rows = FlowNode(.foldRows, offers: [("folds", FlowSource(node: folds, port: "folds"))])
    return Handle<RowMask>(source: FlowSource(node: rows, port: "fitRows"))
  }
}

extension Handle {
  /// Puts a stage behind this one.
  ///
  /// - Parameters:
  ///   - stage: the stage; it takes what flows here.
  ///   - labels: the classes that it may learn from.
  ///   - fit: the rows that it is fitted on; every row if absent.
  ///   - texts: a direction for each class.
  public func then<Stage: SlotStage>(
    _ stage: Stage, labels: Handle<Labels>? = nil, fit: Handle<RowMask>? = nil,
    texts: Handle<ClassTexts>? = nil
  ) -> Handle<Stage.Giving> where Stage.Taking == Flowing {
    var offers = [(port: Stage.kind.offers[0].name, source: source)]
    if let labels { offers.append(("labels", labels.source)) }
    if let fit { offers.append(("fitRows", fit.source)) }
    if let texts { offers.append(("texts", texts.source)) }
    let node = FlowNode(stage.filling, offers: offers)
    return Handle<Stage.Giving>(source: FlowSource(node: node, port: Stage.kind.gives[0].name))
  }

  /// Applies every measure that fits: those whose ports are among the stage's own inputs and outputs and what is
  /// given here.
  ///
  /// - Parameters:
  ///   - labels: the truth.
  ///   - features: those that measures take; those that went into the stage if absent.
  public func measured(
    against labels: Handle<Labels>? = nil, in features: Handle<Features>? = nil
  ) -> Outcome {
    var extras = labels.map { [(port: "labels", source: $0.source)] } ?? []
    if let features { extras.append(("features", features.source)) }
    return Outcome(subject: source.node, extras: extras)
  }
}

extension Handle<Assignment> {
  /// Chooses rows by the clusters, and by what else the clusterer tells of them.
  ///
  /// - Parameter features: the features of the rows that were clustered.
  public func then(_ sampler: Sampler, from features: Handle<Features>) -> Handle<RowMask> {
    func port(_ name: String) -> FlowSource { FlowSource(node: source.node, port: name) }
    let node = FlowNode(
      sampler.filling,
      offers: [
        ("features", features.source), ("assignment", source), ("centroids", port("centroids")),
        ("levels", port("levels")),
      ])
    return Handle<RowMask>(source: FlowSource(node: node, port: "sample"))
  }
}

extension Table {
  /// The same rows with other features.
  public func with(_ features: Handle<Features>) -> Table {
    Table(features: features, labels: labels, groups: groups, given: given)
  }

  /// The rows that are fitted on, alone; their groups and the division that came with the data do not go along.
  public func fitted(by fold: Handle<RowMask>) -> Table { part(fold, isHeldOut: false) }

  /// The rows that are held out, alone; their groups and the division that came with the data do not go along.
  public func heldOut(by fold: Handle<RowMask>) -> Table { part(fold, isHeldOut: true) }

  private func part(_ fold: Handle<RowMask>, isHeldOut: Bool) -> Table {
    let node = FlowNode(
      .part(PipelineGraph.Part(isHeldOut: isHeldOut, hasClusters: false)),
      offers: [("fitRows", fold.source), ("features", features.source), ("labels", labels.source)])
    func port(_ name: String) -> FlowSource { FlowSource(node: node, port: name) }
    return Table(
      features: Handle(source: port("features")), labels: Handle(source: port("labels")),
      groups: Handle(source: port("groups")), given: Handle(source: port("given")))
  }

  /// Groups the rows that are held out beside the fit rows, whose classes are known, and measures the clusters of the
  /// held-out rows against their classes.
  public func discovered(by discoverer: Discoverer, known fold: Handle<RowMask>) -> Outcome {
    let clusters = FlowNode(
      discoverer.filling,
      offers: [("features", features.source), ("labels", labels.source), ("known", fold.source)])
    let part = FlowNode(
      .part(PipelineGraph.Part(isHeldOut: true, hasClusters: true)),
      offers: [
        ("fitRows", fold.source), ("features", features.source), ("labels", labels.source),
        ("assignment", FlowSource(node: clusters, port: "assignment")),
      ])
    return Outcome(subject: part, extras: [])
  }
}
