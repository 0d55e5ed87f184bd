import Artifacts
import Execution
import Planning

/// A file for something that was measured and is more than a number, such as a confusion matrix.
struct ExhibitFile {
  /// The path within the run's folder.
  var path: String
  /// The content, CSV.
  var text: String

  /// The files of a run, named by the values of the cells they belong to.
  static func all(_ plan: Plan, _ report: RunReport) -> [ExhibitFile] {
    var seen: Set<Plan.NodeID> = []
    return plan.measured.compactMap { measured in
      guard let exhibit = report.exhibits[measured.node] as? any Exhibit, seen.insert(measured.node).inserted
      else { return nil }
      let name = plan[measured.node].name.map {
        $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "_"
      }
      return ExhibitFile(path: "tables/\(String(name)).csv", text: exhibit.csv)
    }
  }
}
