import Artifacts
import Diagnostics
import LinearAlgebra
import Testing

@testable import Stages

@Suite struct InputChecksTests {
  @Test func everyPlaceOfANumberThatIsNotFiniteIsFound() throws {
    // Rows of 19 values: two whole vectors and a rest.
    for column in 0..<19 {
      for value in [Float.nan, .infinity, -.infinity] {
        var matrix = Matrix<Float>(rows: 3, columns: 19, repeating: .greatestFiniteMagnitude)
        try Features(matrix).requireFinite()
        matrix[1, column] = value
        matrix[2, 0] = value
        let error = #expect(throws: Diagnostic.self) { try Features(matrix).requireFinite() }
        #expect(error?.fields.map(\.value) == ["\(value)", "1, counted from 0", "\(column), counted from 0"])
      }
    }
  }

  @Test func fitIndicesAreThoseOfTheMask() throws {
    let features = Features(Matrix(rows: 4, columns: 2))
    #expect(try features.fitIndices(nil) == [0, 1, 2, 3])
    #expect(try features.fitIndices(RowMask([false, true, false, true])) == [1, 3])
  }

  @Test func errorsOfSizesAreWhole() {
    let features = Features(Matrix(rows: 4, columns: 2))
    let few = #expect(throws: Diagnostic.self) {
      try features.fitIndices(RowMask([false, true, false, false]), atLeast: 2)
    }
    #expect(
      few?.description == """
        error[tooFewRows]: there are too few rows to fit on
          fit rows: 1 of 4
          needed:   at least 2
        """)
    let long = #expect(throws: Diagnostic.self) { try features.fitIndices(RowMask([true])) }
    #expect(
      long?.description == """
        error[lengthMismatch]: `fitRows` and `features` differ in their number of rows
          fitRows:  1 rows
          features: 4 rows
        """)
    let small = #expect(throws: Diagnostic.self) { try features.requireSize(rowsAtLeast: 5) }
    #expect(
      small?.description == """
        error[tooFewRows]: there are too few rows
          rows:   4
          needed: at least 5
        """)
    let flat = #expect(throws: Diagnostic.self) {
      try Features(Matrix(rows: 4, columns: 0)).fitIndices(nil)
    }
    #expect(
      flat?.description == """
        error[badShape]: the features have no columns
          shape: 4 × 0
        """)
  }
}
