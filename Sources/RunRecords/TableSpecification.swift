/// What a config asks a table to show.
///
/// A row is one combination of the choices of the row slots (stage and swept parameters), a column one of the
/// column slots with a metric. Slots with several choices that stand in neither are added to the rows, so
/// that a cell is never a mixture.
public struct TableSpecification: Sendable, Equatable {
  /// The table's name: its file's name.
  public var name: String
  /// The slots, or swept parameters as `slot.path`, whose choices make the rows; `seed` shows the replicates apart.
  public var rows: [String]
  /// The slots, or swept parameters as `slot.path`, whose choices make the columns; or `seed`.
  public var columns: [String]
  /// The metrics, in the order in which they are shown.
  public var metrics: [String]
  /// Whether the best of each column is marked, with all that are not significantly worse.
  public var marksBest: Bool
  /// The caption.
  public var caption: String?

  /// Makes a specification.
  public init(
    name: String, rows: [String], columns: [String], metrics: [String], marksBest: Bool = false,
    caption: String? = nil
  ) {
    self.name = name
    self.rows = rows
    self.columns = columns
    self.metrics = metrics
    self.marksBest = marksBest
    self.caption = caption
  }
}
