internal import Diagnostics
internal import RunRecords

/// Turns results into a table, step by step: parts, places, cells, marks.
struct TableBuilder {
  private typealias Place = [Choice?]
  private struct ColumnPlace: Hashable {
    var choices: Place
    var metric: String
  }
  private struct Crossing: Hashable {
    var row: Int
    var column: Int
  }

  private let specification: TableSpecification
  private let results: [MeasuredValue]
  /// The choices that the results belong to: far fewer than results, so that places are looked for among these.
  private let combinations: DistinctChoices
  private let better: [String: MetricDirection.Better]
  private let index: SlotIndex
  private let notRun: Set<String>

  /// - Parameter all: the combinations of choices of all the results.
  init(
    _ specification: TableSpecification, results: [MeasuredValue], combinations all: DistinctChoices,
    metrics: [MetricDirection], notRun: Set<String> = []
  ) throws(Diagnostic) {
    self.notRun = notRun
    self.specification = specification
    let wanted = results.filter { specification.metrics.contains($0.metric) }
    let showsSeeds = (specification.rows + specification.columns).contains(AxisPart.seed)
    self.results = showsSeeds ? wanted.map(AxisPart.withSeed) : wanted
    better = Dictionary(metrics.map { ($0.metric, $0.better) }) { first, _ in first }
    let showsAll = wanted.count == results.count && !showsSeeds
    combinations = showsAll ? all : DistinctChoices(self.results)
    index = SlotIndex(combinations.all)
    let names = showsAll ? index : SlotIndex(all.all)
    try checkNames(names.names, metrics: distinct(results.map(\.metric) + metrics.map(\.metric)))
  }

  private func checkNames(_ names: [String], metrics known: [String]) throws(Diagnostic) {
    for (list, wanted) in [("rows", specification.rows), ("columns", specification.columns)] {
      for name in wanted where !names.contains(name) {
        throw unknown("slot or swept parameter", name, among: names, in: list)
      }
    }
    for metric in specification.metrics where !known.contains(metric) {
      throw unknown("metric", metric, among: known, in: "metrics")
    }
    for name in specification.rows where specification.columns.contains(name) {
      throw Diagnostic(
        .badConfig, "the table `\(specification.name)` has `\(name)` in both its rows and its columns",
        hint: "name it in one of the two")
    }
  }

  private func unknown(_ what: String, _ name: String, among names: [String], in list: String) -> Diagnostic {
    Diagnostic(
      .unknownName, "the table `\(specification.name)` names an unknown \(what) `\(name)`",
      fields: ["in": list, "there are": names.isEmpty ? "none" : names.joined(separator: ", ")],
      hint: suggestion(for: name, among: names))
  }

  func table() throws(Diagnostic) -> ResultTable {
    let named = Set(specification.rows + specification.columns)
    let columnParts = specification.columns.map { index.part($0, apartFrom: named) }
    let rowParts = specification.rows.map { index.part($0, apartFrom: named) } + unnamedParts(named)
    let rows = distinct(combinations.all.map { place($0, rowParts) })
    let columns = columnPlaces(columnParts)
    let cells = try cells(rows, columns, rowParts, columnParts)
    let shownRows = shown(rows, rowParts, keepsOne: true)
    let shownColumns = shown(columns.map(\.choices), columnParts, keepsOne: false)
    return ResultTable(
      name: specification.name, caption: specification.caption,
      rowTitles: shownRows.map { rowParts[$0].title },
      columns: columns.map { column in
        ResultTable.Column(
          labels: shownColumns.map { index.label(column.choices[$0]) }.filter { !$0.isEmpty },
          metric: column.metric, better: better[column.metric] ?? .neither)
      },
      rows: rows.indices.map { row in
        ResultTable.Row(labels: shownRows.map { index.label(rows[row][$0]) }, cells: cells[row])
      },
      marksBest: specification.marksBest)
  }

