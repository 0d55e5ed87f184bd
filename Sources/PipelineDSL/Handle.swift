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
  public func measured(against labels: Handle<Labels>? = nil) -> Outcome {
    Outcome(subject: source.node, extras: labels.map { [("labels", $0.source)] } ?? [])
  }
}
