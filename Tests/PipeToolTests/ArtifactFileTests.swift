import Artifacts
import Diagnostics
import Foundation
import HDF5
import Testing

@testable import PipeTool

@Suite struct ArtifactFileTests {
  private func written(_ predictions: Predictions) throws -> LabelValues {
    let path = FileManager.default.temporaryDirectory.appending(path: "artifact-\(UUID().uuidString).h5").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try ArtifactFile(creating: path)
    _ = try file.write(predictions, as: "predictions")
    try file.finish()
    return try HDF5File(reading: path).dataSet("predictions").readLabels()
  }

  @Test func predictionsAreWrittenAsTheirClasses() throws {
    #expect(try written(Predictions(classes: [1, 0], names: ["7", "12"])) == .integers([12, 7]))
    #expect(try written(Predictions(classes: [1, 0], names: ["a", "12"])) == .strings(["12", "a"]))
  }

  @Test func rowsThatWereNotPredictedAreEmpty() throws {
    #expect(try written(Predictions(classes: [1, -1, 0], names: ["7", "12"])) == .strings(["12", "", "7"]))
  }
}