  /// The slots that are not named as a whole and yet have several choices.
  private func unnamedParts(_ named: Set<String>) -> [AxisPart] {
    index.slots.filter { !named.contains($0) }.map { index.rest(of: $0, apartFrom: named) }.filter { part in
      distinct(combinations.all.compactMap { part.choice(among: $0) }).count > 1
    }
  }

  private func place(_ choices: [Choice], _ parts: [AxisPart]) -> Place {
    parts.map { $0.choice(among: choices) }
  }

  /// The columns: metric by metric in the order asked for, choices in the order of their first appearance.
  private func columnPlaces(_ parts: [AxisPart]) -> [ColumnPlace] {
    let choices = combinations.all.map { place($0, parts) }
    var metrics = [Set<String>](repeating: [], count: choices.count)
    for (result, number) in zip(results, combinations.numbers) { metrics[number].insert(result.metric) }
    let places = Set(
      zip(choices, metrics).flatMap { choices, metrics in
        metrics.map { ColumnPlace(choices: choices, metric: $0) }
      })
    let order = distinct(choices)
    return distinct(specification.metrics).flatMap { metric in
      order.map { ColumnPlace(choices: $0, metric: metric) }.filter(places.contains)
    }
  }

  /// Which parts are shown: those that are not the same everywhere, or the first if a row would have no
  /// label.
  private func shown(_ places: [Place], _ parts: [AxisPart], keepsOne: Bool) -> [Int] {
    let shown = parts.indices.filter { part in Set(places.map { $0[part] }).count > 1 }
    return shown.isEmpty && keepsOne ? Array(parts.indices.prefix(1)) : shown
  }

  private func cells(
    _ rows: [Place], _ columns: [ColumnPlace], _ rowParts: [AxisPart], _ columnParts: [AxisPart]
  ) throws(Diagnostic) -> [[ResultTable.Cell]] {
    let rowNumbers = numbers(rows)
    let rowOf = combinations.all.map { rowNumbers[place($0, rowParts)] }
    let columnNumbers = numbers(columns)
    let columnOf = combinations.all.map { choices in
      let choices = place(choices, columnParts)
      return specification.metrics.reduce(into: [String: Int]()) {
        $0[$1] = columnNumbers[ColumnPlace(choices: choices, metric: $1)]
      }
    }
    var gathered: [Crossing: Replicates] = [:]
    for (result, number) in zip(results, combinations.numbers) {
      guard let row = rowOf[number], let column = columnOf[number][result.metric] else { continue }
      guard
        gathered[Crossing(row: row, column: column), default: Replicates()]
          .add(result, isPending: notRun.contains(result.key))
      else {
        throw mixture(result)
      }
    }
    var cells = rows.indices.map { row in
      columns.indices.map { gathered[Crossing(row: row, column: $0)]?.cell ?? ResultTable.Cell() }
    }
    guard specification.marksBest else { return cells }
    for column in columns.indices {
      let replicates = rows.indices.map { gathered[Crossing(row: $0, column: column)] ?? Replicates() }
      let marks = marks(replicates, better: better[columns[column].metric] ?? .neither)
      for row in rows.indices { cells[row][column].mark = marks[row] }
    }
    return cells
  }

  private func mixture(_ result: MeasuredValue) -> Diagnostic {
    let choices = result.choices.map { "\($0.slot): \(index.label($0))" }.joined(separator: ", ")
    return Diagnostic(
      .badConfig, "the table `\(specification.name)` would mix two numbers in one cell",
      fields: [
        "metric": result.metric, "choices": choices, "seed": result.seed.map(String.init) ?? "none",
        "fold": result.fold.map(String.init) ?? "none",
      ], hint: "the pipeline measures it in two places; give the two metrics different names")
  }
}

/// The position of each item.
private func numbers<Item: Hashable>(_ items: [Item]) -> [Item: Int] {
  Dictionary(items.enumerated().map { ($1, $0) }) { first, _ in first }
}
