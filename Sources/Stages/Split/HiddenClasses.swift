import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Hides whole classes: their rows are held out, those of the other classes are fitted on.
///
/// Either the classes that are named are hidden, in one fold; or all classes are dealt out to folds at random, so that
/// each is hidden once: cross-validation over classes, which tells how well a method finds classes that it has not seen.
///
/// - Shapes: `labels` n → `folds` n.
/// - Fits on: nothing.
/// - Cost: O(n + c) for c classes.
/// - Errors: `tooFewClasses` if fewer classes have rows than there are folds, or if none is left to fit on; `unknownName`
///   if there is no such class; `emptyClass` if it has no row; `tooFewRows` if there is no row.
/// - Source: Troisemaine et al., Data Min. Knowl. Discov. (2024), doi 10.1007/s10618-024-01025-y.
struct HiddenClasses: Stage {
  struct Parameters: StageParameters {
    @Parameter(
      "The hidden classes by their place among all classes, counted from 0 in ascending order; null to hide each once.",
      .notEmpty, .atLeast(0)) var classes: [Int]? = nil
    @Parameter("Number of folds that classes are dealt out to, where none are named.", .range(2...1000))
    var folds = 3

    var conflicts: [String] {
      guard let classes, Set(classes).count < classes.count else { return [] }
      return ["`classes` names a class twice"]
    }
  }
  struct Input: Ports { var labels: Labels }
  struct Output: Ports { var folds: Folds }

  static let name = "hidden-classes"
  static let summary = "Holds out all rows of some classes."
  static let kind = StageKind.splitter
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { parameters.classes == nil }
  var foldCount: Int { parameters.classes == nil ? parameters.folds : 1 }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let labels = input.labels
    guard labels.rows > 0 else { throw Diagnostic(.tooFewRows, "there are no rows to divide") }
    let folds: [Int32]
    if let classes = parameters.classes {
      folds = try named(classes, labels)
    } else {
      folds = try dealt(labels, RandomStream(seed: context.seed))
    }
    return Output(folds: Folds(heldOutIn: labels.indices.map { folds[Int($0)] }, count: foldCount))
  }

  /// The fold of each class, where some are named.
  private func named(_ classes: [Int], _ labels: Labels) throws(StageError) -> [Int32] {
    let counts = labels.rowCounts
    var folds = [Int32](repeating: -1, count: labels.classCount)
    for index in classes {
      guard index < labels.classCount else {
        throw Diagnostic(
          .unknownName, "there is no class \(index)",
          fields: ["classes": "\(labels.classCount), counted from 0"],
          hint: "classes go by their place in ascending order, not by their names")
      }
      guard counts[index] > 0 else {
        throw Diagnostic(.emptyClass, "class `\(labels.names[index])`, which is to be hidden, has no row")
      }
      folds[index] = 0
    }
    guard zip(folds, counts).contains(where: { $0 < 0 && $1 > 0 }) else {
      throw Diagnostic(
        .tooFewClasses, "all classes are hidden, so that none is left to fit on",
        hint: "take some out of `classes`")
    }
    return folds
  }

  /// The fold of each class, where each is hidden once.
  private func dealt(_ labels: Labels, _ start: RandomStream) throws(StageError) -> [Int32] {
    var random = start
    let counts = labels.rowCounts
    var present = counts.indices.filter { counts[$0] > 0 }
    guard present.count >= parameters.folds else {
      throw Diagnostic(
        .tooFewClasses, "there are fewer classes than folds",
        fields: ["classes": "\(present.count)", "folds": "\(parameters.folds)"], hint: "lower `folds`")
    }
    random.shuffle(&present)
    var folds = [Int32](repeating: -1, count: labels.classCount)
    for (place, index) in present.enumerated() { folds[index] = Int32(place % parameters.folds) }
    return folds
  }
}
