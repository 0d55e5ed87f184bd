import Artifacts
import Diagnostics
import Testing

@testable import RunRecords

@Suite struct ManifestTests {
  private func parse(_ text: String) throws(Diagnostic) -> Manifest {
    try Manifest(parsing: SourceText(file: "runs/a/manifest.json", text))
  }

  private func error(_ text: String) -> String {
    do {
      _ = try parse(text)
      return "no error"
    } catch { return error.description }
  }

  @Test func survivesWritingAndReading() throws {
    let manifest = sampleManifest()
    let copy = try parse(manifest.text)
    #expect(copy == manifest)
    #expect(copy.text == manifest.text)
    #expect(copy.deterministic.digest == manifest.deterministic.digest)
  }

  @Test func keepsValuesThatJSONHasNoNumberFor() throws {
    for value in [Double.infinity, -.infinity, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude] {
      var manifest = sampleManifest()
      manifest.deterministic.results[0].value = value
      #expect(try parse(manifest.text).deterministic.results[0].value?.bitPattern == value.bitPattern)
    }
  }

  @Test func startsWithAHeaderOfOneLine() {
    let lines = sampleManifest().text.split(separator: "\n").map(String.init)
    #expect(lines[0] == "{")
    #expect(
      lines[1] == #"  "header": {"format":1,"run":"2026-11-21T10-15-02-pca-vs-kpca","name":"pca-vs-kpca","#
        + #""title":"Linear against “kernel” PCA","pipeline":"reduce-and-compare","#
        + #""started":"2026-11-21T10:15:02.125Z","seconds":2.1,"outcome":"failed","#
        + #""nodes":{"ran":0,"cached":1,"cutOff":0,"failed":1,"blocked":0,"notRun":0}},"#)
    #expect(lines[2] == #"  "deterministic": {"#)
  }

  @Test func digestIsThatOfTheCompactText() throws {
    var manifest = sampleManifest()
    manifest.deterministic.nodes[1].name = "pca · “quoted \"name\"”, {\"a\": 1} \\ \n"
    for variant in 0..<3 {
      if variant == 1 { manifest.deterministic.nodes = [] }
      if variant == 2 { manifest.deterministic.results = [] }
      let record = try JSON.parse(SourceText(file: "", manifest.text))["deterministic"]
      #expect(manifest.deterministic.digest == digest(try #require(record).text()))
      #expect(manifest.text.contains(manifest.deterministic.digest.hex))
      #expect(try parse(manifest.text) == manifest)
    }
  }

  @Test func isLaidOutAsJSONValuesAre() throws {
    var manifest = sampleManifest()
    manifest.deterministic.config = try JSON.parse(
      SourceText(
        file: "", #"{"lists": [["a", "b"], [1, 2]], "deep": [{"x": [{"y": 1}]}], "none": [], "empty": {}}"#))
    let text = manifest.text
    let whole = try JSON.parse(SourceText(file: "", text))
    let header = try #require(whole["header"]).text()
    let rest = JSON.object((whole.members ?? []).filter { $0.key != "header" }).text(pretty: true)
    #expect(text == "{\n  \"header\": \(header),\(rest.dropFirst())\n")
  }

  @Test func readsOutcomesThatSayWhatGoesWithoutSaying() throws {
    let manifest = sampleManifest()
    let short = #"{"id":0,"state":"cached","savedSeconds":4.0}"#
    let long =
      #"{"id":0,"state":"cached","seconds":0.0,"savedSeconds":4.0,"reason":null,"error":null,"outputs":[]}"#
    #expect(manifest.text.contains(short))
    #expect(try parse(manifest.text.replacing(short, with: long)) == manifest)
  }

  @Test func digestIgnoresTheVolatilePartOnly() {
    let manifest = sampleManifest()
    var other = manifest
    other.volatile.host = "elsewhere"
    #expect(other.deterministic.digest == manifest.deterministic.digest)
    other.deterministic.results[0].value = 0.3
    #expect(other.deterministic.digest != manifest.deterministic.digest)
  }

  @Test func findsEveryChangedNumberByTheDigest() {
    let text = sampleManifest().text
    let changed = text.replacing("0.30000000000000004", with: "0.30000000000000001")
    #expect(changed != text)
    #expect(
      error(changed).hasPrefix(
        "error[corruptRecord]: the manifest is damaged: "
          + "the deterministic part is not the one its digest was taken of\n"))
    #expect(error(changed).contains(#"|   "deterministicDigest": "#))
  }

  @Test func findsAHeaderThatDoesNotMatch() {
    let changed = sampleManifest().text.replacing(#""seconds":2.1"#, with: #""seconds":1.1"#)
    #expect(
      error(changed).hasPrefix(
        "error[corruptRecord]: the manifest is damaged: the header does not match what follows\n"))
  }

  @Test func refusesATornFile() {
    #expect(
      error("{\n  \"header\": {\"format\":1") == """
        error[corruptRecord]: the manifest is damaged: not valid JSON: this bracket is never closed
          --> runs/a/manifest.json:2:13
           |
         2 |   "header": {"format":1
           |             ^
          hint: restore the file from a copy, or run the config again
        """)
    let text = Array(sampleManifest().text.utf8)
    for length in stride(from: 0, to: text.count - 2, by: 97) {
      #expect(error(String(decoding: text[..<length], as: UTF8.self)).hasPrefix("error[corruptRecord]: "))
    }
  }

