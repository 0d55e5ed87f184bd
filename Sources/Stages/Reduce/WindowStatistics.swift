import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Describes windows of a signal by statistics of their samples and of the magnitudes of their spectra.
///
/// A row is one window: the samples of one channel after those of another. For each channel, domain and statistic, in
/// this order, comes one number. The spectrum of n samples is |Σ xₜ exp(−2πi k t ÷ n)| for k from 0 to n ÷ 2, of the
/// samples as they are. With m₂, m₃ and m₄ the mean second, third and fourth powers of the differences from the mean,
/// the deviation is √m₂, the skewness m₃ ÷ m₂^1.5 and the kurtosis m₄ ÷ m₂², both 0 where all values are equal;
/// quartiles lie on the straight lines between sorted values.
///
/// - Shapes: `features` n × (channels · samples) → `embedding` n × (channels · domains · statistics).
/// - Units: those of the features; those times samples for the spectrum; `skewness` and `kurtosis` have none.
/// - Fits on: nothing.
/// - Cost: O(n d log d) time, O(d) memory besides the output.
/// - Errors: `tooFewRows`, `badShape` (none, or another number of columns than channels share), `notFinite`, `outOfRange`
///   for results beyond Float32.
/// - Source: Sepin, Kemnitz, Lakani, Schall, arXiv:2305.06753.
struct WindowStatistics: Stage {
  enum Statistic: String, PlainChoice {
    case mean, median, deviation
    case quartileRange = "quartile-range"
    case skewness, kurtosis
  }
  enum Domain: String, PlainChoice {
    /// The samples.
    case time
    /// The magnitudes of the spectrum.
    case frequency
  }
  struct Parameters: StageParameters {
    @Parameter("How many channels a row holds, one after the other.", .atLeast(1)) var channels = 1
    @Parameter("What windows are described by.", .notEmpty) var statistics = Statistic.allCases
    @Parameter("What is described: the samples, or the magnitudes of their spectrum.", .notEmpty)
    var domains = Domain.allCases
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports { var embedding: Features }

  static let name = "window-statistics"
  static let summary = "Describes windows of a signal by statistics of their samples and their spectra."
  static let kind = StageKind.reducer
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, channels) = (input.features, parameters.channels)
    try features.requireSize()
    guard features.columns.isMultiple(of: channels) else {
      throw Diagnostic(
        .badShape, "the columns cannot be shared out evenly among the channels",
        fields: ["columns": "\(features.columns)", "channels": "\(channels)"],
        hint: "a row holds as many samples of each channel")
    }
    try features.requireFinite()
    let samples = features.columns / channels
    let fourier = parameters.domains.contains(.frequency) ? RealFourier(length: samples) : nil
    let width = channels * parameters.domains.count * parameters.statistics.count
    let matrix = features.matrix
    let result = Matrix<Float>(rows: matrix.rows, columns: width) { target in
      nonisolated(unsafe) let target = target
      matrix.withPointer { base in
        let tile = max(1, 65_536 / matrix.columns)
        parallelFor((matrix.rows + tile - 1) / tile) { index in
          for row in index * tile..<min(matrix.rows, (index + 1) * tile) where !context.shouldStop {
            let source = UnsafeBufferPointer(start: base + row * matrix.columns, count: matrix.columns)
            for (place, value) in describe(source, samples: samples, fourier).enumerated() {
              target[row * width + place] = Float(value)
            }
          }
        }
      }
    }
    try context.checkCancelled()
    return Output(embedding: try result.finiteFeatures())
  }

  /// The numbers of one row.
  private func describe(
    _ row: UnsafeBufferPointer<Float>, samples: Int, _ fourier: RealFourier?
  ) -> [Double] {
    stride(from: 0, to: row.count, by: samples).flatMap { start in
      let window = UnsafeBufferPointer(rebasing: row[start..<start + samples])
      return parameters.domains.flatMap { domain in
        let values =
          domain == .time ? window.map { Double($0) } : fourier?.magnitudes(of: window) ?? []
        return statistics(of: values)
      }
    }
  }

  private func statistics(of values: [Double]) -> [Double] {
    let moments = CentralMoments(values)
    let isSorted = parameters.statistics.contains { $0 == .median || $0 == .quartileRange }
    let sorted = isSorted ? values.sorted() : []
    return parameters.statistics.map { statistic in
      switch statistic {
      case .mean: moments.mean
      case .median: sorted.quantile(0.5)
      case .deviation: moments.second.squareRoot()
      case .quartileRange: sorted.quantile(0.75) - sorted.quantile(0.25)
      case .skewness: moments.skewness
      case .kurtosis: moments.kurtosis
      }
    }
  }
}

/// The mean of some values, and the means of powers of their differences from it.
private struct CentralMoments {
  let mean: Double
  let second: Double
  private let third: Double
  private let fourth: Double

  init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    var (second, third, fourth) = (0.0, 0.0, 0.0)
    for value in values {
      let difference = value - mean
      let square = difference * difference
      second += square
      third += square * difference
      fourth += square * square
    }
    (self.mean, self.second, self.third, self.fourth) = (mean, second / count, third / count, fourth / count)
  }

  /// Whether the values differ by nothing but rounding.
  private var isConstant: Bool { second <= 1e-28 * mean * mean }

  var skewness: Double { isConstant ? 0 : third / (second * second.squareRoot()) }
  var kurtosis: Double { isConstant ? 0 : fourth / (second * second) }
}

extension [Double] {
  /// The value below which a share of the sorted values lies, between two of them on the straight line.
  fileprivate func quantile(_ share: Double) -> Double {
    let position = share * Double(count - 1)
    let low = Int(position)
    let high = Swift.min(low + 1, count - 1)
    return self[low] + (position - Double(low)) * (self[high] - self[low])
  }
}
