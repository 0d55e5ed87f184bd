import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Makes windows of the vibration of a rotor under several conditions.
///
/// A row is one window: the samples of one sensor after those of another. Row i is a window of condition i mod C. The
/// rotor turns at `speed`, to 2 % from window to window; a sensor sees its harmonics 1×, 2× and 3× at random phases and
/// white noise. What a condition changes is the choice of `conditions`:
///
/// - `scale`: the strength of the vibration, harmonics and noise alike, times `growth` from condition to condition, and
///   the rest position of the sensors, `shift` further. No shape changes.
/// - `shape`: the unbalance, by which the amplitude of 1× is 0, 0.5, 1, … from condition to condition; under the last
///   condition a bearing is damaged too: impulses at 87 Hz make a resonance at 2 kHz ring.
///
/// Strength and rest position vary by `spread` from window to window and from sensor to sensor. A longer table begins
/// with the rows of a shorter one.
///
/// - Shapes: → `features` (windows · C) × (sensors · samples), `labels` one a row.
/// - Units: the deviation of the noise is 1; frequencies in Hz.
/// - Fits on: nothing.
/// - Cost: O(n d) time, no memory besides the output.
/// - Errors: none for parameters within their limits.
/// - Source: the conditions follow the benchmark data of Sepin, Kemnitz, Lakani, Schall, arXiv:2305.06753.
struct RotorSignals: Stage {
  enum Conditions: ParameterChoice {
    case scale(Scale)
    case shape

    struct Scale: ParameterGroup {
      @Parameter("How much stronger the vibration is from condition to condition.", .above(1)) var growth =
        1.25
      @Parameter("How much further the rest position lies from condition to condition.", .atLeast(0))
      var shift = 0.25
    }
    static let cases: [ChoiceCase<Conditions>] = [
      .fields("scale", Conditions.scale), .plain("shape", .shape),
    ]
    var chosen: ChosenCase {
      switch self {
      case .scale(let scale): ChosenCase("scale", scale)
      case .shape: "shape"
      }
    }
    static func == (a: Conditions, b: Conditions) -> Bool { a.json == b.json }
  }
  struct Parameters: StageParameters {
    @Parameter("What the conditions change.") var conditions = Conditions.scale(Conditions.Scale())
    @Parameter("Number of conditions.", .range(1...100)) var count = 4
    @Parameter("Windows of each condition.", .range(1...1e6)) var windows = 50
    @Parameter("Samples of a window.", .range(1...1e6)) var samples = 1024
    @Parameter("Samples a second.", .above(0)) var sampleRate = 4096.0
    @Parameter("Number of sensors.", .range(1...1000)) var sensors = 1
    @Parameter("Turns a second.", .above(0)) var speed = 25.0
    @Parameter("How much strength and rest position vary, as a share of the strength.", .range(0...1))
    var spread = 0.06

    var conflicts: [String] {
      let values = Double(count) * Double(windows) * Double(sensors) * Double(samples)
      guard values > 0x1p31 else { return [] }
      return ["`count` × `windows` × `sensors` × `samples` must not be more than 2147483648 values"]
    }
  }
  struct Output: Ports {
    var features: Features
    var labels: Labels
  }

  static let name = "rotor-signals"
  static let summary = "Makes windows of the vibration of a rotor under several conditions."
  static let kind = StageKind.loader
  static let revision = 1
  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> Output {
    let (count, samples, sensors) = (parameters.count, parameters.samples, parameters.sensors)
    let (rows, columns) = (count * parameters.windows, sensors * samples)
    let random = RandomStream(seed: context.seed)
    // Every row has a stream of its own: neither threads nor the number of rows decide what it becomes.
    let matrix = Matrix<Float>(rows: rows, columns: columns) { target in
      guard let target = target.baseAddress else { return }
      parallelFor(rows) { row in
        if context.shouldStop { return }
        var stream = random.substream(UInt64(row))
        let window = Window(parameters, condition: row % count, &stream)
        for sensor in 0..<sensors {
          window.write(
            to: target + row * columns + sensor * samples, count: samples, rate: parameters.sampleRate,
            spread: parameters.spread, &stream)
        }
      }
    }
    try context.checkCancelled()
    return Output(
      features: Features(matrix),
      labels: Labels(
        indices: (0..<rows).map { Int32($0 % count) }, names: (0..<count).map(String.init)))
  }
}

/// What all sensors of a window have in common.
private struct Window {
  private let strength: Double
  private let rest: Double
  private let speed: Double
  /// The amplitudes of the harmonics, in deviations of the noise.
  private let harmonics: [Double]
  private let isDamaged: Bool

  init(_ parameters: RotorSignals.Parameters, condition: Int, _ random: inout RandomStream) {
    speed = parameters.speed * (1 + 0.02 * random.normal())
    switch parameters.conditions {
    case .scale(let scale):
      strength = pow(scale.growth, Double(condition))
      rest = scale.shift * Double(condition)
      harmonics = [1, 0.5, 0.25]
      isDamaged = false
    case .shape:
      (strength, rest) = (1, 0)
      harmonics = [0.5 * Double(condition), 0.2, 0.1]
      isDamaged = condition == parameters.count - 1
    }
  }

  /// Writes the samples of one sensor.
  func write(
    to target: UnsafeMutablePointer<Float>, count: Int, rate: Double, spread: Double,
    _ random: inout RandomStream
  ) {
    let own = strength * exp(spread * random.normal())
    let offset = rest + spread * strength * random.normal()
    let phases = harmonics.map { _ in random.uniform() }
    let firstImpulse = random.uniform() / Self.impulseRate
    for sample in 0..<count {
      let time = Double(sample) / rate
      var value = random.normal()
      for (number, amplitude) in harmonics.enumerated() where amplitude > 0 {
        value += amplitude * sin(2 * Double.pi * (Double(number + 1) * speed * time + phases[number]))
      }
      if isDamaged { value += Self.ringing(time - firstImpulse) }
      target[sample] = Float(offset + own * value)
    }
  }

  private static let impulseRate = 87.0

  /// The resonance since the last of the impulses that began at time 0.
  private static func ringing(_ time: Double) -> Double {
    if time < 0 { return 0 }
    let since = time.truncatingRemainder(dividingBy: 1 / impulseRate)
    return 5 * exp(-since * 800) * sin(2 * Double.pi * 2000 * since)
  }
}
