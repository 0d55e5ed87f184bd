import Artifacts

/// Several plans as one: what they share is there once, so that it is computed once.
public struct JointPlan: Sendable {
  /// One of the plans, and where it stands in the whole.
  public struct Part: Sendable {
    /// The plan by itself.
    public let plan: Plan
    /// The place of each of its nodes in the whole.
    public let places: [Plan.NodeID]
    /// Which of the measurements of the whole are its own.
    public let measured: Range<Int>
  }

  /// The whole.
  public private(set) var plan: Plan
  /// The plans in their order.
  public private(set) var parts: [Part] = []

  /// Joins plans, of which there is at least one.
  public init(_ plans: [Plan]) {
    plan = plans[0]
    guard plans.count > 1 else {
      parts = [Part(plan: plan, places: plan.nodes.map(\.id), measured: plan.measured.indices)]
      return
    }
    plan.jointName = "\(plans[0].name) and \(plans.count - 1) more"
    (plan.nodes, plan.measured, plan.tables, plan.cellCount) = ([], [], [], 0)
    var byKey: [Key: Plan.NodeID] = [:]
    for part in plans {
      let places = add(part, &byKey)
      let first = plan.measured.count
      for var measured in part.measured {
        measured.node = places[measured.node.index]
        plan.measured.append(measured)
      }
      plan.cellCount += part.cellCount
      parts.append(Part(plan: part, places: places, measured: first..<plan.measured.count))
    }
  }

  private mutating func add(_ part: Plan, _ byKey: inout [Key: Plan.NodeID]) -> [Plan.NodeID] {
    var places: [Plan.NodeID] = []
    places.reserveCapacity(part.nodes.count)
    for node in part.nodes {
      if let known = byKey[node.key] {
        plan.nodes[known.index].serve(node.fitsFor)
        places.append(known)
        continue
      }
      let id = Plan.NodeID(index: plan.nodes.count)
      byKey[node.key] = id
      places.append(id)
      plan.nodes.append(node)
      plan.nodes[id.index].move(to: places)
    }
    return places
  }
}

extension Plan.Node {
  fileprivate mutating func serve(_ others: [Double]) {
    if others != fitsFor { fitsFor = Set(fitsFor + others).sorted() }
  }
}
