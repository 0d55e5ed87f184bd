import Glibc

/// How long the rest of a run will take.
struct Forecast: Equatable {
  /// Seconds from now on.
  var seconds: Double
  /// Whether it will take longer, since nothing is known of some stage.
  var isLeast = false
}

/// Foretells the end of a run from what is known of its nodes.
///
/// Work shares out over the threads that are found busy, and no run ends before its longest chain does: the greater of
/// the two times is the forecast. It walks the whole plan; once a second is enough.
struct Forecaster {
  private let graph: NodeGraph
  private let jobs: Double
  /// How many nodes run side by side when there are enough: less than `jobs` where memory is short.
  private var concurrency: Double
  private var lastTime: Double?

  /// How quickly `concurrency` follows what is seen, in seconds.
  private static let memory = 15.0

  init(_ graph: NodeGraph, jobs: Int) {
    self.graph = graph
    self.jobs = Double(max(jobs, 1))
    concurrency = self.jobs
  }

  /// What is left at a time in seconds since the run's start; nil while nothing is known of anything that will run.
  mutating func forecast(_ tally: RunTally, at time: Double) -> Forecast? {
    let left = Remaining(tally, graph, at: time)
    if left.hasReady, let lastTime, time > lastTime {
      let share = 1 - exp((lastTime - time) / Forecaster.memory)
      concurrency += share * (min(Double(tally.running.count), jobs) - concurrency)
    }
    lastTime = time
    guard left.known > 0 || left.unknown == 0 else { return nil }
    return Forecast(
      seconds: max(left.work / max(concurrency, 1), left.longestChain), isLeast: left.unknown > 0)
  }
}

/// What is left to do of a run.
private struct Remaining {
  /// Seconds of all nodes together.
  var work = 0.0
  /// Seconds of the longest chain of nodes that take from each other.
  var longestChain = 0.0
  /// How many nodes' time is known.
  var known = 0
  /// How many nodes' time is not.
  var unknown = 0
  /// Whether a node could run and does not, so that threads or memory are what is short.
  var hasReady = false

  init(_ tally: RunTally, _ graph: NodeGraph, at time: Double) {
    var since: [Int: Double] = [:]
    for running in tally.running { since[running.node] = running.since }
    // The longest chain of what follows each node.
    var below = [Double](repeating: 0, count: graph.count)
    for node in (0..<graph.count).reversed() {
      let phase = tally.phases[node]
      guard phase == .waiting || phase == .running else { continue }
      let estimate = tally.estimate(of: node)
      if estimate == nil { unknown += 1 } else { known += 1 }
      let elapsed = since[node].map { max(0, time - $0) } ?? 0
      // What takes longer than expected will take a while longer still.
      let seconds = max((estimate ?? 0) - elapsed, elapsed * 0.1)
      work += seconds
      let chain = below[node] + seconds
      longestChain = max(longestChain, chain)
      var isReady = phase == .waiting
      graph.forEachInput(of: node) { input in
        below[input] = max(below[input], chain)
        if !tally.phases[input].hasResult { isReady = false }
      }
      if isReady { hasReady = true }
    }
  }
}

extension NodePhase {
  /// Whether a node that takes from it can run.
  fileprivate var hasResult: Bool {
    switch self {
    case .stored, .ran, .cached, .cutOff: true
    case .waiting, .running, .failed, .blocked: false
    }
  }
}
