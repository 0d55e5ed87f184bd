/// The shape of an experiment before its slots are filled: which stage takes what from which.
public struct PipelineGraph: Sendable {
  /// The place of a node in the graph.
  public struct NodeID: Hashable, Sendable {
    /// The position in `nodes`.
    public let index: Int
  }

  /// What fills a node.
  public enum Filling: Sendable, Equatable {
    /// Whatever the config gives for a slot.
    case slot(String)
    /// One fold of the splitter in a slot, each fold in turn.
    case foldRows
    /// The fit rows or those that are held out, with their clusters or without.
    case part(Part)
  }

  /// Which rows are taken, and whether with their clusters.
  public struct Part: Sendable, Equatable {
    /// Whether it is the rows that are held out.
    public var isHeldOut: Bool
    /// Whether the clusters of the rows are taken as well.
    public var hasClusters: Bool
  }

  /// The output of a node.
  public struct Source: Sendable, Equatable {
    /// The node.
    public var node: NodeID
    /// The name of its output port.
    public var port: String
  }

  /// One stage in the shape.
  public struct Node: Sendable {
    /// What fills it.
    public var filling: Filling
    /// What is offered to the stage, by port.
    public var offers: [(port: String, source: Source)]
  }

  /// A node that is measured.
  public struct Measured: Sendable {
    /// The node.
    public var node: NodeID
    /// What measures may take besides the node's own inputs and outputs.
    public var extras: [(port: String, source: Source)]
  }

  /// The nodes; what a node takes stands before it.
  public private(set) var nodes: [Node] = []
  /// What is measured.
  public private(set) var measured: [Measured] = []

  /// Builds the graph of everything that the outcomes need.
  init(_ outcomes: [Outcome]) {
    var ids: [ObjectIdentifier: NodeID] = [:]
    for outcome in outcomes {
      let node = add(outcome.subject, &ids)
      let extras = outcome.extras.map { ($0.port, add($0.source, &ids)) }
      measured.append(Measured(node: node, extras: extras))
    }
  }

  private mutating func add(_ element: FlowNode, _ ids: inout [ObjectIdentifier: NodeID]) -> NodeID {
    if let known = ids[ObjectIdentifier(element)] { return known }
    let offers = element.offers.map { ($0.port, add($0.source, &ids)) }
    let id = NodeID(index: nodes.count)
    nodes.append(Node(filling: element.filling, offers: offers))
    ids[ObjectIdentifier(element)] = id
    return id
  }

  private mutating func add(_ source: FlowSource, _ ids: inout [ObjectIdentifier: NodeID]) -> Source {
    Source(node: add(source.node, &ids), port: source.port)
  }
}

/// A node while a flow is written down; its identity is the object's.
final class FlowNode: Sendable {
  let filling: PipelineGraph.Filling
  let offers: [(port: String, source: FlowSource)]

  init(_ filling: PipelineGraph.Filling, offers: [(port: String, source: FlowSource)]) {
    self.filling = filling
    self.offers = offers
  }
}

/// The output of a node while a flow is written down.
struct FlowSource: Sendable {
  let node: FlowNode
  let port: String
}
