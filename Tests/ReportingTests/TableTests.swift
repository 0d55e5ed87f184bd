import Diagnostics
import RunRecords
import Testing

@testable import Reporting

@Suite struct TableTests {
  private func table(
    _ results: [MeasuredValue], rows: [String], columns: [String] = [], metrics: [String] = ["accuracy"],
    best: Bool = false
  ) throws(Diagnostic) -> ResultTable {
    let specification = TableSpecification(
      name: "t", rows: rows, columns: columns, metrics: metrics, marksBest: best)
    return try ResultTable(specification, results: results, metrics: Sample.metrics)
  }

  private func error(
    _ results: [MeasuredValue], rows: [String], columns: [String] = [], metrics: [String] = ["accuracy"]
  )
    -> String
  {
    do {
      _ = try table(results, rows: rows, columns: columns, metrics: metrics)
      return "no error"
    } catch { return error.description }
  }

  @Test func takesMeanDeviationAndCountOverSeedsAndFolds() throws {
    let choices = [Sample.choice("reduce", "pca")]
    var results: [MeasuredValue] = []
    for seed in 1...2 {
      for fold in 0...1 {
        let value = Double(seed) + 10 * Double(fold)
        results.append(
          MeasuredValue(
            choices: choices, seed: seed, fold: fold, metric: "accuracy", value: value, key: "\(seed) \(fold)"
          ))
      }
    }
    let cell = try table(results, rows: ["reduce"]).rows[0].cells[0]
    #expect(cell.mean == 6.5)
    #expect(cell.deviation == (101.0 / 3).squareRoot())
    #expect(cell.count == 4 && cell.failed == 0)
    // The same node's number may be listed twice; it counts once.
    #expect(try table(results + results, rows: ["reduce"]).rows[0].cells[0] == cell)
  }

