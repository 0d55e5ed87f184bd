import Planning

/// Which nodes of a plan take from which, in a form that is quick to walk.
struct NodeGraph {
  private let starts: [Int32]
  private let sources: [Int32]

  /// A graph from what feeds each node; what feeds a node stands before it.
  init(inputs: some Sequence<[Int]>) {
    var starts: [Int32] = [0]
    var sources: [Int32] = []
    for list in inputs {
      sources += list.map(Int32.init)
      starts.append(Int32(sources.count))
    }
    self.starts = starts
    self.sources = sources
  }

  init(_ plan: Plan) { self.init(inputs: plan.nodes.lazy.map { $0.inputs.map(\.node.index) }) }

  /// How many nodes there are.
  var count: Int { starts.count - 1 }

  /// Calls `body` with each node that feeds `node`.
  func forEachInput(of node: Int, _ body: (Int) -> Void) {
    for index in Int(starts[node])..<Int(starts[node + 1]) { body(Int(sources[index])) }
  }
}
