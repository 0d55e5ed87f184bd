import Diagnostics
import RunRecords
import Testing

@testable import Reporting

@Suite struct BenchmarkPageTests {
  private func page(rows: Int) throws -> String {
    let results = (0..<rows).flatMap { index -> [MeasuredValue] in
      let choice = Sample.choice("reduce", "pca", ["components": "\(index)"])
      return Sample.results([choice], "accuracy", [Double(index)], seeded: false)
    }
    let record = DeterministicRecord(
      name: "a", title: "Title", pipeline: "p", config: .object([]), results: results,
      tables: [
        TableSpecification(
          name: "main", rows: ["reduce"], columns: [], metrics: ["accuracy"], marksBest: false)
      ],
      metrics: Sample.metrics)
    let volatile = VolatileRecord(
      run: "run", started: Timestamp(milliseconds: 0), ended: Timestamp(milliseconds: 0), seconds: 0,
      host: "host", cores: 1, commandLine: [], versions: Versions(tool: "1", swift: "6"), peakMemory: 0,
      outcome: .done, nodes: [])
    return try BenchmarkPage([Manifest(deterministic: record, volatile: volatile)]).markdown()
  }

  @Test func aTableStandsThereUnlessItIsLong() throws {
    let short = try page(rows: 30)
    #expect(short.contains("\n## Title\n") && short.contains("| pca · components 29 |"))
    let long = try page(rows: 100)
    #expect(!long.contains("| pca"))
    #expect(long.contains("has 102 lines: `a/tables/main.md` in the folder of references."))
  }
}
