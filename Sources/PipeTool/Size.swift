/// A number of bytes as people write it: `20G`, `500M`, `1.5T`, `64k`, `4GiB`, or plain bytes.
struct Size {
  /// How many bytes.
  let bytes: Int

  /// Reads a size; nil for anything else, also for 0 and for what no disk can be.
  init?(_ text: String) {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let value = Double(number), number.first != ".", number.last != ".",
      let factor = Size.factor(String(text.dropFirst(number.count)))
    else { return nil }
    let bytes = (value * factor).rounded()
    guard bytes >= 1, bytes < 9e18 else { return nil }
    self.bytes = Int(bytes)
  }

  /// What a unit stands for; upper and lower case mean the same, as nobody means milli.
  private static func factor(_ unit: String) -> Double? {
    var unit = unit.lowercased()
    if unit.hasSuffix("b") { unit.removeLast() }
    let isBinary = unit.hasSuffix("i")
    if isBinary { unit.removeLast() }
    guard let power = ["", "k", "m", "g", "t"].firstIndex(of: unit), !isBinary || power > 0 else {
      return nil
    }
    return (0..<power).reduce(1.0) { product, _ in product * (isBinary ? 1024 : 1000) }
  }
}
