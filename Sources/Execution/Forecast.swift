import Planning
import StageKit
import Store

/// What earlier runs say of a node.
struct Prediction: Sendable {
  /// How long it takes.
  var seconds: Double?
  /// The most memory that its stage takes, its outputs included and its inputs not.
  var peakBytes: Int?
  /// Bytes of its outputs.
  var outputBytes: Int?
  /// Whether a stage with the same parameters was measured on inputs of the same size.
  var isMeasured = false
}

/// What the nodes of a plan will need, by the history of the store.
struct Forecast {
  private var predictions: [Prediction]

  subscript(id: Plan.NodeID) -> Prediction { predictions[id.index] }

  /// Looks up the nodes that will run; sizes are handed down from what is stored through what is predicted.
  init(_ plan: Plan, _ toRun: [Plan.NodeID], _ store: Store, _ history: History) {
    predictions = Array(repeating: Prediction(), count: plan.nodes.count)
    var bytes = [Int?](repeating: nil, count: plan.nodes.count)
    var isKnown = [Bool](repeating: false, count: plan.nodes.count)
    var classes: [String: Prediction] = [:]
    for id in toRun {
      let node = plan[id]
      for edge in node.inputs where !isKnown[edge.node.index] {
        isKnown[edge.node.index] = true
        bytes[edge.node.index] = store.entry(for: plan[edge.node].key).map { entry in
          entry.outputs.reduce(0) { $0 + $1.byteCount }
        }
      }
      let inputs = node.inputs.map { bytes[$0.node.index] }
      let name = History.className(node.stage, inputs)
      let prediction = classes[name] ?? history.prediction(node.stage, inputs)
      classes[name] = prediction
      predictions[id.index] = prediction
      bytes[id.index] = prediction.outputBytes
      isKnown[id.index] = true
    }
  }
}
