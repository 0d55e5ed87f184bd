import Diagnostics
import PipelineDSL
import RunRecords
import StageKit

/// Reads what a config holds besides its slots, gathering every problem.
struct ConfigReader {
  let config: Config
  let stages: StageCatalog
  let report: ParameterReport

  /// The keys that every config may have.
  static let keys = [
    "$schema", "extends", "title", "pipeline", "seeds", "seed", "metrics", "tables", "claims", "zip",
    "skip", "provenance",
  ]

  func pipeline(among catalog: PipelineCatalog) -> PipelineType? {
    let names = catalog.pipelines.map(\.name)
    guard let given = config.json["pipeline"] else {
      report.add(
        Diagnostic(
          .missingValue, "the config names no pipeline", fields: ["allowed": names.joined(separator: ", ")],
          hint: "write \"pipeline\": \"\(names.first ?? "")\"", at: config.json.location))
      return nil
    }
    guard let name = given.string else {
      report.add(mismatch(given, "the name of a pipeline"))
      return nil
    }
    if let pipeline = catalog[name] { return pipeline }
    report.add(
      Diagnostic(
        .unknownName, "there is no pipeline `\(name)`", fields: ["allowed": names.joined(separator: ", ")],
        hint: suggestion(for: name, among: names), at: given.location))
    return nil
  }

  func refuseUnknownKeys(slots: [SlotDeclaration]) {
    let known = slots.map(\.name) + Self.keys
    for member in config.json.members ?? [] where !known.contains(member.key) {
      report.add(
        Diagnostic(
          .unknownKey, "there is no slot or setting `\(member.key)`",
          fields: [
            "slots": slots.map(\.name).joined(separator: ", "), "settings": Self.keys.joined(separator: ", "),
          ],
          hint: suggestion(for: member.key, among: known), at: member.keyPlace?.location))
    }
  }

  func request(slots: [FilledSlot]) -> Request {
    var request = Request()
    request.seeds = seeds()
    if let given = config.json["seed"] {
      if let seed = given.integer {
        request.runSeed = seed
      } else {
        report.add(mismatch(given, "a whole number"))
      }
    }
    if let given = config.json["provenance"], !(given.members?.allSatisfy { $0.value.string != nil } ?? false)
    {
      report.add(mismatch(given, "an object of texts by the names of files"))
    }
    if let given = config.json["title"], given.string == nil { report.add(mismatch(given, "a string")) }
    var metrics = config.json["metrics"].map(askedMetrics) ?? []
    for member in tableMembers() {
      if let table = table(member, slots: slots, metrics: &metrics) { request.tables.append(table) }
    }
    for metric in metrics { requireMetric(metric.name, at: metric.location) }
    var seen: Set<String> = []
    request.metrics = metrics.isEmpty ? nil : metrics.filter { seen.insert($0.name).inserted }
    return request
  }

  /// Metrics by name, or `{ "name": { parameters } }`.
  private func askedMetrics(_ json: JSON) -> [Request.Metric] {
    guard let items = json.items else {
      report.add(mismatch(json, "a list of names"))
      return []
    }
    var asked: [Request.Metric] = []
    for item in items {
      guard let members = item.members else {
        if let text = item.string {
          asked.append(Request.Metric(name: text, location: item.location))
        } else {
          report.add(mismatch(item, "a name"))
        }
        continue
      }
      guard members.count == 1 else {
        report.add(mismatch(item, "one metric with its parameters"))
        continue
      }
      let (name, parameters) = (members[0].key, members[0].value)
      if asked.contains(where: { $0.name == name }) {
        report.add(
          Diagnostic(
            .badConfig, "the metric `\(name)` is named twice, and results go by its name",
            hint: "name it once", at: item.location))
      }
      asked.append(Request.Metric(name: name, parameters: parameters, location: item.location))
    }
    return asked
  }

  private func seeds() -> [Int] {
    guard let given = config.json["seeds"] else { return [0] }
    if let count = given.integer, (1...100_000).contains(count) { return Array(0..<count) }
    if let items = given.items, !items.isEmpty {
      let seeds = items.compactMap(\.integer)
      if seeds.count == items.count, Set(seeds).count == seeds.count { return seeds }
    }
    report.add(
      Diagnostic(
        .outOfRange, "`seeds` takes a number of replicates, at least 1, or a list of different whole numbers",
        fields: ["given": given.text()], at: given.location))
    return [0]
  }

