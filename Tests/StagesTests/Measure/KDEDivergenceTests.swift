import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct KDEDivergenceTests {
  private func run(
    _ points: Matrix<Float>, assignment: Assignment? = nil, centroids: Matrix<Float>? = nil,
    sample: RowMask? = nil, _ change: (inout KDEDivergence.Parameters) -> Void = { _ in }
  ) throws -> Double {
    var parameters = KDEDivergence.Parameters()
    change(&parameters)
    let input = KDEDivergence.Input(
      features: Features(points), assignment: assignment, centroids: centroids, sample: sample)
    return try KDEDivergence(parameters: parameters).run(input, in: StageContext()).measurement.value
  }

  @Test func goldenResult() throws {
    let (features, _) = try FixtureData.load("iris")
    let plane = Matrix<Float>(rows: 150, columns: 2) { target in
      for row in 0..<150 {
        for column in 0..<2 { target[2 * row + column] = features.matrix[row, column] - 4 }
      }
    }
    try Golden.check(
      KDEDivergence.self,
      cases: ["default": "{}", "narrow": #"{"bandwidth": 0.1, "x": [0, 4], "step": 0.1}"#],
      inputs: [
        "features": Features(plane), "sample": RowMask((0..<150).map { $0 % 3 == 0 }),
      ])
  }

  @Test func valuesAreThoseOfScikitLearn() throws {
    let cases = try Fixture.json("curation/kde.json").items ?? []
    #expect(cases.count == 4)
    for item in cases {
      let expected = try #require(item["kde-kl"]?.number)
      let found = try run(try #require(item["points"]).matrix) {
        $0.bandwidth = item["bandwidth"]?.number ?? 0
        ($0.x, $0.y) = (item["x"]?.doubles ?? [], item["y"]?.doubles ?? [])
        $0.step = item["step"]?.number ?? 0
      }
      #expect(isClose(found, expected, 1e-6), "\(found), \(expected)")
    }
  }

  @Test func anEvenDensityHasNoDivergence() throws {
    // One kernel so wide that it is flat on the square.
    #expect(abs(try run(Matrix([[0, 0]])) { $0.bandwidth = 1e4 }) < 1e-9)
    #expect(try run(Matrix([[0, 0]])) > 1)
  }

  @Test func samplesGoBeforeCentresAndTheseBeforeRows() throws {
    let points = Matrix<Float>([[0, 0], [2, 2], [-1, 1], [1, 1]])
    let assignment = Assignment(clusters: [0, 0, 2, -1], count: 3)
    let centroids = Matrix<Float>([[0.5, 0], [1, 2]])
    #expect(try run(points, assignment: assignment) == run(Matrix([[1, 1], [-1, 1]])))
    #expect(try run(points, assignment: assignment, centroids: centroids) == run(centroids))
    let sample = RowMask([true, false, false, true])
    #expect(
      try run(points, assignment: assignment, centroids: centroids, sample: sample)
        == run(Matrix([[0, 0], [1, 1]])))
  }

  @Test func morePointsThanABlockAreAddedUp() throws {
    var random = RandomStream(seed: 4)
    let one = (0..<1500).map { _ in [Float(random.normal()), Float(random.normal())] }
    #expect(isClose(try run(Matrix(one + one)), try run(Matrix(one)), 1e-12))
  }

  private func error(_ points: Matrix<Float>, sample: RowMask? = nil) -> String {
    do { return "no error: \(try run(points, sample: sample))" } catch { return "\(error)" }
  }

  @Test func errorsSayWhatToDo() {
    #expect(
      error(Matrix([[1, 2, 3]])) == """
        error[badShape]: the density is measured in the plane, and the features have another number of columns
          shape:  1 × 3
          needed: n × 2
          hint: reduce them to two columns first
        """)
    #expect(
      error(Matrix([[1e4, 0]])) == """
        error[outOfRange]: the points lie so far from the rectangle that they have no density there
          x:         [-3.0, 3.0]
          y:         [-3.0, 3.0]
          bandwidth: 0.5
          hint: give the measure the bounds of the data
        """)
    #expect(
      error(Matrix([[0, 0]]), sample: RowMask([false]))
        == "error[tooFewRows]: there are no points whose density could be measured")
    #expect(error(Matrix([[0, 0]]), sample: RowMask([])).hasPrefix("error[lengthMismatch]"))
  }

  @Test func rectanglesMustBeTheRightWayRound() {
    let found = #expect(throws: Diagnostics.self) {
      try KDEDivergence.Parameters.read(.object(["x": [.number(1), .number(-1)], "step": .number(1e-5)]))
    }
    #expect(
      found?.all.map(\.headline)
        == ["`x` must go from less to more", "`step` divides `y` into more than 10000 parts"])
  }
}
