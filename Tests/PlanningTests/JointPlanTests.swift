import Testing

@testable import Planning

/// Several plans as one.
@Suite struct JointPlanTests {
  private static let first = """
    "seeds": 2, "reduce": [{ "reduce": {} }], "cluster": [{ "cluster": {} }]
    """
  private static let second = """
    "seeds": 2, "reduce": [{ "reduce": {} }], "cluster": [{ "cluster": { "clusters": 9 } }]
    """

  @Test func aPlanByItselfStaysAsItIs() throws {
    let plan = try Fakes.plan(Self.first)
    let joint = JointPlan([plan])
    #expect(joint.plan.nodes.map(\.key) == plan.nodes.map(\.key))
    #expect(joint.parts[0].places == plan.nodes.map(\.id))
    #expect(joint.plan.name == "test")
  }

  @Test func whatPlansShareIsThereOnce() throws {
    let plans = [try Fakes.plan(Self.first), try Fakes.plan(Self.second)]
    let joint = JointPlan(plans)
    #expect(joint.plan.name == "test and 1 more")
    #expect(Set(joint.plan.nodes.map(\.key)).count == joint.plan.nodes.count)
    #expect(joint.plan.nodes.count < plans[0].nodes.count + plans[1].nodes.count)
    #expect(joint.plan.measured.count == plans[0].measured.count + plans[1].measured.count)
    for (part, plan) in zip(joint.parts, plans) {
      #expect(part.places.map { joint.plan[$0].key } == plan.nodes.map(\.key))
      for (own, place) in zip(plan.measured, part.measured) {
        #expect(joint.plan[joint.plan.measured[place].node].key == plan[own.node].key)
      }
    }
    for (index, node) in joint.plan.nodes.enumerated() {
      #expect(node.id.index == index)
      #expect(node.inputs.allSatisfy { $0.node.index < index })
    }
  }
}
