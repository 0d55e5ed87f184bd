import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Fits on one class alone and holds out the others, as anomalies, with a share of the class itself.
///
/// Of the n rows of the class that is normal ⌈test · n⌉ are held out, at random; at least one is, and one is fitted on.
///
/// - Shapes: `features` n × d, `labels` n → `folds` n, one fold.
/// - Fits on: nothing; the values of the features are not read.
/// - Cost: O(n).
/// - Errors: `lengthMismatch`; `outOfRange` if there is no such class; `tooFewRows` if it has less than two rows;
///   `tooFewClasses` if no other class has a row.
/// - Source: the one-against-the-rest protocol of one-class classification, as in Ruff et al., ICML 2018.
///
///     "split": { "one-class": { "normal": { "each": [0, 1, 2] }, "test": 0.2 } }
struct OneClass: Stage {
  struct Parameters: StageParameters {
    @Parameter("The class that is normal, counted from 0 in the order of the labels.", .atLeast(0))
    var normal = 0
    @Parameter("Share of the normal rows that is held out.", .between(0, 1))
    var test = 0.2
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
  }
  struct Output: Ports {
    var folds: Folds
  }

  static let name = "one-class"
  static let summary = "Fits on a part of one class and holds out the rest of it with all other classes."
  static let kind = StageKind.splitter
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let labels = input.labels
    try requireRows(labels, input.features)
    guard parameters.normal < labels.classCount else {
      throw Diagnostic(
        .outOfRange, "there is no class \(parameters.normal)",
        fields: ["classes": "\(labels.classCount), counted from 0"])
    }
    let members = labels.indices.indices.filter { labels.indices[$0] == Int32(parameters.normal) }
    let normal = labels.names[parameters.normal]
    guard members.count > 1 else {
      throw Diagnostic(
        .tooFewRows, "class `\(normal)` has too few rows to fit on some and hold others out",
        fields: ["rows": "\(members.count)", "needed": "at least 2"])
    }
    guard members.count < labels.rows else {
      throw Diagnostic(
        .tooFewClasses, "all rows are of class `\(normal)`, so there is no anomaly",
        fields: ["rows": "\(labels.rows)"])
    }
    let wanted = Int((parameters.test * Double(members.count) - 1e-9).rounded(.up))
    var heldOutIn = [Int32](repeating: 0, count: labels.rows)
    for row in members { heldOutIn[row] = -1 }
    var stream = RandomStream(seed: context.seed)
    for position in stream.sample(min(max(wanted, 1), members.count - 1), of: members.count) {
      heldOutIn[members[position]] = 0
    }
    return Output(folds: Folds(heldOutIn: heldOutIn, count: 1))
  }
}
