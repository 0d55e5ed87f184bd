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
/// The load varies from window to window and from sensor to sensor: a sensor sees what would be seen a normal number of
/// deviation `spread` of conditions further. A longer table begins with the rows of a shorter one.
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
    @Parameter("How much the load varies, in steps from condition to condition.", .range(0...10))
    var spread = 0.4

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
          window.write(to: target + row * columns + sensor * samples, &stream)
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
  private let parameters: RotorSignals.Parameters
  private let condition: Int
  private let speed: Double

  init(_ parameters: RotorSignals.Parameters, condition: Int, _ random: inout RandomStream) {
    (self.parameters, self.condition) = (parameters, condition)
    speed = parameters.speed * (1 + 0.02 * random.normal())
  }

  /// Writes the samples of one sensor.
  func write(to target: UnsafeMutablePointer<Float>, _ random: inout RandomStream) {
    let load = Double(condition) + parameters.spread * random.normal()
    let phases = (0..<3).map { _ in random.uniform() }
    let firstImpulse = random.uniform() / Self.impulseRate
    var (strength, rest) = (1.0, 0.0)
    var harmonics = [1, 0.5, 0.25]
    var isDamaged = false
    switch parameters.conditions {
    case .scale(let scale): (strength, rest) = (pow(scale.growth, load), scale.shift * load)
    case .shape:
      harmonics = [0.5 * max(0, load), 0.2, 0.1]
      isDamaged = condition == parameters.count - 1
    }
    for sample in 0..<parameters.samples {
      let time = Double(sample) / parameters.sampleRate
      var value = random.normal()
      for (number, amplitude) in harmonics.enumerated() {
        value += amplitude * sin(2 * Double.pi * (Double(number + 1) * speed * time + phases[number]))
      }
      if isDamaged { value += Self.ringing(time - firstImpulse) }
      target[sample] = Float(rest + strength * value)
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
