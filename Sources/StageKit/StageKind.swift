import Artifacts
import LinearAlgebra

/// What a slot offers to the stage that fills it and what it expects from it.
///
/// A stage of the kind may take any of the offered ports and must give all of the required ones; it may have optional
/// inputs and further outputs of its own.
public struct StageKind: Sendable, Equatable, CustomStringConvertible {
  /// The name, in the words of messages: `reducer`.
  public let name: String
  /// The ports that a pipeline can connect.
  public let offers: [Port]
  /// The ports that a pipeline goes on with.
  public let gives: [Port]

  /// Makes a kind from its name and its ports.
  public init(_ name: String, offers: [Port], gives: [Port]) {
    self.name = name
    self.offers = offers
    self.gives = gives
  }

  /// The name.
  public var description: String { name }

  /// Kinds are equal if their names are.
  public static func == (a: StageKind, b: StageKind) -> Bool { a.name == b.name }

  /// Loads or makes a table of features with what is known of its rows.
  public static let loader = StageKind(
    "loader", offers: [],
    gives: [
      Port("features", Features.self), Port("labels", Labels.self, isOptional: true),
      Port("groups", Labels.self, isOptional: true), Port("given", Folds.self, isOptional: true),
    ])
  /// Divides rows into those that are fitted on and those that are held out.
  public static let splitter = StageKind(
    "splitter",
    offers: [
      Port("features", Features.self), Port("labels", Labels.self), Port("groups", Labels.self),
      Port("given", Folds.self),
    ], gives: [Port("folds", Folds.self)])
  /// Rescales, centres or whitens features.
  public static let normalizer = StageKind(
    "normalizer", offers: [Port("features", Features.self), Port("fitRows", RowMask.self)],
    gives: [Port("features", Features.self)])
  /// Maps features to fewer dimensions.
  public static let reducer = StageKind(
    "reducer",
    offers: [Port("features", Features.self), Port("labels", Labels.self), Port("fitRows", RowMask.self)],
    gives: [Port("embedding", Features.self)])
  /// Groups rows.
  public static let clusterer = StageKind(
    "clusterer", offers: [Port("features", Features.self)], gives: [Port("assignment", Assignment.self)])
  /// Chooses the features in which clusters are measured.
  public static let space = StageKind(
    "space", offers: [Port("embedding", Features.self), Port("features", Features.self)],
    gives: [Port("features", Features.self)])
  /// Groups the rows that are of no known class, beside those that are.
  public static let discoverer = StageKind(
    "discoverer",
    offers: [
      Port("features", Features.self), Port("labels", Labels.self), Port("known", RowMask.self),
    ], gives: [Port("assignment", Assignment.self)])
  /// Chooses some of the rows, by their clusters or without.
  public static let sampler = StageKind(
    "sampler",
    offers: [
      Port("features", Features.self), Port("assignment", Assignment.self),
      Port("centroids", Matrix<Float>.self), Port("levels", ClusterTree.self),
    ], gives: [Port("sample", RowMask.self)])
  /// Learns labels on the fit rows and predicts them for the held-out rows, or for every row.
  public static let probe = StageKind(
    "probe",
    offers: [
      Port("features", Features.self), Port("labels", Labels.self), Port("fitRows", RowMask.self),
      Port("texts", ClassTexts.self),
    ], gives: [Port("predictions", Predictions.self)])
  /// Gives each class a direction among the features (classes × columns), as a text encoder does of the class's name.
  public static let prompter = StageKind(
    "prompter", offers: [Port("features", Features.self), Port("labels", Labels.self)],
    gives: [Port("texts", ClassTexts.self)])
  /// Tells how unlike the fit rows each row is.
  public static let detector = StageKind(
    "detector", offers: [Port("features", Features.self), Port("fitRows", RowMask.self)],
    gives: [Port("scores", Scores.self)])
  /// Says something about what other stages made, most often one number; it takes whatever ports it names.
  public static let measure = StageKind(
    "measure", offers: [], gives: [Port("measurement", Measurement.self, isOptional: true)])
  /// Turns folds into the rows of one of them.
  public static let selector = StageKind(
    "selector", offers: [Port("folds", Folds.self)], gives: [Port("fitRows", RowMask.self)])
  /// Takes the fit rows, or those that are held out, with what is known of them.
  public static let part = StageKind(
    "part",
    offers: [
      Port("fitRows", RowMask.self), Port("features", Features.self), Port("labels", Labels.self),
      Port("assignment", Assignment.self),
    ],
    gives: [
      Port("features", Features.self), Port("labels", Labels.self),
      Port("assignment", Assignment.self, isOptional: true),
    ])
}
