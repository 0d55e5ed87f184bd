internal import Artifacts
public import Diagnostics

/// The record of a run: what was done, and when, where and how it went.
public struct Manifest: Sendable, Equatable {
  /// What must be the same when the run is done again.
  public var deterministic: DeterministicRecord
  /// What may differ.
  public var volatile: VolatileRecord

  /// Makes a manifest from its two parts.
  public init(deterministic: DeterministicRecord, volatile: VolatileRecord) {
    self.deterministic = deterministic
    self.volatile = volatile
  }

  /// What a list of runs shows.
  public var header: RunHeader {
    RunHeader(
      run: volatile.run, name: deterministic.name, title: deterministic.title,
      pipeline: deterministic.pipeline, started: volatile.started, seconds: volatile.seconds,
      outcome: volatile.outcome,
      counts: volatile.counts)
  }

  /// The manifest as JSON text.
  ///
  /// Its second line holds the header alone, so that many runs can be listed without reading all of them.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The bytes of the manifest's text.
  public var bytes: [UInt8] {
    let record = deterministic
    var out = RecordPrinter(capacity: 4096 + 900 * record.nodes.count + 400 * record.results.count)
    out.raw(Manifest.opening.utf8)
    out.json(header.json)
    out.raw(",\n")
    out.raw(Manifest.deterministicOpening.utf8)
    let start = out.bytes.count
    deterministic.print(into: &out)
    let digest = Digest(compacting: out.bytes[start...])
    out.raw(",")
    out.raw(Manifest.digestOpening.utf8)
    out.digest(digest)
    out.raw(",\n  \"volatile\": ")
    volatile.print(into: &out)
    out.raw("\n}\n")
    return out.bytes
  }

  private static let deterministicOpening = "  \"deterministic\": "
  private static let digestOpening = "\n  \"deterministicDigest\": "
  static let opening = "{\n  \"header\": "

  /// Reads a manifest's text.
  ///
  /// - Throws: `corruptRecord` where it is damaged (any change of the deterministic part is found by its
  ///   digest), or was written in a newer format.
  public init(parsing text: SourceText) throws(Diagnostic) {
    let reader = try RecordReader(try Manifest.parse(text))
    let header = try RunHeader(try reader.record("header"))
    let deterministic = try reader.record("deterministic")
    let record = try DeterministicRecord(deterministic)
    let expected = try reader.digest("deterministicDigest")
    guard Manifest.printedDigest(text.bytes) == expected || record.digest == expected else {
      throw damage(
        "the deterministic part is not the one its digest was taken of",
        at: try reader.value("deterministicDigest"))
    }
    self.init(deterministic: record, volatile: try VolatileRecord(try reader.record("volatile")))
    guard header == self.header else {
      throw damage("the header does not match what follows", at: try reader.value("header"))
    }
  }

  /// The digest of the deterministic part as it is printed; nil where the text was laid out by another program.
  ///
  /// Much faster than printing the record that was read.
  private static func printedDigest(_ bytes: [UInt8]) -> Digest? {
    let (opening, closing) = (Array(("\n" + deterministicOpening).utf8), Array(digestOpening.utf8))
    guard let firstEnd = bytes.dropFirst(2).firstIndex(of: UInt8(ascii: "\n")),
      bytes[firstEnd...].starts(with: opening)
    else { return nil }
    // Strings hold no line breaks, so a line that starts like this is the member itself.
    var end = firstEnd + opening.count
    while let line = bytes[end...].firstIndex(of: UInt8(ascii: "\n")), !bytes[line...].starts(with: closing) {
      end = line + 1
    }
    guard let line = bytes[end...].firstIndex(of: UInt8(ascii: "\n")), bytes[line - 1] == UInt8(ascii: ",")
    else {
      return nil
    }
    return Digest(compacting: bytes[(firstEnd + opening.count)..<line - 1])
  }

  /// Parses JSON, with the one kind of error that records have.
  static func parse(_ text: SourceText) throws(Diagnostic) -> JSON {
    do {
      return try JSON.parse(text)
    } catch {
      var first = error.all[0]
      first.code = .corruptRecord
      first.headline = "the manifest is damaged: \(first.headline)"
      first.hint = "restore the file from a copy, or run the config again"
      throw first
    }
  }
}

/// What a list of runs shows of one, read without the rest of the manifest.
public struct RunHeader: Sendable, Equatable {
  /// The run's name: that of its folder.
  public var run: String
  /// The config's name.
  public var name: String
  /// The config's title.
  public var title: String?
  /// The pipeline's name.
  public var pipeline: String
  /// When it started.
  public var started: Timestamp
  /// How long it took, in seconds.
  public var seconds: Double
  /// How it ended.
  public var outcome: RunOutcome
  /// How many nodes ended in each state, in the order of the states' declaration.
  private var counts: [Int]

  init(
    run: String, name: String, title: String?, pipeline: String, started: Timestamp, seconds: Double,
    outcome: RunOutcome, counts: [Int]
  ) {
    self.run = run
    self.name = name
    self.title = title
    self.pipeline = pipeline
    self.started = started
    self.seconds = seconds
    self.outcome = outcome
    self.counts = counts
  }

  /// How many nodes ended in that state.
  public func count(_ state: NodeOutcome.State) -> Int {
    zip(NodeOutcome.State.allCases, counts).first { $0.0 == state }?.1 ?? 0
  }

  var json: JSON {
    var counted: [JSON.Member] = []
    for state in NodeOutcome.State.allCases { counted.append(.init(state.rawValue, .integer(count(state)))) }
    return .object([
      "format": .integer(DeterministicRecord.formatVersion), "run": .string(run), "name": .string(name),
      "title": .optional(title), "pipeline": .string(pipeline), "started": .string(started.iso8601),
      "seconds": .anyNumber(seconds), "outcome": .string(outcome.rawValue), "nodes": .object(counted),
    ])
  }

  /// Reads a header; a newer format is refused before anything else of it is read.
  init(_ reader: RecordReader) throws(Diagnostic) {
    let format = try reader.integer("format")
    guard format <= DeterministicRecord.formatVersion else {
      throw Diagnostic(
        .corruptRecord, "the manifest has format \(format), which is newer than this program",
        fields: ["newest format known": "\(DeterministicRecord.formatVersion)"],
        hint: "read it with the version of `pipe` that wrote it, or a later one",
        at: try reader.value("format").location)
    }
    let nodes = try reader.record("nodes")
    var counts: [Int] = []
    for state in NodeOutcome.State.allCases { counts.append(try nodes.integer(state.rawValue)) }
    self.init(
      run: try reader.string("run"), name: try reader.string("name"),
      title: try reader.optionalString("title"), pipeline: try reader.string("pipeline"),
      started: try reader.timestamp("started"), seconds: try reader.number("seconds"),
      outcome: try reader.word("outcome", RunOutcome.self), counts: counts)
  }

  /// Reads the header from the start of a manifest's bytes; nil where it does not stand whole on the second
  /// line.
  static func leading(_ bytes: [UInt8], file: String) throws(Diagnostic) -> RunHeader? {
    let opening = Array(Manifest.opening.utf8)
    guard bytes.starts(with: opening), let end = bytes[opening.count...].firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    // Blank the rest of the line rather than cut it out: places in errors stay those of the file.
    var text = bytes[..<end]
    for index in 0..<opening.count where text[index] != UInt8(ascii: "\n") { text[index] = UInt8(ascii: " ") }
    if text.last == UInt8(ascii: ",") { text.removeLast() }
    return try RunHeader(try RecordReader(try Manifest.parse(SourceText(file: file, bytes: Array(text)))))
  }
}
