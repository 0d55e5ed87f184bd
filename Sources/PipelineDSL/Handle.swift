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
  public func then<Stage: SlotStage>(
    _ stage: Stage, labels: Handle<Labels>? = nil, fit: Handle<RowMask>? = nil
  ) -> Handle<Stage.Giving> where Stage.Taking == Flowing {
    var offers = [(port: Stage.kind.offers[0].name, source: source)]
    if let labels { offers.append(("labels", labels.source)) }
    if let fit { offers.append(("fitRows", fit.source)) }
    let node = FlowNode(stage.filling, offers: offers)
    return Handle<Stage.Giving>(source: FlowSource(node: node, port: Stage.kind.gives[0].name))
  }

  /// Applies every measure that fits: those whose ports are among the stage's own inputs and outputs and what is
  /// given here.
  public func measured(against labels: Handle<Labels>? = nil) -> Outcome {
    Outcome(subject: source.node, extras: labels.map { [("labels", $0.source)] } ?? [])
  }
}

extension Handle where Flowing == Features {
  /// Applies the measure of a slot, with the parameters that the config gives it.
  ///
  /// - Parameters:
  ///   - measure: the measure; it takes what flows here as `features`.
  ///   - table: what else is known of the rows; the measure takes of it what its ports name.
  ///   - other: other features of the same rows, for measures that compare two.
  public func measured(
    by measure: Measure, in table: Table? = nil, beside other: Handle<Features>? = nil
  ) -> Outcome {
    var offers = [(port: "features", source: source)]
    if let table { offers += [("labels", table.labels.source), ("groups", table.groups.source)] }
    if let other { offers.append(("other", other.source)) }
    return Outcome(subject: FlowNode(measure.filling, offers: offers), extras: [])
  }
}
