import Diagnostics
import RunRecords

/// Names made of values.
enum NodeNames {
  /// What the name of a node says besides its stage: the choices above it that could have been others, fold and seed.
  ///
  /// It is put into words only when somebody asks.
  struct Suffix: Sendable {
    var choices: Choices?
    /// The combination of the choices.
    var place = 0
    var fold: Int32?
    var seed: Int?

    var text: String {
      var text = choices?.text(at: place) ?? ""
      if let fold { text += " · fold \(fold)" }
      if let seed { text += " · seed \(seed)" }
      return text
    }
  }

  /// The choices above the nodes of one place in a pipeline.
  final class Choices: Sendable {
    /// For each slot how many alternatives it has, and what they add to names; nil where they add nothing.
    let slots: [(count: Int, labels: [String]?)]

    init(_ slots: [(count: Int, labels: [String]?)]) { self.slots = slots }

    /// The words for a combination; the last slot counts fastest.
    func text(at place: Int) -> String {
      var place = place
      var parts: [String] = []
      for slot in slots.reversed() {
        if let labels = slot.labels { parts.append(" · " + labels[place % slot.count]) }
        place /= slot.count
      }
      return parts.reversed().joined()
    }
  }

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
    guard text.utf8.contains(UInt8(ascii: "\"")), let json = try? JSON.parse(SourceText(file: "value", text))
    else {
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
