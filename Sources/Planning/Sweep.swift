import Diagnostics

/// The sweeps in the parameters of one stage.
struct Sweep {
  /// One value that a sweep takes.
  struct Value {
    /// The dotted path within the stage.
    var path: String
    var value: JSON
    /// Which of the sweep's values it is, and how many there are.
    var position: Int
    var count: Int
    /// Where the sweep stands.
    var location: SourceLocation?
  }

  /// One combination: the parameters without sweeps, and the value that each sweep took.
  struct Combination {
    var parameters: JSON
    var swept: [Value] = []
  }

  /// The number of the zip that each path belongs to; what is in one zip goes together instead of multiplying.
  var zips: [String: Int] = [:]

  /// Every combination of the sweeps in some parameters, the last sweep fastest.
  ///
  /// - Throws: a sweep that is not well formed, or too many combinations (`badConfig`).
  func combinations(of json: JSON, path: String = "") throws(Diagnostic) -> [Combination] {
    if let values = try sweptValues(of: json) {
      guard !path.isEmpty else {
        throw Diagnostic(
          .badConfig, "a sweep stands in place of one value, not of all parameters",
          hint: "sweep a parameter, or list the stage several times", at: json.location)
      }
      var all: [Combination] = []
      let location = json.location
      for (position, value) in values.enumerated() {
        for var inner in try combinations(of: value, path: path) {
          let swept = Value(
            path: path, value: inner.parameters, position: position, count: values.count, location: location)
          inner.swept.insert(swept, at: 0)
          all.append(inner)
        }
      }
      return all
    }
    guard let members = json.members else { return [Combination(parameters: json)] }
    var all = [Combination(parameters: JSON(.object([]), place: json.place))]
    for member in members {
      let inner = try combinations(
        of: member.value, path: path.isEmpty ? member.key : "\(path).\(member.key)")
      all = try product(all, inner, member, of: json)
    }
    return all
  }

  /// What came before with each combination of one more member.
  private func product(
    _ outer: [Combination], _ inner: [Combination], _ member: JSON.Member, of json: JSON
  ) throws(Diagnostic) -> [Combination] {
    var all: [Combination] = []
    for before in outer {
      for next in inner where goTogether(before.swept, next.swept) {
        guard all.count < CellRules.limit else {
          throw Diagnostic(
            .badConfig, "the sweeps of this stage have more than \(CellRules.limit) combinations",
            hint: "sweep fewer values, or pair sweeps by \"zip\"", at: json.location)
        }
        let filled = JSON.Member(member.key, next.parameters, keyPlace: member.keyPlace)
        all.append(
          Combination(
            parameters: JSON(.object((before.parameters.members ?? []) + [filled]), place: json.place),
            swept: before.swept + next.swept))
      }
    }
    return all
  }

  private func goTogether(_ one: [Value], _ other: [Value]) -> Bool {
    guard !zips.isEmpty else { return true }
    return other.allSatisfy { value in
      guard let zip = zips[value.path] else { return true }
      return one.allSatisfy { zips[$0.path] != zip || $0.position == value.position }
    }
  }

  /// The values of `{ "each": […] }` or `{ "range": [from, to, count] }`; nil if the value is no sweep.
  private func sweptValues(of json: JSON) throws(Diagnostic) -> [JSON]? {
    guard let members = json.members, let first = members.first else { return nil }
    switch first.key {
    case "each":
      guard members.count == 1, let values = first.value.items, !values.isEmpty else {
        throw Diagnostic(
          .badConfig, "`each` takes a list of at least one value and stands alone",
          hint: "write { \"each\": [1, 2, 3] }", at: json.location)
      }
      return values
    case "range":
      return try range(json, first.value)
    default: return nil
    }
  }

  private func range(_ json: JSON, _ value: JSON) throws(Diagnostic) -> [JSON] {
    let malformed = Diagnostic(
      .badConfig, "`range` takes [from, to, count] with a count of at least 2, and a scale, linear or log",
      hint: "write { \"range\": [0.001, 1, 4], \"scale\": \"log\" }", at: json.location)
    let scale = json["scale"].map { $0.string ?? "" } ?? "linear"
    guard let items = value.items, items.count == 3, let from = items[0].number, let to = items[1].number,
      let count = items[2].integer, count >= 2, count <= 1_000_000, ["linear", "log"].contains(scale),
      json.members?.allSatisfy({ ["range", "scale"].contains($0.key) }) == true,
      scale == "linear" || (from > 0 && to > 0)
    else { throw malformed }
    let whole = items[0].integer != nil && items[1].integer != nil
    return (0..<count).map { index in
      let part = Double(index) / Double(count - 1)
      // The ends are exact; what lies between is rounded to 12 digits, so that labels stay short.
      let exact =
        index == 0
        ? from
        : index == count - 1
          ? to
          : scale == "log" ? from * nthPower(to / from, part) : from + (to - from) * part
      let number = rounded(exact)
      if whole, let integer = Int(exactly: number) { return JSON(.integer(integer), place: json.place) }
      return JSON(.number(number), place: json.place)
    }
  }
}
