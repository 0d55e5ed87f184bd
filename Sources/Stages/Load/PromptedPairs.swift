import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Draws one side of pairs of a prompt and an image: images show what the prompt says in a style that it does not say.
///
/// Each row draws a prompt and a style, evenly and independently. A prompt is a column of 1 among zeros; an image is that
/// of its prompt beside that of its style. Normal numbers of standard deviation `jitter` are added to each value. Both
/// sides of one seed belong together row by row: two loaders that differ in `side` give pairs.
///
/// - Shapes: → `features` n × prompts or n × (prompts + styles), `labels` n: the prompt of each row.
/// - Units: none.
/// - Fits on: nothing.
/// - Cost: O(n d) time, no memory besides the output.
/// - Errors: none for parameters within their limits.
/// - Source: the set-up of Ospanov, Jalali, Farnia, arXiv:2412.18645, with vectors in place of images.
struct PromptedPairs: Stage {
  enum Side: String, PlainChoice { case images, prompts }
  struct Parameters: StageParameters {
    @Parameter("Number of rows.", .range(1...1e8)) var rows = 1000
    @Parameter("Number of prompts.", .range(1...1e4)) var prompts = 10
    @Parameter("Number of styles.", .range(1...1e4)) var styles = 4
    @Parameter("Which side of the pairs is given.") var side = Side.images
    @Parameter("Standard deviation of what is added to each value.", .range(0...1e6)) var jitter = 0.0

    var conflicts: [String] {
      rows * (prompts + styles) <= 1 << 31
        ? [] : ["`rows` × (`prompts` + `styles`) must not be more than 2147483648 values"]
    }
  }
  struct Output: Ports {
    var features: Features
    var labels: Labels
  }

  static let name = "prompted-pairs"
  static let summary = "Draws one side of pairs of a prompt and an image in some style."
  static let kind = StageKind.loader
  static let revision = 1
  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: NoPorts, in context: StageContext) throws(StageError) -> Output {
    let (rows, prompts, isImage) = (parameters.rows, parameters.prompts, parameters.side == .images)
    let columns = isImage ? prompts + parameters.styles : prompts
    let random = RandomStream(seed: context.seed)
    var choices = [Int32](repeating: 0, count: rows)
    var matrix = Matrix<Float>(rows: rows, columns: columns)
    for row in 0..<rows {
      if row % 4096 == 0 { try context.checkCancelled() }
      var stream = random.substream(UInt64(2 * row))
      let (prompt, style) = (stream.below(prompts), stream.below(parameters.styles))
      choices[row] = Int32(prompt)
      // Noise of its own for each side.
      var noise = random.substream(UInt64(2 * row + 1))
      if isImage { noise = noise.substream(1) }
      matrix[row, prompt] = 1
      if isImage { matrix[row, prompts + style] = 1 }
      guard parameters.jitter > 0 else { continue }
      for column in 0..<columns { matrix[row, column] += Float(parameters.jitter * noise.normal()) }
    }
    return Output(
      features: Features(matrix),
      labels: Labels(indices: choices, names: (0..<prompts).map(String.init)))
  }
}
