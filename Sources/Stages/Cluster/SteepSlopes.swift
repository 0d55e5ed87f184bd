import Artifacts

/// Clusters as the valleys between steep slopes of a reachability plot.
///
/// A place of the plot is steep where the distance falls or rises to the next by a share of at least `steepness`. Steep
/// places of one direction form a slope, with up to `patience` places in a row between them that are not steep, but go
/// the same way. Each slope down is matched with each slope up behind it, unless the plot rises in between above what
/// either end allows; the ends are moved inwards to about the same height.
struct SteepSlopes {
  private let reachability: Reachability
  /// The distances in the order of the walk, and an infinite one behind them, which ends the last valley.
  private let plot: [Double]
  /// Where each row stands in the plot.
  private let places: [Int]
  /// What a steep place leaves of the larger of two distances.
  private let share: Double
  private let patience: Int
  private let minClusterSize: Int
  private let correctsPredecessors: Bool

  init(
    _ reachability: Reachability, steepness: Double, patience: Int, minClusterSize: Int,
    correctsPredecessors: Bool
  ) {
    self.reachability = reachability
    plot =
      reachability.ordering.map { row in
        let distance = reachability.distances[Int(row)]
        return distance < 0 ? .infinity : distance
      } + [.infinity]
    var places = [Int](repeating: 0, count: reachability.rows)
    for (place, row) in reachability.ordering.enumerated() { places[Int(row)] = place }
    self.places = places
    share = 1 - steepness
    self.patience = patience
    self.minClusterSize = minClusterSize
    self.correctsPredecessors = correctsPredecessors
  }

  /// The smallest valleys, numbered in the order in which they end; a valley that holds one of these is left out.
  var clusters: Assignment {
    var clusters = [Int32](repeating: -1, count: reachability.rows)
    var count: Int32 = 0
    for valley in valleys {
      let rows = reachability.ordering[valley].map { Int($0) }
      guard rows.allSatisfy({ clusters[$0] == -1 }) else { continue }
      for row in rows { clusters[row] = count }
      count += 1
    }
    return Assignment(clusters: clusters, count: Int(count))
  }

  private enum Direction { case down, up }

  /// A slope down that a cluster may begin on.
  private struct Descent {
    let range: ClosedRange<Int>
    /// The highest place between its end and where the search is.
    var highest = 0.0
  }

  /// All valleys, those inside others first.
  private var valleys: [ClosedRange<Int>] {
    var found: [ClosedRange<Int>] = []
    var descents: [Descent] = []
    var (next, highest) = (0, 0.0)
    for place in 0..<reachability.rows where place >= next {
      guard let direction = steepness(at: place) else { continue }
      highest = plot[next...place].reduce(highest, max)
      keep(&descents, below: highest)
      let slope = place...end(ofSlope: direction, from: place)
      next = slope.upperBound + 1
      highest = plot[next]
      switch direction {
      case .down: descents.append(Descent(range: slope))
      case .up: found += descents.reversed().compactMap { valley(from: $0, to: slope) }
      }
    }
    return found
  }

  /// Whether the plot is steep from a place to the next, and which way; infinite distances are equal.
  private func steepness(at place: Int) -> Direction? {
    let ratio = plot[place] / plot[place + 1]
    return ratio <= share ? .up : ratio >= 1 / share ? .down : nil
  }

  /// The last steep place of a slope.
  private func end(ofSlope direction: Direction, from start: Int) -> Int {
    var (end, flat) = (start, 0)
    for place in start..<reachability.rows {
      let ratio = plot[place] / plot[place + 1]
      if steepness(at: place) == direction {
        (end, flat) = (place, 0)
      } else if direction == .down ? ratio < 1 : ratio > 1 {
        break
      } else {
        flat += 1
        if flat > patience { break }
      }
    }
    return end
  }

  /// Leaves out the descents that begin too low for what rose behind them.
  private func keep(_ descents: inout [Descent], below highest: Double) {
    descents.removeAll { highest == .infinity || highest > plot[$0.range.lowerBound] * share }
    for index in descents.indices { descents[index].highest = max(descents[index].highest, highest) }
  }

  /// The valley between a slope down and a slope up, if they make one.
  private func valley(from descent: Descent, to ascent: ClosedRange<Int>) -> ClosedRange<Int>? {
    var (start, end) = (descent.range.lowerBound, ascent.upperBound)
    let (left, right) = (plot[start], plot[end + 1])
    if right * share < descent.highest { return nil }
    if left * share >= right {
      while plot[start + 1] > right && start < descent.range.upperBound { start += 1 }
    } else if right * share >= left {
      while plot[end - 1] > left && end > ascent.lowerBound { end -= 1 }
    }
    if correctsPredecessors {
      guard let corrected = self.end(ofValley: start...end) else { return nil }
      end = corrected
    }
    guard end - start + 1 >= minClusterSize, start <= descent.range.upperBound, end >= ascent.lowerBound
    else {
      return nil
    }
    return start...end
  }

  /// The last place of a valley that is below its start or was reached from inside.
  private func end(ofValley range: ClosedRange<Int>) -> Int? {
    for end in range.reversed() where end > range.lowerBound {
      if plot[range.lowerBound] > plot[end] { return end }
      let predecessor = Int(reachability.predecessors[Int(reachability.ordering[end])])
      if predecessor >= 0, (range.lowerBound..<end).contains(places[predecessor]) { return end }
    }
    return nil
  }
}
