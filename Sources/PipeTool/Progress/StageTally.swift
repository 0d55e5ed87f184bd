/// How far the nodes of one stage are.
struct StageTally {
  /// The stage's name.
  let name: String
  /// How many seconds the nodes that ran took together.
  private(set) var ranSeconds = 0.0
  private var counts = [Int](repeating: 0, count: NodePhase.allCases.count)
  private var weights = [Double](repeating: 0, count: NodePhase.allCases.count)
  /// What was predicted for nodes that are to run, and for how many.
  private var predicted = (seconds: 0.0, count: 0)
  /// What was predicted for nodes that ran, and what they took.
  private var checked = (predicted: 0.0, actual: 0.0)

  init(_ name: String) { self.name = name }

  /// How many nodes are in a phase.
  subscript(phase: NodePhase) -> Int { counts[phase.rawValue] }

  /// How many nodes are to run, or have.
  var toRun: Int { counts.reduce(0, +) - self[.stored] }
  /// How many of these have their result.
  var done: Int { self[.ran] + self[.cached] + self[.cutOff] }
  /// How many results need not be computed.
  var kept: Int { self[.stored] + self[.cached] + self[.cutOff] }
  /// How many nodes will not come to a result.
  var lost: Int { self[.failed] + self[.blocked] }
  /// Whether nothing more will happen.
  var isOver: Bool { self[.waiting] == 0 && self[.running] == 0 }

  /// The predicted time of what is to run; where nothing was predicted, a number that stands for it.
  var weight: Double { weights.reduce(0, +) - weight(of: .stored) }
  /// The part of the weight that is done.
  var doneWeight: Double { weight(of: .ran) + weight(of: .cached) + weight(of: .cutOff) }
  /// The part of the weight that will not come to a result.
  var lostWeight: Double { weight(of: .failed) + weight(of: .blocked) }

  private func weight(of phase: NodePhase) -> Double { weights[phase.rawValue] }

  mutating func enter(_ phase: NodePhase, weight: Double) {
    counts[phase.rawValue] += 1
    weights[phase.rawValue] += weight
  }

  mutating func leave(_ phase: NodePhase, weight: Double) {
    counts[phase.rawValue] -= 1
    weights[phase.rawValue] -= weight
  }

  /// Takes note of what history says of a node.
  mutating func predict(_ seconds: Double) {
    predicted.seconds += seconds
    predicted.count += 1
  }

  /// Takes note of what a node took.
  mutating func took(_ seconds: Double, predicted: Double?) {
    ranSeconds += seconds
    guard let predicted else { return }
    checked.predicted += predicted
    checked.actual += seconds
  }

  /// What history says of a node on average.
  var meanPrediction: Double? { predicted.count > 0 ? predicted.seconds / Double(predicted.count) : nil }

  /// How long a node will take: by history, corrected by how this run compares with it; by the mean of the stage in
  /// this run where history is silent; nil where that is too.
  func estimate(_ prediction: Double?) -> Double? {
    if let prediction { return prediction * correction }
    if self[.ran] > 0 { return ranSeconds / Double(self[.ran]) }
    return meanPrediction.map { $0 * correction }
  }

  /// How much longer nodes take than history says; the history counts as much as two nodes of this run.
  private var correction: Double {
    guard let mean = meanPrediction, mean > 0 else { return 1 }
    return (checked.actual + 2 * mean) / (checked.predicted + 2 * mean)
  }
}
