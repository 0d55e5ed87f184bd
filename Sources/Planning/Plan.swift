public import Artifacts
public import Diagnostics
public import RunRecords
public import StageKit

/// An experiment expanded into a graph of nodes with their keys; nothing has run.
public struct Plan: Sendable {
  /// The config that it comes from.
  public let config: Config
  /// What the plan is called, if not by its config's name.
  var jointName: String?
  /// The pipeline's name.
  public let pipeline: String
  /// The replicates of what is random.
  public let seeds: [Int]
  /// The nodes, no two with the same key; what a node takes stands before it.
  public internal(set) var nodes: [Node] = []
  /// The numbers that the experiment is about.
  public internal(set) var measured: [PlannedMeasurement] = []
  /// The tables that the config asks for.
  public internal(set) var tables: [TableSpecification] = []
  /// The claims that the config checks.
  public internal(set) var claims: [ClaimSpecification] = []
  /// The slots in the order of the pipeline, with everything that fills them, complete with defaults.
  public internal(set) var slots: [(name: String, alternatives: [JSON])] = []
  /// How many combinations of choices are measured, replicates not counted.
  public internal(set) var cellCount = 0

  /// What the plan is called: by its config's name, or by those of several.
  public var name: String { jointName ?? config.name }

  /// The place of a node in a plan.
  public struct NodeID: Hashable, Sendable, Comparable {
    /// The position in `nodes`.
    public let index: Int
    /// The order of the positions.
    public static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
  }

  /// A connection from one node's output to another's input.
  public struct Edge: Sendable {
    /// The input port.
    public let port: String
    /// The node that feeds it.
    public internal(set) var node: NodeID
    /// That node's output port.
    public let output: String
  }

  /// A fit by itself of what a shared fit would give.
  ///
  /// More components than the data have make the fit for the largest value fail, and nothing else, as one value of a
  /// path does the whole path: whether that happens depends on the config and the data alone, so the result still does.
  public struct Alone: Sendable {
    private let placed: PlacedStage
    /// The stage that fits.
    public var stage: ConfiguredStage { placed.stage }
    /// What feeds it.
    public internal(set) var inputs: [Edge]
    /// Its seed, if it is random.
    public let seed: UInt64?

    init(_ placed: PlacedStage, inputs: [Edge], seed: UInt64?) {
      self.placed = placed
      self.inputs = inputs
      self.seed = seed
    }
  }

  /// One stage with resolved parameters at one place in the plan.
  ///
  /// What many nodes share is kept once: a plan may have hundreds of thousands.
  public struct Node: Sendable {
    /// The place in the plan.
    public internal(set) var id: NodeID
    /// The stage with its parameters.
    public var stage: ConfiguredStage { _read { yield placed.stage } }
    /// What feeds it, in the order of the ports' names.
    public internal(set) var inputs: [Edge]
    /// The seed, if the stage is random.
    public var seed: UInt64? { components.seed }
    /// The digest of everything that can change the result.
    public let key: Key
    /// What the key is made of.
    public let components: KeyComponents
    /// A name for people, made of values: `k-means · pca, components 8 · seed 2`.
    public var name: String { placed.label + suffix.text }
    /// The values of a parameter that this fit serves; empty if it serves itself alone.
    public internal(set) var fitsFor: [Double] = []
    /// How a result that is taken from a shared fit comes about where that fit fails.
    public internal(set) var alone: Alone?
    /// Where the stage stands in the config.
    public var location: SourceLocation? { placed.location }
    /// How its stage is run.
    public var conduct: Conduct { placed.conduct }

    let placed: PlacedStage
    /// What the name says besides the stage.
    let suffix: NodeNames.Suffix
  }

  /// A number that will be measured, with its place in the experiment.
  public struct PlannedMeasurement: Sendable {
    /// The choices of the slots that lead to it, in the order of the pipeline's slots.
    public let choices: [Choice]
    /// The replicate, if anything above is random.
    public let seed: Int?
    /// The fold, if there are several.
    public let fold: Int?
    /// The measure's name.
    public let metric: String
    /// The measuring node.
    public internal(set) var node: NodeID
  }

  /// The node at a place.
  public subscript(id: NodeID) -> Node {
    // Lent, not copied: a copy counts a reference for every field.
    _read { yield nodes[id.index] }
  }
}

extension Plan.Node {
  /// A node with everything of its own, as tests put plans together.
  init(
    id: Plan.NodeID, stage: ConfiguredStage, inputs: [Plan.Edge], seed: UInt64?, key: Key,
    components: KeyComponents, name: String, location: SourceLocation?, conduct: Conduct = Conduct()
  ) {
    self.id = id
    self.inputs = inputs
    self.key = key
    self.components = KeyComponents(components.own, seed: seed, sorted: components.inputs)
    placed = PlacedStage(stage, components.own, label: name, at: location, conduct: conduct)
    suffix = NodeNames.Suffix()
  }
}
