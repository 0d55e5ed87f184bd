import Artifacts
import Diagnostics
import Glibc
import StageKit
import Store

/// What stages took in earlier runs; kept in the store, and shared by all runs of a stage with the same parameters on
/// inputs of the same size.
struct History: Sendable {
  /// What a stage took.
  struct Sample {
    var seconds: Double
    var peakBytes: Double
    var outputBytes: Double
    var inputBytes: Double
  }

  /// What a node of this run took.
  struct Observation {
    var stage: ConfiguredStage
    var inputBytes: [Int]
    var sample: Sample
  }

  private let store: Store

  init(_ store: Store) { self.store = store }

  /// What nodes have in common that take the same: the stage, its parameters, the sizes of its inputs.
  static func className(_ stage: ConfiguredStage, _ inputBytes: [Int?]) -> String {
    let sizes = inputBytes.map { $0.map(String.init) ?? "?" }.joined(separator: ",")
    return "\(stage.name)\n\(stage.parameters.text())\n\(sizes)"
  }

  /// What is known: of the same parameters and sizes, else of the same parameters, else of the stage, in proportion to
  /// the size of its inputs.
  func prediction(_ stage: ConfiguredStage, _ inputBytes: [Int?]) -> Prediction {
    if let sample = sample("class", Self.className(stage, inputBytes)) {
      return Prediction(
        seconds: sample.seconds, peakBytes: Int(sample.peakBytes), outputBytes: Int(sample.outputBytes),
        isMeasured: true)
    }
    guard let sample = sample("parameters", Self.className(stage, [])) ?? sample("stage", stage.name) else {
      return Prediction()
    }
    let sizes = inputBytes.compactMap(\.self)
    let isScalable = sizes.count == inputBytes.count && !sizes.isEmpty && sample.inputBytes > 0
    let scale = isScalable ? Double(sizes.reduce(0, +)) / sample.inputBytes : 1
    return Prediction(
      seconds: sample.seconds * scale, peakBytes: Int(min(sample.peakBytes * scale, 1e15)),
      outputBytes: Int(min(sample.outputBytes * scale, 1e15)))
  }

  /// Adds what a run has seen: half the weight to what was known, half to the mean of the run.
  func record(_ observations: [Observation], _ cost: StoringCost) {
    var sums: [Key: (sum: Sample, count: Double)] = [:]
    func add(_ key: Key, _ sample: Sample) {
      var (sum, count) = sums[key] ?? (Sample(seconds: 0, peakBytes: 0, outputBytes: 0, inputBytes: 0), 0)
      sum.seconds += sample.seconds
      sum.peakBytes = max(sum.peakBytes, sample.peakBytes)
      sum.outputBytes += sample.outputBytes
      sum.inputBytes += sample.inputBytes
      count += 1
      sums[key] = (sum, count)
    }
    for seen in observations {
      add(Self.key("class", Self.className(seen.stage, seen.inputBytes)), seen.sample)
      add(Self.key("parameters", Self.className(seen.stage, [])), seen.sample)
      add(Self.key("stage", seen.stage.name), seen.sample)
    }
    guard !sums.isEmpty else { return }
    var notes = sums.map { key, value in
      var mean = value.sum
      mean.seconds /= value.count
      mean.outputBytes /= value.count
      mean.inputBytes /= value.count
      if let old = sample(key) { mean.seconds = (mean.seconds + old.seconds) / 2 }
      return (
        key: key, bytes: Self.bytes([mean.seconds, mean.peakBytes, mean.outputBytes, mean.inputBytes])
      )
    }
    notes.append(
      (Self.key("storing", ""), Self.bytes([cost.writtenBytesPerSecond, cost.readBytesPerSecond])))
    store.remember(notes, about: nil)
  }

  /// Bytes per second that were written and read, if that was measured.
  var storingRates: (written: Double, read: Double)? {
    guard let numbers = numbers(Self.key("storing", ""), count: 2) else { return nil }
    return (numbers[0], numbers[1])
  }

  private func sample(_ level: String, _ name: String) -> Sample? { sample(Self.key(level, name)) }

  private func sample(_ key: Key) -> Sample? {
    guard let numbers = numbers(key, count: 4) else { return nil }
    return Sample(
      seconds: numbers[0], peakBytes: numbers[1], outputBytes: numbers[2], inputBytes: numbers[3])
  }

  private static func key(_ level: String, _ name: String) -> Key { noteKey("history 1", level, name) }

  private static func bytes(_ numbers: [Double]) -> [UInt8] {
    numbers.flatMap { number in withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) } }
  }

  /// Finite numbers that are not negative; nil for anything else.
  private func numbers(_ key: Key, count: Int) -> [Double]? {
    guard let bytes = store.note(for: key), bytes.count == 8 * count else { return nil }
    let numbers = (0..<count).map { index in
      bytes.withUnsafeBytes { memory in
        Double(
          bitPattern: UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)))
      }
    }
    return numbers.allSatisfy { $0.isFinite && $0 >= 0 && $0 < 1e15 } ? numbers : nil
  }
}

extension StoringCost {
  init(_ history: History) {
    guard let rates = history.storingRates, rates.written > 0, rates.read > 0 else { return }
    (writtenBytesPerSecond, readBytesPerSecond) = rates
  }
}
