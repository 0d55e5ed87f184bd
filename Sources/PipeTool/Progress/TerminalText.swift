/// How text lies on a terminal, whose columns are not characters.
enum TerminalText {
  /// How many columns a text takes.
  static func columns(of text: some StringProtocol) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.reduce(0) { $0 + columns(of: $1) }
  }

  /// The text, or its start with an ellipsis, in at most that many columns.
  static func fitted(_ text: String, to width: Int) -> String {
    if columns(of: text) <= width { return text }
    guard width > 0 else { return "" }
    var taken = 0
    let start = text.prefix { character in
      taken += columns(of: character)
      return taken < width
    }
    return start + "…"
  }

  /// The text without what could move the cursor or turn the line around.
  static func clean(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    var clean = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case ..<0x20, 0x7F..<0xA0: clean.unicodeScalars.append(" ")
      case 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: continue
      default: clean.unicodeScalars.append(scalar)
      }
    }
    return clean
  }

  private static func columns(of character: Character) -> Int {
    let scalars = character.unicodeScalars
    if let first = scalars.first, scalars.count > 1, first.properties.isEmoji,
      scalars.contains(where: { $0.properties.isEmojiPresentation || $0.value == 0xFE0F })
    {
      return 2
    }
    return scalars.reduce(0) { $0 + columns(of: $1) }
  }

  private static func columns(of scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    // Vowels and final consonants of a Hangul syllable stand within the first consonant's columns.
    if (0x1160...0x11FF).contains(scalar.value) { return 0 }
    if scalar.properties.isEmojiPresentation { return 2 }
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  /// What takes two columns besides emoji: Unicode's East Asian Width W and F.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C,
    0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6B, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
    0x16FE0...0x18CFF, 0x1AFF0...0x1B2FB, 0x1F200...0x1F265, 0x20000...0x3FFFD,
  ]
}
