/// What a pipeline yields: a list of outcomes.
public protocol Flow: SendableMetatype {
  /// The outcomes in order.
  var outcomes: [Outcome] { get }
}

/// A stage whose result is measured, or a measure that stands in a slot.
public struct Outcome: Flow {
  let subject: FlowNode
  let extras: [(port: String, source: FlowSource)]

  /// This outcome alone.
  public var outcomes: [Outcome] { [self] }
}

/// Several flows in a row.
public struct FlowList: Flow {
  /// The outcomes in order.
  public let outcomes: [Outcome]
}

/// Lets the lines of a flow stand one under the other.
@resultBuilder
public enum FlowBuilder {
  /// Joins the lines.
  public static func buildBlock(_ flows: any Flow...) -> FlowList {
    FlowList(outcomes: flows.flatMap(\.outcomes))
  }
}

/// What follows is done for each alternative.
public func each<A: SlotStage>(_ a: [A], @FlowBuilder _ body: (A) -> some Flow) -> FlowList {
  FlowList(outcomes: a.flatMap { body($0).outcomes })
}

/// What follows is done for each combination of alternatives.
public func each<A: SlotStage, B: SlotStage>(
  _ a: [A], _ b: [B], @FlowBuilder _ body: (A, B) -> some Flow
) -> FlowList {
  FlowList(outcomes: a.flatMap { a in b.flatMap { body(a, $0).outcomes } })
}

/// What follows is done for each combination of alternatives.
public func each<A: SlotStage, B: SlotStage, C: SlotStage>(
  _ a: [A], _ b: [B], _ c: [C], @FlowBuilder _ body: (A, B, C) -> some Flow
) -> FlowList {
  FlowList(outcomes: a.flatMap { a in b.flatMap { b in c.flatMap { body(a, b, $0).outcomes } } })
}
