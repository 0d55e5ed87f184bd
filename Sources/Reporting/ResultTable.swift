internal import Artifacts
public import Diagnostics
public import RunRecords

/// A table of results: what is shown, apart from how.
///
/// A cell is the mean over seeds and folds of one combination of choices. A slot with several choices that
/// the specification names nowhere gets a part of the row, so that a cell is never a mixture.
public struct ResultTable: Sendable, Equatable {
  /// One column: the choices of the column slots with a metric.
  public struct Column: Sendable, Equatable {
    /// The choices, a label a slot; without those that are the same in all columns.
    public var labels: [String]
    /// The metric.
    public var metric: String
    /// Which end of the metric is better.
    public var better: MetricDirection.Better
  }

  /// How a cell compares with the others of its column.
  public enum Mark: String, Sendable {
    /// It is worse, or nothing is marked.
    case none
    /// It is not the best, and not significantly worse either.
    case notWorse
    /// It has the best mean, maybe with others.
    case best
  }

  /// What stands where a row and a column meet; without values and failures, nothing was measured there.
  public struct Cell: Sendable, Equatable {
    /// The mean of the values; nil without any.
    public var mean: Double?
    /// Their standard deviation with n − 1; nil for fewer than two.
    public var deviation: Double?
    /// How many values there are.
    public var count = 0
    /// How many replicates failed or were blocked.
    public var failed = 0
    /// How many replicates had no turn before the run was interrupted.
    public var notRun = 0
    /// How it compares with the others of its column.
    public var mark = Mark.none
  }

  /// One row: the choices of the row slots, with a cell a column.
  public struct Row: Sendable, Equatable {
    /// The choices, a label for each of the table's row titles; empty where a slot does not take part.
    public var labels: [String]
    /// The cells, one a column.
    public var cells: [Cell]
  }

  /// The table's name.
  public var name: String
  /// The caption.
  public var caption: String?
  /// What the labels of the rows are about: slots, or swept parameters as `slot.path`.
  public var rowTitles: [String]
  /// The columns, in the order of the metrics and then of the config.
  public var columns: [Column]
  /// The rows, in the order of the config.
  public var rows: [Row]
  /// Whether the best of each column is marked.
  public var marksBest: Bool

  /// The tables that a run's config asks for, in its order; one with everything if it asks for none.
  ///
  /// - Throws: what ``init(_:results:metrics:)`` throws.
  public static func tables(of manifest: Manifest) throws(Diagnostic) -> [ResultTable] {
    let record = manifest.deterministic
    var tables: [ResultTable] = []
    let combinations = DistinctChoices(record.results)
    let specifications = record.tables.isEmpty ? [everything(combinations, record.metrics)] : record.tables
    for table in specifications {
      let builder = try TableBuilder(
        table, results: record.results, combinations: combinations, metrics: record.metrics,
        notRun: notRun(in: manifest))
      tables.append(try builder.table())
    }
    return tables
  }

  /// The keys of what had no turn.
  private static func notRun(in manifest: Manifest) -> Set<String> {
    let nodes = Set(manifest.volatile.nodes.filter { $0.state == .notRun }.map(\.id))
    guard !nodes.isEmpty else { return [] }
    return Set(manifest.deterministic.nodes.filter { nodes.contains($0.id) }.map(\.key.digest.hex))
  }

  /// The table for a config that asks for none: all metrics, with a column for each choice of a slot that only some
  /// of the numbers stand behind, such as a probe.
  private static func everything(
    _ distinct: DistinctChoices, _ metrics: [MetricDirection]
  ) -> TableSpecification {
    let combinations = distinct.all
    let slots = combinations.map { $0.map(\.slot) }
    var (columns, seen): ([String], Set<String>) = ([], [])
    for slot in slots.joined() where seen.insert(slot).inserted {
      if slots.contains(where: { !$0.contains(slot) }) { columns.append(slot) }
    }
    // A row needs a label even where nothing varies.
    let others = slots.joined().filter { !columns.contains($0) }
    let varies = Set(combinations.map { $0.filter { !columns.contains($0.slot) } }).count > 1
    return TableSpecification(
      name: "results", rows: varies ? [] : Array(others.suffix(1)), columns: columns,
      metrics: metrics.map(\.metric))
  }

  /// Makes the table that a specification asks for.
  ///
  /// Rows and columns come in the order in which their choices first appear in the results. Best is the best
  /// mean of a column; a cell is not significantly worse if a paired t-test over the replicates that both
  /// have gives p ≥ 0.05 (a value without a seed is matched with every seed of its fold); with fewer than two
  /// pairs only equal means count. Cells with failed replicates are never marked.
  /// - Throws: `unknownName` for a slot, swept parameter or metric that the results do not have; `badConfig`
  ///   for one that stands in both rows and columns, and where two numbers of one replicate would stand in
  ///   one cell.
  public init(
    _ specification: TableSpecification, results: [MeasuredValue], metrics: [MetricDirection]
  ) throws(Diagnostic) {
    let builder = try TableBuilder(
      specification, results: results, combinations: DistinctChoices(results), metrics: metrics)
    self = try builder.table()
  }

  init(name: String, caption: String?, rowTitles: [String], columns: [Column], rows: [Row], marksBest: Bool) {
    self.name = name
    self.caption = caption
    self.rowTitles = rowTitles
    self.columns = columns
    self.rows = rows
    self.marksBest = marksBest
  }

  /// How many values every cell without failures holds, if that is one number.
  public var commonCount: Int? {
    let counts = Set(rows.flatMap(\.cells).filter { $0.count > 0 && $0.failed == 0 }.map(\.count))
    return counts.count == 1 ? counts.first : nil
  }
}
