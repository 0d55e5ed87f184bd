import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Brings images to another size.
///
/// Each row is an image, pixel row after pixel row. Each pixel of the result is a weighted mean of those around its place,
/// along pixel rows first, then along pixel columns: by a cubic curve (a = −½) over four pixels, or by a line over two;
/// where images get smaller, the curves get wider. At the border the weights that are left add up to 1. With `bytes` each
/// of the two steps rounds to whole numbers from 0 to 255, as libraries for images do.
///
/// - Shapes: `features` n × (h w) → `embedding` n × (side · side).
/// - Units: those of the features.
/// - Fits on: nothing.
/// - Cost: O(n (h + side) side) time, no memory besides the output.
/// - Errors: `tooFewRows`, `badShape` if the columns are no image of that width, `notFinite`, `outOfRange` for results
///   beyond Float32.
/// - Source: Keys, IEEE Trans. Acoust. Speech Signal Process. 29 (1981) 1153–1160; the filters of Pillow.
struct ResizeImages: Stage {
  enum Filter: String, PlainChoice {
    case bicubic, bilinear

    /// How many pixels of the smaller image it reaches to each side.
    var support: Double { self == .bicubic ? 2 : 1 }

    /// The weight at a distance in pixels.
    func weight(_ distance: Double) -> Double {
      let x = abs(distance)
      if self == .bilinear { return max(0, 1 - x) }
      if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
      return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0
    }
  }
  struct Parameters: StageParameters {
    @Parameter("Pixels of each side of the result.", .range(1...4096)) var side = 32
    @Parameter(
      "Pixels of a row of the images; null for the squarest images that the columns allow.", .atLeast(1))
    var width: Int? = nil
    @Parameter("The curve of the weights.") var filter = Filter.bicubic
    @Parameter("Whether results are rounded to whole numbers from 0 to 255.") var bytes = false
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports { var embedding: Features }

  static let name = "resize-images"
  static let summary = "Brings images to another size."
  static let kind = StageKind.reducer
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let features = input.features
    try features.requireSize()
    try features.requireFinite()
    let width = parameters.width ?? Self.squarestWidth(of: features.columns)
    let height = features.columns / width
    guard height > 0, width * height == features.columns else {
      throw Diagnostic(
        .badShape, "the rows are no images of that width",
        fields: ["columns": "\(features.columns)", "width": "\(width)"])
    }
    context.log("images of \(height) × \(width) pixels")
    let side = parameters.side
    let (across, down) = (taps(from: width), taps(from: height))
    let matrix = try Matrix<Float>(rows: features.rows, columns: side * side) { target throws(StageError) in
      guard let target = target.baseAddress else { return }
      try features.matrix.withPointer { base throws(StageError) in
        try parallelFor((features.rows + 15) / 16, stoppingAt: context.safePoint) { tile in
          let middle = Buffer<Double>(uninitialized: height * side)
          for row in tile * 16..<min(features.rows, tile * 16 + 16) {
            let image = base + row * features.columns
            for line in 0..<height {
              for (place, tap) in across.enumerated() {
                middle.base[line * side + place] = sum(tap) { Double(image[line * width + $0]) }
              }
            }
            for (line, tap) in down.enumerated() {
              let result = target + row * side * side + line * side
              for place in 0..<side { result[place] = Float(sum(tap) { middle.base[$0 * side + place] }) }
            }
          }
        }
      }
    }
    return Output(embedding: try matrix.finiteFeatures())
  }

  /// The least width that is not less than the height: of square images their side.
  private static func squarestWidth(of columns: Int) -> Int {
    let root = Int(Double(columns).squareRoot().rounded(.up))
    return (root...columns).first { columns % $0 == 0 } ?? columns
  }

  /// The weights of one pixel of the result, and the first pixel that they belong to.
  private typealias Tap = (first: Int, weights: [Double])

  private func sum(_ tap: Tap, _ pixel: (Int) -> Double) -> Double {
    var sum = 0.0
    for (offset, weight) in tap.weights.enumerated() { sum += weight * pixel(tap.first + offset) }
    return parameters.bytes ? min(255, max(0, (sum + 0.5).rounded(.down))) : sum
  }

  private func taps(from count: Int) -> [Tap] {
    let scale = Double(count) / Double(parameters.side)
    let width = max(1, scale)
    let reach = parameters.filter.support * width
    return (0..<parameters.side).map { place in
      let centre = (Double(place) + 0.5) * scale
      let first = max(0, Int(centre - reach + 0.5))
      let last = min(count, Int(centre + reach + 0.5))
      let weights = (first..<last).map { parameters.filter.weight((Double($0) - centre + 0.5) / width) }
      let total = weights.reduce(0, +)
      // Libraries take whole multiples of 2⁻²² as the weights of bytes, which decides what is rounded up.
      let unit = parameters.bytes ? 0x1p22 : nil
      return (
        first,
        weights.map { weight in
          unit.map { (weight / total * $0).rounded(.toNearestOrAwayFromZero) / $0 } ?? weight / total
        }
      )
    }
  }
}
