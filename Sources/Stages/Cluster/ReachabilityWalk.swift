import Artifacts
import LinearAlgebra
import StageKit

/// The walk of OPTICS.
struct ReachabilityWalk {
  private let cores: [Double]
  private let maxEps: Double
  private var scan: ShrinkingScan
  private var queue: NearestQueue
  private var predecessors: [Int32]
  private var isVisited: [Bool]

  /// - Parameter cores: the core distance of each row.
  init(_ rows: Matrix<Float>, cores: [Double], maxEps: Double) {
    self.cores = cores
    self.maxEps = maxEps
    scan = ShrinkingScan(rows, limit: maxEps * maxEps)
    queue = NearestQueue(count: rows.rows)
    predecessors = [Int32](repeating: -1, count: rows.rows)
    isVisited = [Bool](repeating: false, count: rows.rows)
  }

  mutating func run(_ context: StageContext) throws(StageError) -> Reachability {
    var ordering: [Int32] = []
    var first = 0
    while ordering.count < cores.count {
      try context.checkCancelled()
      while first < cores.count && isVisited[first] { first += 1 }
      let row = queue.popNearest() ?? first
      isVisited[row] = true
      ordering.append(Int32(row))
      scan.remove(row)
      if cores[row] <= maxEps { reach(from: row) }
    }
    return Reachability(
      ordering: ordering, distances: queue.distances.map { $0 == .infinity ? -1 : $0 },
      coreDistances: cores.map { $0 > maxEps ? -1 : $0 }, predecessors: predecessors)
  }

  /// Brings the rows nearer that are nearer to this one than to those before it.
  private mutating func reach(from row: Int) {
    for (other, squared) in scan.near(row) {
      let distance = squared.squareRoot()
      let reached = max(distance, cores[row])
      guard distance <= maxEps, reached < queue.distances[other] else { continue }
      queue.bring(other, to: reached)
      predecessors[other] = Int32(row)
      scan.setLimit(reached * reached, of: other)
    }
  }
}

/// Rows by their distance, the nearest first, of equally near ones the first; distances only fall.
private struct NearestQueue {
  /// The distance of each row; infinite until it is brought nearer.
  private(set) var distances: [Double]
  /// A heap of the rows that have a distance, the nearest on top.
  private var heap: [Int32] = []
  /// Where each row stands in the heap; −1 for nowhere.
  private var places: [Int32]

  init(count: Int) {
    distances = [Double](repeating: .infinity, count: count)
    places = [Int32](repeating: -1, count: count)
  }

  mutating func bring(_ row: Int, to distance: Double) {
    distances[row] = distance
    if places[row] < 0 {
      places[row] = Int32(heap.count)
      heap.append(Int32(row))
    }
    rise(from: Int(places[row]))
  }

  mutating func popNearest() -> Int? {
    guard let top = heap.first, let last = heap.popLast() else { return nil }
    places[Int(top)] = -1
    if !heap.isEmpty { sink(last) }
    return Int(top)
  }

  private func isBefore(_ a: Int32, _ b: Int32) -> Bool {
    (distances[Int(a)], a) < (distances[Int(b)], b)
  }

  private mutating func put(_ row: Int32, at place: Int) {
    heap[place] = row
    places[Int(row)] = Int32(place)
  }

  private mutating func rise(from start: Int) {
    let row = heap[start]
    var place = start
    while place > 0, isBefore(row, heap[(place - 1) / 2]) {
      put(heap[(place - 1) / 2], at: place)
      place = (place - 1) / 2
    }
    put(row, at: place)
  }

  /// Puts a row on top and lets it sink to its place.
  private mutating func sink(_ row: Int32) {
    var place = 0
    while 2 * place + 1 < heap.count {
      var child = 2 * place + 1
      if child + 1 < heap.count, isBefore(heap[child + 1], heap[child]) { child += 1 }
      if isBefore(row, heap[child]) { break }
      put(heap[child], at: place)
      place = child
    }
    put(row, at: place)
  }
}