  private func tableMembers() -> [JSON.Member] {
    guard let given = config.json["tables"] else { return [] }
    guard let members = given.members else {
      report.add(mismatch(given, "an object of tables by name"))
      return []
    }
    return members
  }

  private func table(
    _ member: JSON.Member, slots: [FilledSlot], metrics: inout [Request.Metric]
  ) -> TableSpecification? {
    guard let members = member.value.members else {
      report.add(mismatch(member.value, "an object with rows, columns and metrics"))
      return nil
    }
    let keys = ["rows", "columns", "metrics", "best", "caption"]
    for key in members where !keys.contains(key.key) {
      report.add(
        Diagnostic(
          .unknownKey, "a table has no `\(key.key)`", fields: ["allowed": keys.joined(separator: ", ")],
          hint: suggestion(for: key.key, among: keys), at: key.keyPlace?.location))
    }
    if !isFileName(member.key) {
      report.add(
        Diagnostic(
          .badConfig, "`\(member.key)` cannot be a table's name, for it names files",
          hint: "use letters, digits, `-`, `_` and `.`", at: member.keyPlace?.location))
    }
    let named = member.value["metrics"].map(strings) ?? []
    if named.isEmpty {
      report.add(
        Diagnostic(.missingValue, "the table `\(member.key)` names no metrics", at: member.keyPlace?.location)
      )
    }
    metrics += named.map { Request.Metric(name: $0.text, location: $0.location) }
    var table = TableSpecification(
      name: member.key, rows: axes(member.value["rows"], slots),
      columns: axes(member.value["columns"], slots),
      metrics: named.map(\.text))
    if let best = member.value["best"] {
      if let truth = best.bool {
        table.marksBest = truth
      } else {
        report.add(mismatch(best, "true or false"))
      }
    }
    if let caption = member.value["caption"] {
      if let text = caption.string { table.caption = text } else { report.add(mismatch(caption, "a string")) }
    }
    return table
  }

  private func isFileName(_ text: String) -> Bool {
    !text.isEmpty && !text.hasPrefix(".")
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
  }

  /// Slots, swept parameters of one, or the seeds, that make the rows or columns of a table.
  private func axes(_ json: JSON?, _ slots: [FilledSlot]) -> [String] {
    guard let json else { return [] }
    var allowed = slots.map(\.declaration.name) + ["seed"]
    for slot in slots {
      allowed += distinct(slot.alternatives.flatMap(\.choice.swept).map(\.path)).map {
        "\(slot.declaration.name).\($0)"
      }
    }
    return strings(json).map { text, location in
      if !allowed.contains(text) {
        report.add(
          Diagnostic(
            .unknownName, "a table cannot be laid out by `\(text)`",
            fields: ["allowed": allowed.joined(separator: ", ")], hint: suggestion(for: text, among: allowed),
            at: location))
      }
      return text
    }
  }

  private func requireMetric(_ name: String, at location: SourceLocation?) {
    let measures = stages.stages(of: .measure).map(\.name)
    guard !measures.contains(name) else { return }
    report.add(
      Diagnostic(
        .unknownName, "there is no metric `\(name)`", fields: ["allowed": measures.joined(separator: ", ")],
        hint: suggestion(for: name, among: measures), at: location))
  }

  private func strings(_ json: JSON) -> [(text: String, location: SourceLocation?)] {
    guard let items = json.items else {
      report.add(mismatch(json, "a list of names"))
      return []
    }
    return items.compactMap { item in
      guard let text = item.string else {
        report.add(mismatch(item, "a name"))
        return nil
      }
      return (text, item.location)
    }
  }

  private func mismatch(_ json: JSON, _ wanted: String) -> Diagnostic {
    Diagnostic(
      .wrongType, "\(json.typeName) stands where \(wanted) should", fields: ["given": json.text()],
      at: json.location)
  }
}
