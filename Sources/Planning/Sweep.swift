import Diagnostics

/// The values that a sweep gives a stage's parameters.
struct Sweep {
  /// One combination: the parameters without sweeps, and the value that each sweep took.
  struct Combination {
    var parameters: JSON
    var swept: [(path: String, value: JSON)] = []
  }

  /// Every combination of the sweeps in some parameters, the last sweep fastest.
  ///
  /// - Throws: a sweep that is not well formed (`badConfig`).
  static func combinations(of json: JSON, path: String = "") throws(Diagnostic) -> [Combination] {
    if let values = try sweptValues(of: json) {
      guard !path.isEmpty else {
        throw Diagnostic(
          .badConfig, "a sweep stands in place of one value, not of all parameters",
          hint: "sweep a parameter, or list the stage several times", at: json.location)
      }
      var all: [Combination] = []
      for value in values {
        for var inner in try combinations(of: value, path: path) {
          inner.swept.insert((path, inner.parameters), at: 0)
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
      all = all.flatMap { outer in
        inner.map { inner in
          var next = outer
          let filled = JSON.Member(member.key, inner.parameters, keyPlace: member.keyPlace)
          next.parameters = JSON(.object((outer.parameters.members ?? []) + [filled]), place: json.place)
          next.swept += inner.swept
          return next
        }
      }
    }
    return all
  }

  /// The values of `{ "each": […] }` or `{ "range": [from, to, count] }`; nil if the value is no sweep.
  private static func sweptValues(of json: JSON) throws(Diagnostic) -> [JSON]? {
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

  private static func range(_ json: JSON, _ value: JSON) throws(Diagnostic) -> [JSON] {
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
