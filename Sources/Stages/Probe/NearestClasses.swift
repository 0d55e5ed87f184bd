import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// The classes of some rows' nearest fit rows, the nearest first: what fewer neighbours would elect is found in it.
struct NearestClasses: RowArtifact {
  /// Each neighbour's class, row after row: in one byte where there are few classes.
  private enum Codes: Sendable {
    case narrow(Buffer<UInt8>)
    case wide(Buffer<Int32>)
  }

  /// For each row whether its neighbours were searched.
  let isSearched: [Bool]
  /// The neighbours of each row that was searched.
  let count: Int
  /// The number of classes.
  let classCount: Int
  /// How far the neighbours are away, where that counts.
  private let distances: Buffer<Float>?
  private let codes: Codes

  private init(
    isSearched: [Bool], count: Int, classCount: Int, distances: Buffer<Float>?, codes: Codes
  ) {
    (self.isSearched, self.count, self.classCount) = (isSearched, count, classCount)
    (self.distances, self.codes) = (distances, codes)
  }

  /// The neighbours' classes.
  ///
  /// - Parameters:
  ///   - neighbors: of the rows that were searched, in their order.
  ///   - isSearched: which of all rows those are.
  ///   - classes: those of the rows that the neighbours were found among.
  ///   - keepsDistances: whether votes are to be weighed.
  init(
    _ neighbors: Neighbors, isSearched: [Bool], classes: [Int32], classCount: Int, keepsDistances: Bool
  ) {
    let total = neighbors.indices.count
    let codes: Codes
    if classCount <= 256 {
      let narrow = Buffer<UInt8>(uninitialized: total)
      for place in 0..<total { narrow.base[place] = UInt8(classes[Int(neighbors.indices[place])]) }
      codes = .narrow(narrow)
    } else {
      let wide = Buffer<Int32>(uninitialized: total)
      for place in 0..<total { wide.base[place] = classes[Int(neighbors.indices[place])] }
      codes = .wide(wide)
    }
    var distances: Buffer<Float>?
    if keepsDistances {
      let kept = Buffer<Float>(uninitialized: total)
      for place in 0..<total { kept.base[place] = neighbors.distances[place] }
      distances = kept
    }
    self.init(
      isSearched: isSearched, count: neighbors.count, classCount: classCount, distances: distances,
      codes: codes)
  }

  var rows: Int { isSearched.count }
  /// How many rows were searched.
  private var searched: Int { isSearched.count { $0 } }

  /// The class that each row's first `k` neighbours elect, −1 for a row that was not searched: each neighbour has a
  /// vote, of 1 ÷ distance where distances are kept.
  ///
  /// Neighbours at distance 0 alone decide where there are any; of equal sums the first class wins.
  func elected(by k: Int) -> [Int32] {
    var votes = [Double](repeating: 0, count: classCount)
    var first = -count
    return isSearched.map { isSearched in
      guard isSearched else { return -1 }
      first += count
      for index in votes.indices { votes[index] = 0 }
      let isExact = distances.map { $0.base[first] == 0 } ?? false
      for place in first..<first + k {
        var weight = 1.0
        if let distances {
          let distance = distances.base[place]
          if isExact && distance > 0 { break }
          if !isExact { weight = 1 / Double(distance) }
        }
        votes[code(at: place)] += weight
      }
      var winner = 0
      for index in votes.indices where votes[index] > votes[winner] { winner = index }
      return Int32(winner)
    }
  }

  /// The first `k` neighbours of each row.
  func prefix(_ k: Int) -> NearestClasses { gather(rows: Array(0..<rows), k) }

  func selecting(rows indices: [Int]) -> NearestClasses { gather(rows: indices, count) }

  private func gather(rows indices: [Int], _ k: Int) -> NearestClasses {
    var places = [Int](repeating: 0, count: rows)
    var searched = 0
    for row in 0..<rows where isSearched[row] {
      places[row] = searched
      searched += 1
    }
    let wanted = indices.filter { isSearched[$0] }.map { places[$0] }
    func gathered<Element>(_ source: Buffer<Element>) -> Buffer<Element> {
      let target = Buffer<Element>(uninitialized: wanted.count * k)
      for (position, place) in wanted.enumerated() {
        (target.base + position * k).update(from: source.base + place * count, count: k)
      }
      return target
    }
    let codes: Codes =
      switch codes {
      case .narrow(let narrow): .narrow(gathered(narrow))
      case .wide(let wide): .wide(gathered(wide))
      }
    return NearestClasses(
      isSearched: indices.map { isSearched[$0] }, count: k, classCount: classCount,
      distances: distances.map(gathered), codes: codes)
  }

  private func code(at place: Int) -> Int {
    switch codes {
    case .narrow(let narrow): Int(narrow.base[place])
    case .wide(let wide): Int(wide.base[place])
    }
  }
}

extension NearestClasses {
  static let kind = "nearest-classes"
  static var empty: NearestClasses {
    NearestClasses(
      isSearched: [], count: 0, classCount: 0, distances: nil, codes: .narrow(Buffer(uninitialized: 0)))
  }

  /// Arrays of a row for each row that was searched, and which rows those are.
  var encoded: EncodedArtifact {
    let shape = [searched, count]
    let codeArray =
      switch codes {
      case .narrow(let narrow): EncodedArray("classes", .uint8, shape: shape, bytes: Bytes(narrow))
      case .wide(let wide): EncodedArray("classes", .int32, shape: shape, bytes: Bytes(wide))
      }
    let marks = Bytes(copying: isSearched.map { $0 ? UInt8(1) : 0 })
    var arrays = [codeArray, EncodedArray("searched", .uint8, shape: [rows], bytes: marks)]
    if let distances {
      arrays.append(EncodedArray("distances", .float32, shape: shape, bytes: Bytes(distances)))
    }
    return EncodedArtifact(
      kind: Self.kind, fields: .object(["classes": .integer(classCount)]), arrays: arrays)
  }

  init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    guard encoded.kind == Self.kind, let classCount = encoded.fields["classes"]?.integer, classCount >= 0
    else { throw encoded.malformed("classes") }
    let isNarrow = classCount <= 256
    let array = try encoded.array("classes", isNarrow ? .uint8 : .int32, rank: 2)
    let marks = try encoded.array("searched", .uint8, rank: 1).bytes.withUnsafeBytes { Array($0) }
    guard marks.allSatisfy({ $0 <= 1 }), marks.count(where: { $0 == 1 }) == array.shape[0] else {
      throw encoded.malformed("searched")
    }
    var distances: Buffer<Float>?
    if encoded.arrays.count > 2 {
      let stored = try encoded.array("distances", .float32, rank: 2)
      guard stored.shape == array.shape else { throw encoded.malformed("distances") }
      distances = stored.bytes.buffer()
    }
    self.init(
      isSearched: marks.map { $0 == 1 }, count: array.shape[1], classCount: classCount,
      distances: distances, codes: isNarrow ? .narrow(array.bytes.buffer()) : .wide(array.bytes.buffer()))
    guard (0..<searched * count).allSatisfy({ (0..<classCount).contains(code(at: $0)) }) else {
      throw encoded.malformed("class indices")
    }
  }
}
