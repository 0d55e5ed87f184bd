import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct VendiTests {
  private func vendi(_ parameters: String, _ features: Features, _ labels: Labels? = nil) throws -> Double {
    var inputs: [String: any Artifact] = ["features": features]
    inputs["labels"] = labels
    return try measure(Vendi.self, parameters, inputs)
  }

  private static let kernels = [
    "linear": "\"linear\"", "cosine": "\"cosine\"", "rbf": "\"rbf\"", "laplacian": "\"laplacian\"",
    "polynomial": "\"polynomial\"",
  ]

  @Test func goldenResult() throws {
    try Golden.check(
      Vendi.self,
      cases: [
        "default": "{}", "rbf": #"{"kernel": {"rbf": {"gamma": 0.5}}, "order": 2}"#,
        "class": #"{"kernel": "linear", "scale": "trace", "order": null, "class": 1}"#,
      ])
  }

  @Test func isThatOfNumpy() throws {
    let cases = try representationCases("diversity")
    #expect(cases.count == 20)
    for item in cases {
      let (name, kernel) = (try #require(item["data"]?.string), try #require(item["kernel"]?.string))
      let features = try FixtureData.load(name).features.prefix(rows: 300)
      let choice = try #require(Self.kernels[kernel])
      let wanted = [
        ("unit", "", 1e-6), ("trace", #", "scale": "trace""#, 1e-6), ("order 2", #", "order": 2"#, 1e-6),
        ("order infinity", #", "order": null"#, 1e-6),
        // Small eigenvalues weigh much here, and they are hardly more than rounding.
        ("order 0.5", #", "order": 0.5"#, 1e-3),
      ]
      for (key, more, tolerance) in wanted {
        let found = try vendi("{\"kernel\": \(choice)\(more)}", features)
        let expected = try #require(item[key]?.number)
        #expect(isClose(found, expected, tolerance), "\(name) \(kernel) \(key): \(found) for \(expected)")
      }
    }
  }

  @Test func hasTheValuesOfTheAuthors() throws {
    let points = Features(Matrix([[0], [0], [10], [10], [20], [20]]))
    let score = try vendi(#"{"kernel": {"laplacian": {"gamma": 1}}}"#, points)
    // Printed as 2.9999: cut off, not rounded.
    #expect(score > 2.9999 && score < 3)
    // Vectors whose products are the matrix [[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]].
    let vectors = Features(Matrix([[1, 0, 0], [0.9, Float(0.19).squareRoot(), 0], [0, 0, 1]]))
    #expect(abs(try vendi("{}", vectors) - 2.1573) < 5e-5)
  }

  @Test func rowsThatAreAlikeCountOnce() throws {
    let alike = Features(Matrix([[1, 2], [2, 4], [3, 6]]))
    #expect(isClose(try vendi("{}", alike), 1, 1e-12))
    let axes = Matrix<Float>([[2, 0, 0], [0, 3, 0], [0, 0, 1]])
    for order in ["0", "0.5", "1", "2", "null"] {
      #expect(isClose(try vendi("{\"order\": \(order)}", Features(axes)), 3, 1e-12))
      let twice = Features(axes.selecting(rows: [0, 0, 1, 1, 2, 2]))
      #expect(isClose(try vendi("{\"order\": \(order)}", twice), 3, 1e-12))
    }
  }

  @Test func isAtMostTheRank() throws {
    let (a, b) = (
      normalFeatures(rows: 90, columns: 3, seed: 1), normalFeatures(rows: 3, columns: 40, seed: 2)
    )
    let low = Features(product(a.matrix, b.matrix))
    let score = try vendi("{}", low)
    #expect(score > 2.5 && score <= 3)
    #expect(isClose(try vendi(#"{"order": 0}"#, Features(a.matrix)), 3, 1e-12))
  }

  @Test func bothWaysToTheEigenvaluesAgree() throws {
    // One row more than columns, and as many.
    let features = normalFeatures(rows: 41, columns: 40, seed: 3)
    let byColumns = try vendi("{}", features)
    let padded = Matrix<Float>(rows: 41, columns: 60) { target in
      for row in 0..<41 {
        for column in 0..<60 { target[row * 60 + column] = column < 40 ? features.matrix[row, column] : 0 }
      }
    }
    #expect(isClose(byColumns, try vendi("{}", Features(padded)), 1e-12))
  }

  @Test func aClassIsMeasuredAlone() throws {
    let (features, labels) = try FixtureData.load("iris")
    let second = Features(features.matrix.selecting(rows: Array(50..<100)))
    #expect(try vendi(#"{"class": 1}"#, features, labels) == (try vendi("{}", second)))
    #expect(
      measureError(Vendi.self, #"{"class": 3}"#, ["features": features, "labels": labels]) == """
        error[outOfRange]: there is no such class
          class:   3, counted from 0
          classes: 3
        """)
    #expect(
      measureError(Vendi.self, #"{"class": 0}"#, ["features": features]) == """
        error[missingPort]: the rows of a class are wanted, and nothing tells the classes
          hint: name the data set in the loader, such as "labels": "labels"
        """)
  }

  @Test func aRowOfZerosIsAnError() {
    let features = Features(Matrix([[0, 1], [0, 0]]))
    #expect(
      measureError(Vendi.self, "{}", ["features": features]) == """
        error[rankDeficient]: a row has no similarity to itself, so it cannot be scaled to 1
          row: 1, counted from 0
          hint: a row of zeros has no direction: remove it, or centre the features
        """)
  }

  @Test func aKernelWithNegativeEigenvaluesIsRefused() {
    #expect(
      measureError(Vendi.self, #"{"kernel": "sigmoid"}"#, ["features": Features(Matrix([[1], [2]]))])
        .hasPrefix("error[outOfRange]: `kernel` must have no negative eigenvalue"))
  }
}
