public import Artifacts
public import StageKit

/// A stage whose choice is left to the config; only its kind is known.
public protocol SlotStage: Sendable {
  /// What flows into its first port.
  associatedtype Taking: Artifact
  /// What flows on from it.
  associatedtype Giving: Artifact
  /// Which stages can stand here.
  static var kind: StageKind { get }
  /// The choice itself.
  init(_ choice: SlotChoice)
  /// The choice itself.
  var choice: SlotChoice { get }
}

/// Where a slot stage comes from.
public enum SlotChoice: Sendable, Equatable {
  /// The config's choice for the slot of that name.
  case slot(String)
  /// A stage with its default parameters, as the default of a slot.
  case standard(String)
}

extension SlotStage {
  /// The stage of that name with its default parameters, as the default of a slot.
  public static func standard(_ name: String) -> Self { Self(.standard(name)) }

  var standardName: String {
    switch choice {
    case .slot(let name), .standard(let name): name
    }
  }

  var filling: PipelineGraph.Filling {
    guard case .slot(let name) = choice else { preconditionFailure("a default is no stage of a flow") }
    return .slot(name)
  }
}

extension SlotStage where Taking == Giving {
  /// No stage: what comes in goes on unchanged.
  public static var none: Self { .standard(passThroughName) }
}

/// The name under which a config asks for no stage.
public let passThroughName = "none"

/// Loads or makes the table of an experiment.
public struct Loader: SlotStage {
  public typealias Taking = Features
  public typealias Giving = Features
  public static let kind = StageKind.loader
  public let choice: SlotChoice
  public init(_ choice: SlotChoice) { self.choice = choice }
}

/// Divides rows into those that are fitted on and those that are held out.
public struct Splitter: SlotStage {
  public typealias Taking = Labels
  public typealias Giving = Folds
  public static let kind = StageKind.splitter
  public let choice: SlotChoice
  public init(_ choice: SlotChoice) { self.choice = choice }
  /// A random part is held out.
  public static let holdout = Splitter.standard("holdout")
  /// Each class is held out once.
  public static let hiddenClasses = Splitter.standard("hidden-classes")
}

/// Rescales, centres or whitens features.
public struct Normalizer: SlotStage {
  public typealias Taking = Features
  public typealias Giving = Features
  public static let kind = StageKind.normalizer
  public let choice: SlotChoice
  public init(_ choice: SlotChoice) { self.choice = choice }
}

/// Maps features to fewer dimensions.
public struct Reducer: SlotStage {
  public typealias Taking = Features
  public typealias Giving = Features
  public static let kind = StageKind.reducer
  public let choice: SlotChoice
  public init(_ choice: SlotChoice) { self.choice = choice }
}

/// Groups rows.
public struct Clusterer: SlotStage {
  public typealias Taking = Features
  public typealias Giving = Assignment
  public static let kind = StageKind.clusterer
  public let choice: SlotChoice
  public init(_ choice: SlotChoice) { self.choice = choice }
}

/// Chooses the features in which clusters are measured.
public struct Space: SlotStage {
  public typealias Taking = Features
  public typealias Giving = Features
  public static let kind = StageKind.space
  public let choice: SlotChoice
  public init(_ choice: SlotChoice) { self.choice = choice }
  /// Those that were clustered.
  public static let reduced = Space.standard("reduced-space")
  /// Those that were reduced.
  public static let input = Space.standard("input-space")
}

/// Learns labels on the fit rows and predicts them for the held-out rows, or for every row.
public struct Probe: SlotStage {
  public typealias Taking = Features
  public typealias Giving = Predictions
  public static let kind = StageKind.probe
  public let choice: SlotChoice
  public init(_ choice: SlotChoice) { self.choice = choice }
}

/// Gives each class a direction among the features, as a text encoder does of the class's name.
public struct Prompter: SlotStage {
  public typealias Taking = Features
  public typealias Giving = ClassTexts
  public static let kind = StageKind.prompter
  public let choice: SlotChoice
  public init(_ choice: SlotChoice) { self.choice = choice }
}

/// Tells how unlike the fit rows each row is.
public struct Detector: SlotStage {
  public typealias Taking = Features
  public typealias Giving = Scores
  public static let kind = StageKind.detector
  public let choice: SlotChoice
  public init(_ choice: SlotChoice) { self.choice = choice }
}

/// Chooses some of the rows, by their clusters or without.
public struct Sampler: SlotStage {
  public typealias Taking = Assignment
  public typealias Giving = RowMask
  public static let kind = StageKind.sampler
  public let choice: SlotChoice
  public init(_ choice: SlotChoice) { self.choice = choice }
}

/// Groups the rows that are of no known class, beside those that are.
public struct Discoverer: SlotStage {
  public typealias Taking = Features
  public typealias Giving = Assignment
  public static let kind = StageKind.discoverer
  public let choice: SlotChoice
  public init(_ choice: SlotChoice) { self.choice = choice }
}
