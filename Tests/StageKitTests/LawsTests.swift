import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Synchronization
import Testing

/// The laws are tried on stages that break one each.
@Suite struct LawsTests {
  @Test func aGoodStageBreaksNone() {
    #expect(Laws.check(Centre.self) == [])
    #expect(Laws.check(RandomRows.self) == [])
  }

  @Test(arguments: Misdeed.allCases.filter { $0 != .none }) func aBadStageIsCaught(misdeed: Misdeed) {
    let parameters = JSON.object(["misdeed": .string(misdeed.rawValue)])
    let violations = Laws.check(Centre.self, parameters: parameters)
    #expect(violations.contains { $0.contains(misdeed.complaint) }, "\(violations)")
  }

  @Test func aBadDeclarationIsCaught() {
    let violations = Laws.check(Misdeclared.self) { _ in ["extra": Labels(integers: [])] }
    for complaint in [
      "its name should be lower-case words with hyphens", "its summary should be a sentence",
      "its revision should count from 1", "should declare the trait `fitsOnFitRows`",
      "its input `features` takes labels, but a normalizer is offered features",
      "its input `extra` is not offered to a normalizer and should be optional",
      "its output `features` should not be optional in a normalizer", "its parameter `width` has no help",
      "it is declared random, but the seed changes nothing", "is missing and not declared absent",
    ] {
      #expect(violations.contains { $0.contains(complaint) }, "\(complaint) is not in \(violations)")
    }
  }

  @Test func parametersThatBreakTheirOwnLimitsAreCaught() {
    #expect(
      Laws.check(BadDefault.self).first?.hasPrefix(
        "`bad-default`: its own complete parameters are refused: {\"width\":7.0}: ") == true)
  }

  @Test func missingInputsAreNamed() {
    #expect(
      Laws.check(NeedsDistances.self) == [
        """
        `needs-distances`: error[missingPort]: the laws have no input for the port `distances` of matrix
          hint: derive it from the standard inputs: Laws.check(…) { inputs in … }
        """
      ])
    let violations = Laws.check(NeedsDistances.self) { inputs in
      ["distances": Matrix<Float>(rows: (inputs["features"] as? Features)?.rows ?? 0, columns: 2)]
    }
    #expect(violations == [])
  }
}

/// What a stage may do wrong.
enum Misdeed: String, PlainChoice {
  case none, leak, order, unequal, random, acceptsNaN, unplaced, fault, notFinite, fails, threads, longMask,
    deaf, startled

  /// What the laws should say.
  var complaint: String {
    switch self {
    case .none: ""
    case .leak: "moving held-out rows changes `features` of other rows"
    case .order: "it is declared row-wise, but rows in another order change `features`"
    case .unequal: "a second run gives other bytes at `features`"
    case .random: "the seed changes its result, but it is not declared random"
    case .acceptsNaN: "it accepts nan at `features`"
    case .unplaced: "row 7, column 2 by an error that does not say so"
    case .fault: "with 0 rows it fails by a fault of the program"
    case .notFinite: "with 1 row its output `features` is not finite"
    case .fails: "it fails on the standard inputs"
    case .threads: "gives other bytes at `features`"
    case .deaf: "interrupted at safe point 1 of 1 it gives a result"
    case .startled: "interrupted at safe point 1 of 1 it ends by another error than `cancelled`"
    case .longMask: "it accepts `fitRows` with a row less than its other inputs"
    }
  }
}

/// Counts the calls of a stage that is not pure.
private let calls = Atomic<Int>(0)

/// Subtracts the mean of the fit rows from every row.
struct Centre: Stage {
  struct Parameters: StageParameters {
    @Parameter("What it does wrong.") var misdeed = Misdeed.none
    @Parameter("Factor.", .range(1...2)) var factor = 1.0
  }
  struct Input: Ports {
    var features: Features
    var fitRows: RowMask?
  }
  struct Output: Ports { var features: Features }

