public import Artifacts
public import Diagnostics
public import RunRecords
public import StageKit

/// An experiment expanded into a graph of nodes with their keys; nothing has run.
public struct Plan: Sendable {
  /// The config that it comes from.
  public let config: Config
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
  /// The slots in the order of the pipeline, with everything that fills them, complete with defaults.
  public internal(set) var slots: [(name: String, alternatives: [JSON])] = []
  /// How many combinations of choices are measured, replicates not counted.
  public internal(set) var cellCount = 0

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
    public let node: NodeID
    /// That node's output port.
    public let output: String
  }

  /// One stage with resolved parameters at one place in the plan.
  public struct Node: Sendable {
    /// The place in the plan.
    public let id: NodeID
    /// The stage with its parameters.
    public let stage: ConfiguredStage
    /// What feeds it, in the order of the ports' names.
    public let inputs: [Edge]
    /// The seed, if the stage is random.
    public let seed: UInt64?
    /// The digest of everything that can change the result.
    public let key: Key
    /// What the key is made of.
    public let components: KeyComponents
    /// A name for people, made of values: `k-means · pca, components 8 · seed 2`.
    public internal(set) var name: String
    /// The values of a nested parameter that this fit serves; empty if it serves itself alone.
    public internal(set) var fitsFor: [Int] = []
    /// Where the stage stands in the config.
    public let location: SourceLocation?
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
    public let node: NodeID
  }

  /// The node at a place.
  public subscript(id: NodeID) -> Node { nodes[id.index] }
}
