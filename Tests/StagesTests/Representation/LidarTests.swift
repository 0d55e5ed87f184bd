import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct LidarTests {
  @Test func goldenResult() throws {
    try Golden.check(Lidar.self, cases: ["default": "{}", "delta": #"{"delta": 0.5, "epsilon": 0.01}"#])
  }

  @Test func isThatOfNumpy() throws {
    let cases = try representationCases("ranks")
    for item in cases {
      let features = try FixtureData.load(try #require(item["data"]?.string)).features
      let groups = Labels(integers: (0..<features.rows).map { $0 / 5 })
      let inputs: [String: any Artifact] = ["features": features, "groups": groups]
      let found = try measure(Lidar.self, "{}", inputs)
      #expect(isClose(found, try #require(item["lidar"]?.number), 1e-6))
      let other = try measure(Lidar.self, #"{"delta": 1, "epsilon": 0.01}"#, inputs)
      #expect(isClose(other, try #require(item["lidar 1"]?.number), 1e-6))
    }
  }

  @Test func countsWhatTellsSamplesApart() throws {
    // Two columns differ between samples, two between views.
    var random = RandomStream(seed: 9)
    let rows = (0..<400).map { row -> [Float] in
      var sample = random.substream(UInt64(row / 4))
      return [Float(sample.normal()), Float(sample.normal())].map { $0 + 0.01 * Float(random.normal()) }
        + [Float(random.normal()), Float(random.normal())]
    }
    let groups = Labels(integers: (0..<400).map { $0 / 4 })
    let found = try measure(Lidar.self, "{}", ["features": Features(Matrix(rows)), "groups": groups])
    #expect(found > 1.9 && found < 2.1)
  }

  @Test func samplesOfOneViewAreAnError() {
    let features = Features(Matrix([[1, 2], [3, 4], [5, 7]]))
    #expect(
      measureError(Lidar.self, "{}", ["features": features, "groups": Labels(integers: [0, 1, 2])]) == """
        error[tooFewRows]: no sample has two views
          rows:   3
          groups: 3
          hint: name the data set in the loader that tells which rows are views of one sample, as "groups"
        """)
  }

  @Test func viewsThatDoNotVaryAreAnErrorWithoutDelta() {
    let features = Features(Matrix([[1, 2], [1, 3], [5, 7], [5, 9]]))
    let groups = Labels(integers: [0, 0, 1, 1])
    #expect(
      measureError(Lidar.self, #"{"delta": 0}"#, ["features": features, "groups": groups]) == """
        error[rankDeficient]: the views of a sample do not vary in every direction
          columns:    2
          directions: 1
          hint: raise `delta`
        """)
  }
}