  @Test func refusesANewerFormatBeforeReadingOn() {
    #expect(
      error(#"{ "header": { "format": 2, "anything": true } }"#) == """
        error[corruptRecord]: the manifest has format 2, which is newer than this program
          --> runs/a/manifest.json:1:25
           |
         1 | { "header": { "format": 2, "anything": true } }
           |                         ^
          newest format known: 1
          hint: read it with the version of `pipe` that wrote it, or a later one
        """)
  }

  @Test func saysWhichMemberIsWrongAndWhere() {
    let text = sampleManifest().text
    let wrongType = text.replacing(#""cores": 16"#, with: #""cores": "many""#)
    let line = wrongType.split(separator: "\n").firstIndex { $0.contains("many") }! + 1
    let gutter = String(repeating: " ", count: String(line).count)
    #expect(
      error(wrongType) == """
        error[corruptRecord]: the manifest is damaged: `cores` should be a whole number
         \(gutter)--> runs/a/manifest.json:\(line):14
         \(gutter) |
         \(line) |     "cores": "many",
         \(gutter) |              ^^^^^^
          hint: restore the file from a copy, or run the config again
        """)
    let wrongWord = text.replacing(#""state":"cached""#, with: #""state":"stolen""#)
    #expect(
      error(wrongWord).hasPrefix(
        "error[corruptRecord]: the manifest is damaged: "
          + "`state` should be one of ran, cached, cutOff, failed, blocked, notRun\n"))
    #expect(
      error("[]").hasPrefix(
        "error[corruptRecord]: the manifest is damaged: an object should stand here, not a list\n"))
    #expect(
      error(text.replacing(#""gitCommit""#, with: #""gitcommit""#).replacing(#""host""#, with: #""hosts""#))
        .hasPrefix("error[corruptRecord]: the manifest is damaged: `host` is missing\n"))
  }

  @Test func timesSurviveTheirText() {
    for milliseconds in [0, -1, 951_782_400_000, 1_795_256_102_125, 4_107_542_399_999, -62_135_596_800_000] {
      let time = Timestamp(milliseconds: milliseconds)
      #expect(Timestamp(iso8601: time.iso8601) == time)
    }
    #expect(Timestamp(milliseconds: 951_782_400_000).iso8601 == "2000-02-29T00:00:00.000Z")
    #expect(Timestamp(milliseconds: 951_782_400_000).stamp == "2000-02-29T00-00-00")
    #expect(Timestamp(milliseconds: -1).iso8601 == "1969-12-31T23:59:59.999Z")
    for bad in [
      "", "2026-11-21T10:15:02Z", "2026-02-30T00:00:00.000Z", "2026-11-21T24:00:00.000Z",
      "2026-11-21 10:15:02.000Z",
    ] {
      #expect(Timestamp(iso8601: bad) == nil)
    }
  }
}
