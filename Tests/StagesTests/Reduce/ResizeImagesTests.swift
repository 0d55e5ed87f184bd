import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct ResizeImagesTests {
  private func resize(_ features: Features, _ change: (inout ResizeImages.Parameters) -> Void) throws
    -> Matrix<Float>
  {
    var parameters = ResizeImages.Parameters()
    change(&parameters)
    return try ResizeImages(parameters: parameters).run(.init(features: features), in: StageContext())
      .embedding.matrix
  }

  @Test func goldenResult() throws {
    try Golden.check(
      ResizeImages.self, cases: ["default": #"{"side": 3}"#, "wide": #"{"side": 5, "width": 4}"#])
  }

  @Test func isThatOfPillow() throws {
    let digits = try FixtureData.load("digits").features.matrix.selecting(rows: Array(0..<6))
    let images = Features(Matrix(rows: 6, columns: 64, elements: digits.elements.map { min($0 * 16, 255) }))
    let cases = try Fixture.json("resize-images/pillow.json").items ?? []
    #expect(cases.count == 10)
    for item in cases {
      let isBytes = item["bytes"] == .bool(true)
      let found = try resize(images) {
        $0.side = item["side"]?.integer ?? 0
        $0.width = item["width"]?.integer
        $0.bytes = isBytes
        $0.filter = item["filter"]?.string == "bicubic" ? .bicubic : .bilinear
      }
      let expected = try #require(item["images"]?.matrix)
      if isBytes { #expect(found == expected) } else { #expect(relativeError(found, expected) < 1e-6) }
    }
  }

  @Test func theSameSizeIsTheSameImage() throws {
    let digits = try FixtureData.load("digits").features
    #expect(try resize(digits) { $0.side = 8 } == digits.matrix)
  }

  @Test func theSquarestImagesAreMeant() throws {
    let rows = Features(Matrix([[1, 2, 3, 4, 5, 6]]))
    #expect(try resize(rows) { $0.side = 2 } == (try resize(rows) { ($0.side, $0.width) = (2, 3) }))
  }

  @Test func rowsThatAreNoImageAreAnError() throws {
    let error = #expect(throws: StageError.self) {
      try resize(Features(Matrix([[1, 2, 3, 4, 5]]))) { ($0.side, $0.width) = (2, 2) }
    }
    #expect(
      error?.description == """
        error[badShape]: the rows are no images of that width
          columns: 5
          width:   2
        """)
  }
}
