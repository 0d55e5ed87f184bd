import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Holds a share of the rows out once, at random.
///
/// Of n rows ⌈test · n⌉ are held out. Stratified, class c with n_c rows gives its share test · n_c rounded: each class
/// first gives the whole part, but at least one row and not all, then classes with the largest remainders give one
/// more until the number is reached (the smallest remainders one less where it was passed); ties go to the class
/// that comes first. So every class is on both sides. Without labels all rows are one class.
///
/// - Shapes: `features` n × d, `labels` n → `folds` n, one fold.
/// - Fits on: nothing; the values of the features are not read.
/// - Cost: O(n + c²) time for c classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if a side is left without a row or a class without one on each side;
///   `emptyClass` if a class has a single row.
/// - Source: scikit-learn's `StratifiedShuffleSplit` has the same totals and proportions; it draws which of two equal
///   remainders counts.
struct Holdout: Stage {
  struct Parameters: StageParameters {
    @Parameter("Share of the rows that is held out.", .between(0, 1))
    var test = 0.2
    @Parameter("Whether each class is held out in proportion, where there are labels.")
    var stratified = true
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels?
  }
  struct Output: Ports {
    var folds: Folds
  }

  static let name = "holdout"
  static let summary = "Holds a share of the rows out once, at random."
  static let kind = StageKind.splitter
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let rows = input.features.rows
    if let labels = input.labels { try requireRows(labels, input.features) }
    // Less a hair, so that 0.2 of 1,795 rows is 359 and not, by rounding, 360.
    let wanted = Int((parameters.test * Double(rows) - 1e-9).rounded(.up))
    guard wanted > 0, wanted < rows else {
      throw Diagnostic(
        .tooFewRows, "there are too few rows to hold some out and fit on others",
        fields: ["rows": "\(rows)", "held out": "\(max(0, wanted))"])
    }
    let random = RandomStream(seed: context.seed)
    var heldOutIn = [Int32](repeating: -1, count: rows)
    let classes = try strata(input.labels, rows: rows, heldOut: wanted)
    let counts = Self.counts(of: classes.map(\.count), heldOut: wanted, keepsEach: classes.count > 1)
    for (index, (members, count)) in zip(classes, counts).enumerated() {
      var stream = random.substream(UInt64(index))
      for position in stream.sample(count, of: members.count) { heldOutIn[members[position]] = 0 }
    }
    return Output(folds: Folds(heldOutIn: heldOutIn, count: 1))
  }

  /// The rows of each class that has any; all rows together if they are not stratified.
  private func strata(_ labels: Labels?, rows: Int, heldOut: Int) throws(StageError) -> [[Int]] {
    guard parameters.stratified, let labels else { return [Array(0..<rows)] }
    var members = [[Int]](repeating: [], count: labels.classCount)
    for (row, index) in labels.indices.enumerated() { members[Int(index)].append(row) }
    if let lone = members.firstIndex(where: { $0.count == 1 }) {
      throw Diagnostic(
        .emptyClass, "class `\(labels.names[lone])` has a single row and cannot be on both sides of a split",
        hint: "leave the row out, or set `stratified` to false")
    }
    members.removeAll(where: \.isEmpty)
    guard min(heldOut, rows - heldOut) >= members.count else {
      throw Diagnostic(
        .tooFewRows, "a side of the split has fewer rows than there are classes",
        fields: [
          "held out": "\(heldOut)", "fitted on": "\(rows - heldOut)", "classes": "\(members.count)",
        ], hint: "change `test`, or set `stratified` to false")
    }
    return members
  }

  /// How many rows of each class are held out; see the type.
  static func counts(of sizes: [Int], heldOut: Int, keepsEach: Bool = true) -> [Int] {
    let rows = sizes.reduce(0, +)
    let margin = keepsEach ? 1 : 0
    var counts = sizes.map { min(max(heldOut * $0 / rows, margin), $0 - margin) }
    /// What a class lacks to its exact share, times `rows`.
    func lack(_ index: Int) -> Int { heldOut * sizes[index] - counts[index] * rows }
    var missing = heldOut - counts.reduce(0, +)
    while missing != 0 {
      let step = missing.signum()
      let open = sizes.indices.filter {
        (margin...sizes[$0] - margin).contains(counts[$0] + step)
      }
      guard let chosen = open.min(by: { step * lack($0) > step * lack($1) }) else { break }
      counts[chosen] += step
      missing -= step
    }
    return counts
  }
}
