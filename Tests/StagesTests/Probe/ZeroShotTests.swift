import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct ZeroShotTests {
  @Test func goldenResult() throws {
    try Golden.check(
      ZeroShot.self, inputs: ["texts": ClassTexts(Matrix([[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))])
  }

  @Test(arguments: FixtureData.allCases) func agreesWithNumPy(data: FixtureData) throws {
    let table = try FewShotCase(data.rawValue)
    let predictions = try #require(try table.run(ZeroShot.self)["predictions"] as? Predictions)
    #expect(table.tested(predictions) == table.expected["zero-shot"]?.integers)
  }

  @Test func textsOfOtherClassesOrColumnsAreErrors() throws {
    #expect(
      try TinyShots.error(ZeroShot.self, "{}", ["texts": ClassTexts(Matrix([[1, 0]]))]) == """
        error[lengthMismatch]: there must be a text for each class
          texts:   1
          classes: 2
        """)
    #expect(
      try TinyShots.error(ZeroShot.self, "{}", ["texts": ClassTexts(Matrix([[1], [1]]))]) == """
        error[badShape]: texts and features differ in their number of columns
          texts:    1 columns
          features: 2 columns
          hint: take texts of the same encoder, and leave out what changes the columns of the features
        """)
    let broken = ClassTexts(Matrix([[1, .nan], [0, 1]]))
    #expect(try TinyShots.error(ZeroShot.self, "{}", ["texts": broken]).hasPrefix("error[notFinite]"))
    #expect(try TinyShots.error(ZeroShot.self, without: "texts").hasPrefix("error[missingPort]"))
  }
}
