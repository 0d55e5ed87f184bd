import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct ZeroShareTests {
  private let dual = Features(Matrix([[0, 1], [0, 0], [-2, 0.5], [-0.0, 1e-30], [0, 0]]))

  @Test func goldenResult() throws {
    try Golden.check(ZeroShare.self, inputs: ["dual": Features(Matrix(rows: 150, columns: 2))])
  }

  @Test func zerosOfFitRowsAreCounted() throws {
    #expect(try measure(ZeroShare.self, ["dual": dual]) == 0.6)
    let fitRows = RowMask([true, true, true, true, false])
    #expect(try measure(ZeroShare.self, ["dual": dual, "fitRows": fitRows]) == 0.5)
  }

  @Test func theDualOfAnInsensitiveLossHasZeros() throws {
    let iris = try LearnerCase("iris").standardized()
    var shares: [Double] = []
    for epsilon in ["0.05", "0.2", "0.4"] {
      let json = try JSON.parse(
        SourceText(
          file: "x",
          #"{"solver": {"dual": {"loss": {"epsilon-insensitive": {"epsilon": \#(epsilon), "norm": "entry"}}}}}"#
        ))
      let found = try KernelPCA(parameters: .read(json)).run(
        .init(features: iris.features, fitRows: iris.fitRows), in: StageContext())
      let dual = try #require(found.dual)
      shares.append(try measure(ZeroShare.self, ["dual": dual, "fitRows": iris.fitRows]))
    }
    #expect(shares[0] > 0 && shares[0] < shares[1] && shares[1] < shares[2] && shares[2] < 1)
  }

  @Test func noFitRowIsAnError() {
    let error = measureError(
      ZeroShare.self, ["dual": dual, "fitRows": RowMask([false, false, false, false, false])])
    #expect(
      error == """
        error[tooFewRows]: there are too few rows to fit on
          fit rows: 0 of 5
          needed:   at least 1
        """)
  }
}
