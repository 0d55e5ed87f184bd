import LinearAlgebra
import Testing

@Suite struct SignsTests {
  @Test func theLargestEntryBecomesPositive() {
    var rows = Matrix<Double>([[1, -3, 2], [3, 1, -2], [0, 0, 0], [-5, 0, 4.9]])
    #expect(rows.fixSigns() == [-1, 1, 1, -1])
    #expect(rows == Matrix([[-1, 3, -2], [3, 1, -2], [0, 0, 0], [5, 0, -4.9]]))
  }

  @Test func theFirstOfEqualMagnitudesDecidesWhateverTheRounding() {
    let root = Float(0.5).squareRoot()
    for other in [root, root.nextUp, root.nextDown] {
      var rows = Matrix<Float>([[root, -other], [-root, other]])
      #expect(rows.fixSigns() == [1, -1])
      #expect(rows.row(0) == [root, -other] && rows.row(1) == [root, -other])
    }
  }

  @Test func emptyRowsKeepTheirSign() {
    var rows = Matrix<Double>(rows: 2, columns: 0)
    #expect(rows.fixSigns() == [1, 1])
  }
}
