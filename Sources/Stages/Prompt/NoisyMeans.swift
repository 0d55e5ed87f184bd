import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Stands in for a text encoder: the mean of each class with noise on it, as a unit direction.
///
/// The text of class c is μ_c + `noise` · s · z scaled to length 1, where μ_c is the mean of all rows of the class, s the
/// root of the mean squared distance of the means from their own mean, and z has independent normal numbers of variance
/// 1 ÷ d: with noise 1 the noise is as long as the means are apart. A text encoder knows of the classes without having
/// seen a labelled row; so do these texts, and they are made of test rows too. A class without rows gets the noise alone.
///
/// - Shapes: `features` n × d, `labels` n of c classes → `texts` c × d, rows of length 1.
/// - Units: none.
/// - Fits on: every row.
/// - Cost: O(n d).
/// - Errors: `lengthMismatch`, `tooFewRows`, `badShape`, `notFinite`; `rankDeficient` if a text has no direction: its mean
///   is zero and so is the noise.
/// - Source: pseudo-text for tests of methods that go with CLIP, where there is no text encoder.
///
///     "texts": { "noisy-means": { "noise": 1.5 } }
struct NoisyMeans: Stage {
  struct Parameters: StageParameters {
    @Parameter(
      "Length of the noise, in root mean squared distances of the class means from their mean.", .atLeast(0))
    var noise = 1.0
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
  }
  struct Output: Ports {
    var texts: ClassTexts
  }

  static let name = "noisy-means"
  static let summary = "Stands in for a text encoder: the mean of each class with noise on it."
  static let kind = StageKind.prompter
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { parameters.noise > 0 }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, labels) = (input.features, input.labels)
    try requireRows(labels, features)
    try features.requireSize()
    try features.requireFinite()
    var texts = means(of: features.matrix, labels)
    let counts = labels.rowCounts
    let present = counts.indices.filter { counts[$0] > 0 }
    let spread = Self.spread(texts.selecting(rows: present))
    let deviation = parameters.noise * spread / Double(features.columns).squareRoot()
    let random = RandomStream(seed: context.seed)
    for index in 0..<texts.rows {
      var stream = random.substream(UInt64(index))
      var square = 0.0
      for column in 0..<texts.columns {
        texts[index, column] += deviation * stream.normal()
        square += texts[index, column] * texts[index, column]
      }
      guard square > 0, square.isFinite else {
        throw Diagnostic(
          .rankDeficient, "the text of class `\(labels.names[index])` has no direction",
          fields: ["length": "\(square.squareRoot())"], hint: "raise `noise`, or scale the features")
      }
      for column in 0..<texts.columns { texts[index, column] /= square.squareRoot() }
    }
    return Output(texts: ClassTexts(texts.converted()))
  }

  private func means(of matrix: Matrix<Float>, _ labels: Labels) -> Matrix<Double> {
    var members = [[Int]](repeating: [], count: labels.classCount)
    for (row, index) in labels.indices.enumerated() { members[Int(index)].append(row) }
    let columns = matrix.columns
    var means = Matrix<Double>(rows: members.count, columns: columns)
    means.withMutablePointer { base in
      for (index, rows) in members.enumerated() where !rows.isEmpty {
        for (column, mean) in columnMeans(of: matrix, rows: rows).enumerated() {
          base[index * columns + column] = mean
        }
      }
    }
    return means
  }

  /// The root of the mean squared distance of some means from their mean.
  private static func spread(_ means: Matrix<Double>) -> Double {
    let centred = LinearAlgebra.centered(means, means: columnMeans(of: means))
    let squares = centred.elements.reduce(0) { $0 + $1 * $1 }
    return (squares / Double(max(1, means.rows))).squareRoot()
  }
}
