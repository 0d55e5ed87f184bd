import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Fits on a few rows of each class, drawn at random.
///
/// The rows of a class that are not there to be tested are put in a random order: the first `validation` of them are
/// kept back for the choice of parameters, the next `shots` are fitted on. Test rows are all that are left (`rest`), those
/// that the given split holds out (`given`), or a share of each class that is drawn first (`share`); in the last two
/// cases rows that were not drawn are used for nothing.
///
/// Fewer shots are the first of more, so a sweep over `shots` draws once, and with `given` and `share` it is tested on
/// the same rows.
///
/// - Shapes: `features` n × d, `labels` n, `given` n → `folds` n, one fold; `draws` n (the place in which a row of the
///   fit was drawn within its class, from 0; −1 for other rows).
/// - Fits on: nothing; the values of the features are not read.
/// - Cost: O(n).
/// - Errors: `lengthMismatch`; `tooFewRows` if a class has fewer rows than are to be drawn, or no row is left to test;
///   `missingPort` if there is no given split; `outOfRange` if it has several folds.
/// - Source: the draws of few-shot classification by frozen features, as in Zhang et al. (Tip-Adapter), ECCV 2022, and
///   of MTEB's classification tasks.
///
///     "split": { "few-shot": { "shots": { "each": [1, 2, 4] }, "validation": 4, "test": { "share": { "share": 0.5 } } } }
struct FewShot: NestedStage {
  /// Which rows are measured on.
  enum Test: ParameterChoice {
    case rest, given
    case share(Share)
    struct Share: ParameterGroup {
      @Parameter("Share of each class that is held out to be measured on.", .between(0, 1)) var share = 0.5
    }
    static let cases: [ChoiceCase<Test>] = [
      .plain("rest", .rest), .plain("given", .given), .fields("share", Test.share),
    ]
    var chosen: ChosenCase {
      switch self {
      case .rest: "rest"
      case .given: "given"
      case .share(let share): ChosenCase("share", share)
      }
    }
  }
  struct Parameters: StageParameters {
    @Parameter("Number of rows of each class that are fitted on.", .range(1...1e6))
    var shots = 8
    @Parameter("Number of rows of each class that are kept for the choice of parameters.", .range(0...1e6))
    var validation = 0
    @Parameter("Which rows are measured on: all others, those of the given split, or a share of each class.")
    var test = Test.rest
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var given: Folds?
  }
  struct Output: Ports {
    var folds: Folds
    var draws: Assignment
  }

  static let name = "few-shot"
  static let summary = "Fits on a few rows of each class, drawn at random."
  static let kind = StageKind.splitter
  static let revision = 1
  static let nestedParameter = "shots"

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let labels = input.labels
    try requireRows(labels, input.features)
    if let given = input.given {
      try requireEqualRows(given.rows, of: "given", toBe: labels.rows, as: "features")
    }
    let random = RandomStream(seed: context.seed)
    let isTest = try isTested(input, random)
    var members = [[Int]](repeating: [], count: labels.classCount)
    for (row, index) in labels.indices.enumerated() where !isTest[row] { members[Int(index)].append(row) }
    let sizes = labels.rowCounts
    var places = isTest.map { $0 ? 0 : leftOver }
    var draws = [Int32](repeating: -1, count: labels.rows)
    for index in members.indices where sizes[index] > 0 {
      try require(members[index].count, ofClass: labels.names[index])
      var stream = random.substream(UInt64(index))
      stream.shuffle(&members[index])
      for row in members[index].prefix(parameters.validation) { places[row] = Folds.validation }
      for (draw, row) in members[index].dropFirst(parameters.validation).prefix(parameters.shots).enumerated()
      {
        places[row] = -1
        draws[row] = Int32(draw)
      }
    }
    guard places.contains(0) else {
      throw Diagnostic(
        .tooFewRows, "no row is left to measure on", fields: ["rows": "\(labels.rows)"],
        hint: "lower `shots` or `validation`")
    }
    return Output(
      folds: Folds(heldOutIn: places, count: 1), draws: Assignment(clusters: draws, count: parameters.shots))
  }

  /// What becomes of a row that is neither test row nor drawn.
  private var leftOver: Int32 { parameters.test == .rest ? 0 : Folds.unused }

  private func require(_ count: Int, ofClass name: String) throws(StageError) {
    let needed = parameters.shots + parameters.validation
    guard count < needed else { return }
    throw Diagnostic(
      .tooFewRows, "class `\(name)` has fewer rows than are to be drawn",
      fields: ["rows that can be drawn": "\(count)", "shots and validation": "\(needed)"],
      hint: "lower `shots` or `validation`")
  }

  private func isTested(_ input: Input, _ random: RandomStream) throws(StageError) -> [Bool] {
    let labels = input.labels
    switch parameters.test {
    case .rest: return [Bool](repeating: false, count: labels.rows)
    case .given:
      guard let given = input.given else {
        throw Diagnostic(
          .missingPort, "the test rows should be those of the given split, but the data have none",
          hint: "let the loader read `split`, or set `test` to rest or share")
      }
      guard given.count == 1 else {
        throw Diagnostic(
          .outOfRange, "the given split has several folds, but a single set of test rows is needed",
          fields: ["folds": "\(given.count)"])
      }
      return given.heldOutIn.map { $0 == 0 }
    case .share(let share): return drawn(share.share, labels, random.substream(UInt64(labels.classCount)))
    }
  }

  /// A share of each class.
  private func drawn(_ share: Double, _ labels: Labels, _ random: RandomStream) -> [Bool] {
    var members = [[Int]](repeating: [], count: labels.classCount)
    for (row, index) in labels.indices.enumerated() { members[Int(index)].append(row) }
    members.removeAll(where: \.isEmpty)
    var isTest = [Bool](repeating: false, count: labels.rows)
    let wanted = Int((share * Double(labels.rows)).rounded())
    let counts = Holdout.counts(of: members.map(\.count), heldOut: wanted, keepsEach: false)
    for (index, (rows, count)) in zip(members, counts).enumerated() {
      var stream = random.substream(UInt64(index))
      for position in stream.sample(count, of: rows.count) { isTest[rows[position]] = true }
    }
    return isTest
  }

  func slice(_ fitted: Output) throws(StageError) -> Output {
    guard fitted.draws.rows == fitted.folds.rows, fitted.draws.count >= parameters.shots else {
      throw Diagnostic(.corruptObject, "the stored draws are not those of the stored folds")
    }
    let isKept = fitted.draws.clusters.map { $0 < Int32(parameters.shots) }
    let places = zip(fitted.folds.heldOutIn, isKept).map { $1 ? $0 : leftOver }
    let draws = zip(fitted.draws.clusters, isKept).map { $1 ? $0 : -1 }
    return Output(
      folds: Folds(heldOutIn: places, count: 1), draws: Assignment(clusters: draws, count: parameters.shots))
  }
}
