/// A node's name, taken apart: `k-means · pca, components 8 · fold 1 · seed 2`.
struct NodeName {
  /// The stage and the choices above it, without fold and seed.
  var choices: Substring.UTF8View
  /// Which fold, if there are several.
  var fold: Substring.UTF8View?
  /// Which replicate, if something is random.
  var seed: Substring.UTF8View?

  init(_ name: String) {
    var rest = name[...].utf8
    seed = Self.cut("seed ", from: &rest)
    fold = Self.cut("fold ", from: &rest)
    choices = rest
  }

  /// Removes the last part if it starts like that.
  private static func cut(_ start: StaticString, from name: inout Substring.UTF8View) -> Substring.UTF8View? {
    let word = UnsafeBufferPointer(start: start.utf8Start, count: start.utf8CodeUnitCount)
    guard let place = lastSeparator(in: name) else { return nil }
    let part = name[name.index(place, offsetBy: separator.count)...]
    guard part.starts(with: word) else { return nil }
    name = name[..<place]
    return part
  }

  /// What stands between the parts of a name, as UTF-8.
  private static let separator = Array(" · ".utf8)

  private static func lastSeparator(in name: Substring.UTF8View) -> Substring.UTF8View.Index? {
    // A replicate's or fold's number is short, so the search ends soon.
    var place = name.endIndex
    for _ in 0..<24 where place > name.startIndex {
      place = name.index(before: place)
      if name[place...].starts(with: separator) { return place }
    }
    return nil
  }

  /// Whether one of the two is repeated over folds or seeds and the other is not, and they agree otherwise.
  func isCopy(of other: NodeName) -> Bool {
    let isRepeatedOtherwise = (fold == nil) != (other.fold == nil) || (seed == nil) != (other.seed == nil)
    return isRepeatedOtherwise && Self.agree(fold, other.fold) && Self.agree(seed, other.seed)
  }

  private static func agree(_ a: Substring.UTF8View?, _ b: Substring.UTF8View?) -> Bool {
    guard let a, let b else { return true }
    return a.elementsEqual(b)
  }

  /// The parts of a name.
  static func parts(of name: String) -> [Substring] {
    var parts: [Substring] = []
    var start = name.startIndex
    var place = name.startIndex
    let bytes = name.utf8
    while place < name.endIndex {
      if bytes[place...].starts(with: separator) {
        parts.append(name[start..<place])
        place = bytes.index(place, offsetBy: separator.count)
        start = place
      } else {
        place = bytes.index(after: place)
      }
    }
    return parts + [name[start...]]
  }
}
