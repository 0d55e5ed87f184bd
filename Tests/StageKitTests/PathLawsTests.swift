import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

/// The laws of paths are tried on a stage that breaks one each.
@Suite struct PathLawsTests {
  @Test func aGoodPathBreaksNone() {
    #expect(Laws.check(Strengths.self) == [])
  }

  @Test(arguments: [
    ("far", "`weights` taken from a path over `strength` differs from that of a fit of its own"),
    ("asker", "a path over `strength` depends on which of its values asks for it"),
    ("single", "a path of one `strength` should give the bytes of a fit of its own"),
    ("fails", "it cannot fit several values of `strength` together"),
  ])
  func aBadPathIsCaught(misdeed: String, complaint: String) {
    let violations = Laws.check(Strengths.self, parameters: .object(["misdeed": .string(misdeed)]))
    #expect(violations.contains { $0.contains(complaint) }, "\(violations)")
  }

  @Test func aSliceTakesThePartOfItsValue() throws {
    let stage = try StageType(Strengths.self).configured(.object(["strength": 4]))
    let path = stage.along([1, 4])
    let parts = path.parts(for: stage.slice)
    #expect(parts.map(\.input) == ["fitRows", "weights"])
    #expect(parts.map(\.output.name) == ["fitRows at 4", "weights at 4"])
    #expect(stage.slice.whole.name == "strengths" && path.whole.name == "strengths")
  }
}

/// Takes all rows, and tells its strength.
private struct Strengths: PathStage {
  enum Misdeed: String, PlainChoice { case none, far, asker, single, fails }
  struct Parameters: StageParameters {
    @Parameter("What it does wrong.") var misdeed = Misdeed.none
    @Parameter("Strength.", .above(0)) var strength = 1.5
  }
  struct Input: Ports { var folds: Folds }
  struct Output: Ports {
    var fitRows: RowMask
    var weights: Matrix<Double>
  }

  static let name = "strengths"
  static let summary = "Takes all rows."
  static let kind = StageKind.selector
  static let revision = 1
  static let pathParameter = "strength"

  let parameters: Parameters

  private func output(_ input: Input, _ strength: Double) -> Output {
    Output(fitRows: input.folds.mask(of: -1), weights: Matrix(rows: 1, columns: 1, elements: [strength]))
  }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    output(input, parameters.strength)
  }

  func run(
    _ input: Input, along values: [Double], in context: StageContext
  ) throws(StageError) -> [Output] {
    if parameters.misdeed == .fails { throw Diagnostic(.notConverged, "it never does") }
    return values.map { value in
      switch parameters.misdeed {
      case .far where values.count > 1: output(input, value * 1.01)
      case .asker where values.count > 1: output(input, value + 1e-6 * parameters.strength)
      case .single where values.count == 1: output(input, value * (1 + 1e-9))
      default: output(input, value)
      }
    }
  }
}
