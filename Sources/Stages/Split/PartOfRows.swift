import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Takes the fit rows, or the rows that are held out, with what is known of them.
///
/// - Shapes: `fitRows`, `features`, `labels`, `assignment` n → `features`, `labels`, `assignment` m. Classes without a
///   row are no more among those of the labels; clusters keep their numbers.
/// - Units: those of the features.
/// - Fits on: nothing.
/// - Cost: O(n + m d).
/// - Errors: `lengthMismatch`; `tooFewRows` if there is no such row; `missingPort` if an assignment is wanted and none
///   given; `notFinite`.
struct PartOfRows: Stage {
  struct Parameters: StageParameters {
    @Parameter("Which rows are taken.") var part = Part.fit
    @Parameter("Whether the clusters of these rows are given as well.") var assignment = false
  }
  struct Input: Ports {
    var fitRows: RowMask
    var features: Features
    var labels: Labels
    var assignment: Assignment?
  }
  struct Output: Ports {
    var features: Features
    var labels: Labels
    var assignment: Assignment?
  }

  enum Part: String, PlainChoice {
    /// The rows that are fitted on.
    case fit
    /// The others.
    case heldOut = "held-out"
  }

  static let name = "part-of-rows"
  static let summary = "Takes the fit rows, or the rows that are held out."
  static let kind = StageKind.part
  static let revision = 1
  static let traits: Set<StageTrait> = [.fitsOnFitRows]

  let parameters: Parameters
  var absentOutputs: Set<String> { parameters.assignment ? [] : ["assignment"] }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, labels) = (input.features, input.labels)
    try requireRows(labels, features)
    try requireEqualRows(input.fitRows.rows, of: "fitRows", toBe: features.rows, as: "features")
    if let assignment = input.assignment {
      try requireEqualRows(assignment.rows, of: "assignment", toBe: features.rows, as: "features")
    }
    try features.requireFinite()
    let rows = parameters.part == .fit ? input.fitRows.fitRows : input.fitRows.testRows
    guard !rows.isEmpty else {
      throw Diagnostic(
        .tooFewRows, "no row is \(parameters.part == .fit ? "fitted on" : "held out")",
        fields: ["rows": "\(features.rows)"])
    }
    var output = Output(
      features: Features(features.matrix.selecting(rows: rows)), labels: labels.selecting(rows))
    if parameters.assignment { output.assignment = try clusters(input.assignment, rows) }
    return output
  }

  private func clusters(_ assignment: Assignment?, _ rows: [Int]) throws(StageError) -> Assignment {
    guard let assignment else {
      throw Diagnostic(.missingPort, "the clusters of a part of the rows are wanted, but there are none")
    }
    return Assignment(clusters: rows.map { assignment.clusters[$0] }, count: assignment.count)
  }
}

extension Labels {
  /// The classes of some rows, without those that no row has.
  func selecting(_ rows: [Int]) -> Labels {
    let chosen = rows.map { indices[$0] }
    let present = Set(chosen).sorted()
    var places = [Int32](repeating: -1, count: classCount)
    for (place, index) in present.enumerated() { places[Int(index)] = Int32(place) }
    return Labels(indices: chosen.map { places[Int($0)] }, names: present.map { names[Int($0)] })
  }
}