  static let name = "centre"
  static let summary = "Subtracts the mean of the fit rows."
  static let kind = StageKind.normalizer
  static let revision = 1
  static let traits: Set<StageTrait> = [.rowWise, .fitsOnFitRows]

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let misdeed = parameters.misdeed
    var matrix = input.features.matrix
    if misdeed == .deaf { _ = context.shouldStop }
    if misdeed == .startled, context.shouldStop { throw Diagnostic(.notConverged, "what was that?") }
    if let mask = input.fitRows, mask.rows != matrix.rows, misdeed != .longMask {
      throw Diagnostic(.lengthMismatch, "lengths differ")
    }
    if misdeed != .acceptsNaN { try requireFinite(matrix) }
    if misdeed == .fails { throw Diagnostic(.notConverged, "it never does") }
    var fit = input.fitRows?.fitRows ?? Array(0..<matrix.rows)
    if misdeed == .leak { fit = Array(0..<matrix.rows) }
    if fit.isEmpty {
      if misdeed == .fault { throw Diagnostic(.internalFault, "what now?") }
      throw Diagnostic(.tooFewRows, "no fit rows")
    }
    if misdeed == .unequal { calls.wrappingAdd(1, ordering: .relaxed) }
    for column in 0..<matrix.columns {
      var mean = fit.reduce(Float(0)) { $0 + matrix[$1, column] } / Float(fit.count)
      mean += shift(matrix.rows, seed: context.seed)
      for row in 0..<matrix.rows { matrix[row, column] -= mean }
      if misdeed == .order { matrix[0, column] += 1 }
    }
    return Output(features: Features(matrix))
  }

  private func shift(_ rows: Int, seed: UInt64) -> Float {
    switch parameters.misdeed {
    case .unequal: Float(calls.load(ordering: .relaxed))
    case .random: Float(seed)
    case .threads: Float(WorkerPool.current?.threads ?? 0)
    case .notFinite: rows == 1 ? .nan : 0
    default: 0
    }
  }

  private func requireFinite(_ matrix: Matrix<Float>) throws(StageError) {
    guard let place = matrix.elements.firstIndex(where: { !$0.isFinite }) else { return }
    let (row, column) = place.quotientAndRemainder(dividingBy: matrix.columns)
    if parameters.misdeed == .unplaced { throw Diagnostic(.notFinite, "somewhere") }
    throw Diagnostic(.notFinite, "not finite", fields: ["row": "\(row)", "column": "\(column)"])
  }
}

/// A good random stage.
struct RandomRows: Stage {
  typealias Parameters = NoParameters
  struct Input: Ports { var folds: Folds }
  struct Output: Ports { var fitRows: RowMask }

  static let name = "random-rows"
  static let summary = "Picks rows at random."
  static let kind = StageKind.selector
  static let revision = 3

  let parameters: NoParameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    var random = RandomStream(seed: context.seed)
    return Output(fitRows: RowMask((0..<input.folds.rows).map { _ in random.below(2) == 0 }))
  }
}

/// A stage whose declarations are wrong.
struct Misdeclared: Stage {
  struct Parameters: StageParameters {
    @Parameter("") var width = 1
  }
  struct Input: Ports {
    var features: Labels?
    var extra: Labels
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var features: Features?
  }

  static let name = "Mis_declared"
  static let summary = "no sentence"
  static let kind = StageKind.normalizer
  static let revision = 0

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output { Output(features: nil) }
}

/// A stage whose default is outside its limits.
struct BadDefault: Stage {
  struct Parameters: StageParameters {
    @Parameter("Width.", .range(0...1)) var width = 7.0
  }
  struct Input: Ports { var folds: Folds }
  struct Output: Ports { var fitRows: RowMask }

  static let name = "bad-default"
  static let summary = "Takes all rows."
  static let kind = StageKind.selector
  static let revision = 1

  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    Output(fitRows: input.folds.mask(of: -1))
  }
}

/// A measure of something that has no standard input.
struct NeedsDistances: MeasureStage {
  struct Input: Ports { var distances: Matrix<Float> }
  typealias Parameters = NoParameters

  static let name = "needs-distances"
  static let summary = "Counts distances."
  static let revision = 1
  static let metric = Metric(better: .neither)

  let parameters: NoParameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> MeasureOutput {
    MeasureOutput(Double(input.distances.count))
  }
}
