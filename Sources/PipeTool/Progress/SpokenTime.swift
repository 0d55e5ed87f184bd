/// Durations as a reader would say them: `4 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`.
enum SpokenTime {
  /// A duration to the second.
  static func exact(_ seconds: Double) -> String {
    let whole = seconds.isFinite ? Int(min(max(seconds, 0), 1e9)) : 0
    let (days, hours, minutes) = (whole / 86_400, whole / 3600, whole / 60)
    if days > 1 { return "\(days) d \(hours % 24) h" }
    if hours > 0 { return "\(hours) h \(twoDigits(minutes % 60)) min" }
    if minutes > 0 { return "\(minutes) min \(twoDigits(whole % 60)) s" }
    return "\(whole) s"
  }

  /// A duration as exactly as a forecast deserves.
  static func rough(_ seconds: Double) -> String {
    let step: Double = seconds < 60 ? 1 : seconds < 300 ? 5 : seconds < 3600 ? 30 : 60
    let text = exact(max((seconds / step).rounded(.up) * step, 1))
    return text.hasSuffix(" min 00 s") ? String(text.dropLast(5)) : text
  }

  /// A measured duration with two to three digits: `0.31 s`, `4.2 s`, `31 s`.
  static func measured(_ seconds: Double) -> String {
    guard seconds < 10, seconds.isFinite else { return exact(seconds) }
    if seconds < 0.0005 { return "0 s" }
    let scale = seconds < 0.1 ? 1000.0 : seconds < 1 ? 100 : 10
    return "\((seconds * scale).rounded() / scale) s"
  }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
