internal import Glibc

/// A moment in UTC, to the millisecond.
public struct Timestamp: Sendable, Hashable, Comparable {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  public var milliseconds: Int

  /// Makes a moment from milliseconds since 1970.
  public init(milliseconds: Int) { self.milliseconds = milliseconds }

  /// The moment of the call, by the system's clock.
  public static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
  }

  /// Reads the form that ``iso8601`` gives; nil for anything else.
  public init?(iso8601 text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 24 else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for byte in bytes[range] {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        value = value * 10 + Int(byte - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      let millisecond = number(20..<23), (1...12).contains(month)
    else { return nil }
    let days = Timestamp.days(year: year, month: month, day: day)
    milliseconds = ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + millisecond
    // Whatever is out of range or wrongly separated does not print as it was written.
    guard iso8601 == text else { return nil }
  }

  /// ISO 8601 in UTC: `2026-11-21T10:15:02.125Z`.
  public var iso8601: String {
    let (date, time) = parts
    return "\(date)T\(time.joined(separator: ":")).\(digits(milliseconds.modulo(1000), 3))Z"
  }

  /// The form that names a run's folder: `2026-11-21T10-15-02`.
  public var stamp: String {
    let (date, time) = parts
    return "\(date)T\(time.joined(separator: "-"))"
  }

  /// The order in time.
  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

  private var parts: (date: String, time: [String]) {
    let seconds = (milliseconds - milliseconds.modulo(1000)) / 1000
    let second = seconds.modulo(86_400)
    let (year, month, day) = Timestamp.civil(days: (seconds - second) / 86_400)
    return (
      "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))",
      [digits(second / 3600, 2), digits(second / 60 % 60, 2), digits(second % 60, 2)]
    )
  }

  /// Days since 1970-01-01 of a date in the Gregorian calendar.
  ///
  /// Source: H. Hinnant, “chrono-compatible low-level date algorithms”, 2013.
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year - year.modulo(400)) / 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let yearOfEra = year.modulo(400)
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The inverse of `days(year:month:day:)`.
  private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let day = shifted.modulo(146_097)
    let yearOfEra = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let year = (shifted - day) / 146_097 * 400 + yearOfEra + (month >= 10 ? 1 : 0)
    return (year, (month + 2) % 12 + 1, dayOfYear - (153 * month + 2) / 5 + 1)
  }
}

extension Int {
  /// The remainder that is never negative.
  fileprivate func modulo(_ divisor: Int) -> Int {
    let rest = self % divisor
    return rest < 0 ? rest + divisor : rest
  }
}

/// A number with leading zeros.
private func digits(_ number: Int, _ width: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, width - text.count)) + text
}
