import Diagnostics
import RunRecords
import Testing

@testable import Reporting

@Suite struct RenderingTests {
  private let table: ResultTable
  private let hostile: ResultTable

  init() throws {
    table = try ResultTable(Sample.specification, results: Sample.comparison, metrics: Sample.metrics)
    var specification = TableSpecification(
      name: "50%_table", rows: ["reduce"], columns: [], metrics: ["er_ror"], marksBest: true)
    specification.caption = "R&D: $5 <b>|x|</b> \u{1B}[31m"
    let results =
      Sample.results([Sample.choice("reduce", "a_b|c")], "er_ror", [12.5])
      + Sample.results([Sample.choice("reduce", "d,\"e\"")], "er_ror", [123.4])
      + Sample.results([Sample.choice("reduce", "f")], "er_ror", [nil])
    hostile = try ResultTable(
      specification, results: results, metrics: [.init(metric: "er_ror", better: .lower)])
  }

  @Test func writesText() {
    #expect(table.text() == "")
  }

  @Test func writesTextInColor() {
    #expect(table.text(width: 120, color: true) == "")
  }

  @Test func putsColumnsThatDoNotFitBelow() {
    #expect(table.text(width: 60) == "")
  }

  @Test func writesMarkdown() {
    #expect(table.text(.markdown) == "")
  }

  @Test func writesCSV() {
    #expect(hostile.text(.csv) == "")
  }

  @Test func writesLaTeX() {
    #expect(table.text(.latex) == "")
  }

  @Test func writesJSON() {
    #expect(hostile.text(.json) == "")
  }

  @Test func writesHTML() {
    #expect(table.text(.html) == "")
  }

  @Test func escapesWhatEachFormWouldActOn() {
    #expect(hostile.text(.markdown) == "")
    #expect(hostile.text(.latex) == "")
    #expect(hostile.text(.html) == "")
    #expect(hostile.text() == "")
  }
}
