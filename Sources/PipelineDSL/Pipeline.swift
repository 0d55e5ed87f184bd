/// The shape of an experiment: slots, and how the stages in them are chained.
///
///     struct ReduceAndProbe: Pipeline {
///       @Slot var data: Loader
///       @Slot var split: Splitter = .holdout
///       @Slots var reduce: [Reducer]
///       @Slots var probe: [Probe]
///
///       var flow: some Flow {
///         let table = data.table
///         let fold = split.fold(of: table)
///         each(reduce, probe) { reduce, probe in
///           table.features.then(reduce, fit: fold).then(probe, labels: table.labels, fit: fold).measured()
///         }
///       }
///     }
public protocol Pipeline: SendableMetatype {
  /// What the body yields.
  associatedtype Body: Flow
  /// The name that configs use, in lower case with hyphens.
  static var name: String { get }
  /// What the pipeline does, in one sentence.
  static var summary: String { get }
  /// A pipeline whose slots are open.
  init()
  /// How the stages are chained.
  @FlowBuilder var flow: Body { get }
}

/// A pipeline of the catalog with its types hidden.
public struct PipelineType: Sendable {
  /// The name that configs use.
  public let name: String
  /// What it does, in one sentence.
  public let summary: String
  private let read: @Sendable () -> (slots: [SlotDeclaration], graph: PipelineGraph)

  /// Hides the types of a pipeline.
  public init<P: Pipeline>(_ type: P.Type) {
    name = P.name
    summary = P.summary
    read = {
      let pipeline = P()
      let slots = Mirror(reflecting: pipeline).children.compactMap { child -> SlotDeclaration? in
        guard let label = child.label, let slot = child.value as? any AnySlot else { return nil }
        return slot.declare(as: String(label.drop { $0 == "_" }))
      }
      return (slots, PipelineGraph(pipeline.flow.outcomes))
    }
  }

  /// The slots in the order of their declaration, and the shape.
  public func expanded() -> (slots: [SlotDeclaration], graph: PipelineGraph) { read() }
}

/// The list of pipelines that a tool knows.
public struct PipelineCatalog: Sendable {
  /// The pipelines, in the order in which they are listed.
  public let pipelines: [PipelineType]

  /// Makes a catalog; names are unique.
  public init(_ pipelines: [PipelineType]) { self.pipelines = pipelines }

  /// The pipeline of that name.
  public subscript(name: String) -> PipelineType? { pipelines.first { $0.name == name } }
}
