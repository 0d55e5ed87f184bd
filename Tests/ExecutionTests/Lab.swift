import Artifacts
import Diagnostics
import StageKit
import Synchronization

/// Watches and steers the fake stages of one test.
final class Lab: Sendable {
  typealias Action = @Sendable (StageContext) throws(StageError) -> Void

  private struct State {
    var runs: [Int: Int] = [:]
    var actions: [Int: Action] = [:]
    var live = 0
    var mostLive = 0
  }

  private static let labs = Mutex<[Lab]>([])

  let number: Int
  private let state = Mutex(State())

  /// A lab that its stages find by number for as long as the process lives.
  static func make() -> Lab {
    labs.withLock { labs in
      labs.append(Lab(labs.count))
      return labs[labs.count - 1]
    }
  }

  static func numbered(_ number: Int) -> Lab? {
    labs.withLock { $0.indices.contains(number) ? $0[number] : nil }
  }

  private init(_ number: Int) { self.number = number }

  /// How often each stage ran, by its number.
  var runs: [Int: Int] { state.withLock { $0.runs } }
  /// How many artifacts are in memory.
  var live: Int { state.withLock { $0.live } }
  /// How many artifacts were in memory at once at most.
  var mostLive: Int { state.withLock { $0.mostLive } }

  func forgetRuns() { state.withLock { $0.runs = [:] } }

  /// What the stage of that number does besides its work.
  func on(_ number: Int, _ action: Action?) { state.withLock { $0.actions[number] = action } }

  func fail(_ number: Int) {
    on(number) { (_) throws(StageError) in throw Diagnostic(.notConverged, "stage \(number) fails") }
  }

  func ran(_ number: Int, in context: StageContext) throws(StageError) {
    let action = state.withLock { state in
      state.runs[number, default: 0] += 1
      return state.actions[number]
    }
    try action?(context)
  }

  func count(_ change: Int) {
    state.withLock { state in
      state.live += change
      state.mostLive = max(state.mostLive, state.live)
    }
  }
}

/// An artifact whose memory the lab counts.
struct Grain: Artifact {
  private final class Memory: Sendable {
    let lab: Lab?
    init(_ lab: Lab?) {
      self.lab = lab
      lab?.count(1)
    }
    deinit { lab?.count(-1) }
  }

  let lab: Int
  let value: Int
  let size: Int
  private let memory: Memory

  init(_ value: Int, size: Int = 0, lab: Int) {
    self.value = value
    self.size = size
    self.lab = lab
    memory = Memory(Lab.numbered(lab))
  }

  static let kind = "grain"
  static var empty: Grain { Grain(0, lab: -1) }

  var encoded: EncodedArtifact {
    // Such that it cannot be compressed: from 1,024 on it is an object of its own in the store.
    let padding = (0..<size).map { index in
      let mixed = UInt64(truncatingIfNeeded: index &+ value) &* 0x9E37_79B9_7F4A_7C15
      return Int32(truncatingIfNeeded: (mixed ^ (mixed >> 29)) &* 0xBF58_476D_1CE4_E5B9 >> 27)
    }
    return EncodedArtifact(
      kind: Self.kind, fields: .object(["lab": .integer(lab), "value": .integer(value)]),
      arrays: [EncodedArray("padding", .int32, shape: [size], bytes: Bytes(copying: padding))])
  }

  init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    guard let value = encoded.fields["value"]?.integer, let lab = encoded.fields["lab"]?.integer else {
      throw encoded.malformed("value")
    }
    self.init(value, size: try encoded.array("padding", .int32, rank: 1).shape[0], lab: lab)
  }
}

/// Mixes up to three grains into one; its number makes the result its own.
struct Mix: Stage {
  struct Parameters: StageParameters {
    @Parameter("The lab that watches.") var lab = 0
    @Parameter("What it is known by.") var number = 0
    @Parameter("How much padding its result has.") var size = 0
    @Parameter("Anything.") var tuning = 1.0
  }
  struct Input: Ports {
    var a: Grain?
    var b: Grain?
    var c: Grain?
  }
  struct Output: Ports { var out: Grain }

  static let name = "mix"
  static let summary = "Mixes grains."
  static let kind = StageKind("mixer", offers: [], gives: [Port("out", Grain.self)])
  static let revision = 1

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    try Lab.numbered(parameters.lab)?.ran(parameters.number, in: context)
    let values = [input.a, input.b, input.c].compactMap { $0?.value }
    return Output(
      out: Grain(Self.mixed(parameters.number, values), size: parameters.size, lab: parameters.lab))
  }

  static func mixed(_ number: Int, _ values: [Int]) -> Int {
    values.reduce(number &+ 17) { ($0 &* 31 &+ $1) & 0xFFFF_FFFF }
  }
}

/// Measures a grain.
struct Weigh: MeasureStage {
  struct Parameters: StageParameters {
    @Parameter("The lab that watches.") var lab = 0
    @Parameter("What it is known by.") var number = 0
  }
  struct Input: Ports { var a: Grain }

  static let name = "weigh"
  static let summary = "Weighs a grain."
  static let revision = 1
  static let metric = Metric(better: .higher)

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    try Lab.numbered(parameters.lab)?.ran(parameters.number, in: context)
    return MeasureOutput(Double(input.a.value))
  }
}