  @Test func keepsTheOrderOfTheConfigAndDropsWhatIsTheSameEverywhere() throws {
    let table = try ResultTable(Sample.specification, results: Sample.comparison, metrics: Sample.metrics)
    #expect(table.rowTitles == ["reduce"])
    #expect(
      table.rows.map(\.labels) == [
        ["pca · components 2"], ["pca · components 32"], ["kernel-pca · rbf gamma 0.005 · components 2"],
      ])
    #expect(table.columns.map(\.labels) == [["logistic"], ["nearest-neighbors"], ["k-means"]])
    #expect(table.columns.map(\.metric) == ["accuracy", "accuracy", "nmi"])
    #expect(table.commonCount == 5)
  }

  @Test func givesUnnamedSlotsWithSeveralChoicesAPartOfTheRow() throws {
    let table = try table(Sample.comparison, rows: ["reduce"], metrics: ["accuracy"])
    #expect(table.rowTitles == ["reduce", "probe"])
    #expect(table.rows.count == 6)
    #expect(table.rows[1].labels == ["pca · components 2", "nearest-neighbors"])
    #expect(table.columns.map(\.labels) == [[]])
  }

  @Test func takesOneSweptParameterApart() throws {
    let results = Sample.comparison.filter { $0.choices.last?.stage == "logistic" }
    let table = try table(results, rows: ["reduce"], columns: ["reduce.components"])
    #expect(table.rows.map(\.labels) == [["pca"], ["kernel-pca · rbf gamma 0.005"]])
    #expect(table.columns.map(\.labels) == [["components 2"], ["components 32"]])
    #expect(table.rows[1].cells[1] == ResultTable.Cell())
    let turned = try self.table(results, rows: ["reduce.components"])
    #expect(turned.rowTitles == ["reduce.components", "reduce"])
    #expect(turned.rows.map(\.labels)[2] == ["components 2", "kernel-pca · rbf gamma 0.005"])
  }

  @Test func keepsTheLabelOfTheOnlyRow() throws {
    let table = try table(Sample.results([Sample.choice("reduce", "pca")], "accuracy", [1]), rows: ["reduce"])
    #expect(table.rowTitles == ["reduce"] && table.rows.map(\.labels) == [["pca"]])
  }

  @Test func shortensPathsAsFarAsTheyStayClear() throws {
    let one = Sample.choice(
      "reduce", "a", ["kernel.rbf.gamma": "1", "x": "\"word\"", "y.degree": "{\"f\":{\"s\":2}}"])
    let two = Sample.choice("reduce", "a", ["other.rbf.gamma": "[1,2]", "x": "true"])
    let results = Sample.results([one], "accuracy", [1]) + Sample.results([two], "accuracy", [1])
    #expect(
      try table(results, rows: ["reduce"]).rows.map(\.labels) == [
        ["a · kernel rbf gamma 1 · x word · degree f s 2"], ["a · other rbf gamma [1, 2] · x true"],
      ])
  }

  @Test func marksFailures() throws {
    let results =
      Sample.results([Sample.choice("reduce", "a")], "accuracy", [0.5, nil, 0.7])
      + Sample.results([Sample.choice("reduce", "b")], "accuracy", [nil, nil, nil])
      + Sample.results([Sample.choice("reduce", "c")], "accuracy", [0.1, 0.2, 0.3])
      + Sample.results([Sample.choice("reduce", "d")], "accuracy", [0.2, 0.2, 0.2])
    let table = try table(results, rows: ["reduce"], best: true)
    #expect(table.rows.map { $0.cells[0].failed } == [1, 3, 0, 0])
    #expect(table.rows.map { $0.cells[0].mark } == [.none, .none, .best, .best])
    #expect(table.commonCount == 3)
    #expect(
      table.cellTexts.map { $0[0].joined(" ± ") } == [
        "0.600 ± 0.141 (n 2, 1 failed)", "failed", "0.200 ± 0.100", "0.200 ± 0.000",
      ])
  }

  @Test func marksWhatIsNotSignificantlyWorse() throws {
    func marks(_ metric: String, _ rows: [[Double]], seeded: [Bool] = [true, true, true]) throws
      -> [ResultTable.Mark]
    {
      let results = rows.enumerated().flatMap { index, values in
        Sample.results([Sample.choice("reduce", "\(index)")], metric, values, seeded: seeded[index])
      }
      return try table(results, rows: ["reduce"], metrics: [metric], best: true).rows.map { $0.cells[0].mark }
    }
    let (best, close, worse) = (
      [0.90, 0.91, 0.92, 0.93], [0.89, 0.92, 0.91, 0.93], [0.88, 0.89, 0.90, 0.911]
    )
    #expect(try marks("accuracy", [best, close, worse]) == [.best, .notWorse, .none])
    #expect(try marks("error", [best, close, worse]) == [.none, .none, .best])
    #expect(try marks("clusters", [best, close, worse]) == [.none, .none, .none])
    // Without a second pair only equal means count; a value without a seed is matched with every seed.
    #expect(try marks("accuracy", [[0.9], [0.9], [0.8999]]) == [.best, .best, .none])
    #expect(
      try marks("accuracy", [best, [0.914], [0.89]], seeded: [true, false, false]) == [
        .best, .notWorse, .none,
      ])
    #expect(try marks("accuracy", [best]) == [.none])
  }

  @Test func showsSeedsSideBySideWhereItIsAskedTo() throws {
    let results =
      Sample.results([Sample.choice("reduce", "a")], "accuracy", [0.5, 0.25])
      + Sample.results([Sample.choice("reduce", "b")], "accuracy", [0.75], seeded: false)
    let rows = try table(results, rows: ["reduce", "seed"], best: true)
    #expect(rows.rowTitles == ["reduce", "seed"])
    #expect(rows.rows.map(\.labels) == [["a", "seed 1"], ["a", "seed 2"], ["b", ""]])
    #expect(rows.rows.map { $0.cells[0].mean } == [0.5, 0.25, 0.75])
    let columns = try table(results, rows: ["reduce"], columns: ["seed"])
    #expect(columns.columns.map(\.labels) == [["seed 1"], ["seed 2"], []])
    #expect(columns.rows.map { $0.cells.map(\.mean) } == [[0.5, 0.25, nil], [nil, nil, 0.75]])
  }

  @Test func namesTheNearestOfWhatDoesNotExist() {
    #expect(
      error(Sample.comparison, rows: ["reduc"]) == """
        error[unknownName]: the table `t` names an unknown slot or swept parameter `reduc`
          in:        rows
          there are: whiten, reduce, reduce.components, reduce.kernel.rbf.gamma, cluster, probe, seed
          hint: did you mean `reduce`?
        """)
    #expect(
      error(Sample.comparison, rows: ["reduce"], columns: ["reduce.gamma"]).hasPrefix(
        "error[unknownName]: the table `t` names an unknown slot or swept parameter `reduce.gamma`\n"))
    #expect(
      error(Sample.comparison, rows: ["reduce"], metrics: ["acuracy"]) == """
        error[unknownName]: the table `t` names an unknown metric `acuracy`
          in:        metrics
          there are: nmi, accuracy, error, clusters
          hint: did you mean `accuracy`?
        """)
    #expect(
      error(Sample.comparison, rows: ["reduce"], columns: ["reduce"]) == """
        error[badConfig]: the table `t` has `reduce` in both its rows and its columns
          hint: name it in one of the two
        """)
  }

  @Test func refusesToMixTwoNumbersInOneCell() {
    var results = Sample.results([Sample.choice("reduce", "pca", ["components": "2"])], "accuracy", [1, 2])
    results[1].seed = 1
    #expect(
      error(results, rows: ["reduce"]) == """
        error[badConfig]: the table `t` would mix two numbers in one cell
          metric:  accuracy
          choices: reduce: pca · components 2
          seed:    1
          fold:    none
          hint: the pipeline measures it in two places; give the two metrics different names
        """)
  }

  @Test func staysEmptyWithoutResults() throws {
    let table = try table([], rows: [], metrics: ["accuracy"])
    #expect(table.rows.isEmpty && table.columns.isEmpty)
    for format in TableFormat.allCases { #expect(!table.text(format).isEmpty) }
    #expect(!table.text().isEmpty)
  }
}
