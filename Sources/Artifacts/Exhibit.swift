internal import CZstd

/// An artifact that is shown as a table of its own beside the numbers of a run.
public protocol Exhibit: Artifact {
  /// Its header and rows, fields as text.
  var cells: [[String]] { get }
}

extension Exhibit {
  /// The cells as CSV (RFC 4180 quoting, lines end with a line feed).
  public var csv: String {
    cells.map { row in row.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
  }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
    return "\"\(field.replacing("\"", with: "\"\""))\""
  }
}

extension ConfusionMatrix: Exhibit {
  /// A row a true class, a column a predicted one.
  public var cells: [[String]] {
    [["true \\ predicted"] + names]
      + names.indices.map { truth in
        [names[truth]] + names.indices.map { String(self[truth, $0]) }
      }
  }
}

extension ObjectFormat {
  /// The version of the compression library, for the manifest.
  public static var zstdVersion: String { String(cString: ZSTD_versionString()) }
}
