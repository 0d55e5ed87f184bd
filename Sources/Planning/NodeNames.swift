import Diagnostics
import RunRecords

/// Names made of values.
enum NodeNames {
  /// A choice in words: `kernel-pca, rbf gamma 0.005, components 8`.
  static func text(_ choice: Choice) -> String {
    ([choice.stage]
      + choice.swept.map { swept in
        let path = swept.path.split(separator: ".").suffix(2)
        return "\(path.joined(separator: " ")) \(words(swept.value))"
      }).joined(separator: ", ")
  }

  /// A value in words: `rbf gamma 0.1` for `{"rbf":{"gamma":0.1}}`, `linear` for `"linear"`.
  private static func words(_ text: String) -> String {
    guard text.contains("\""), let json = try? JSON.parse(SourceText(file: "value", text)) else {
      return text
    }
    return words(json)
  }

  private static func words(_ json: JSON) -> String {
    if let text = json.string { return text }
    guard let members = json.members else { return json.text() }
    return members.map { member in
      member.value.members?.isEmpty == true ? member.key : "\(member.key) \(words(member.value))"
    }.joined(separator: " ")
  }
}
