import Diagnostics
import Testing

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSON { try JSON.parse(SourceText(file: "t.json", text)) }

  private func errors(_ text: String) -> [String] {
    do {
      _ = try parse(text)
      return []
    } catch let error as Diagnostics {
      return error.all.map { "\($0.location?.line ?? 0):\($0.location?.column ?? 0) \($0.headline)" }
    } catch { return ["\(error)"] }
  }

  @Test func readsCommentsAndTrailingCommas() throws {
    let value = try parse("// head\n{ \"a\": [1, 2.0, 1e3,], // tail\n \"b\": {\"c\": null,},\n}")
    #expect(value["a"]?.items == [.integer(1), .number(2), .number(1000)])
    #expect(value["b"]?["c"] == .null)
  }

  @Test func keepsWholeAndFractionalApart() throws {
    #expect(try parse("[1, 1.0]").text() == "[1,1.0]")
  }

  @Test func roundTripsText() throws {
    let text = #"{"a":"q\"\\\n\t\u0001é😀","b":[true,false,null,-0.1,12345678901234567890.0]}"#
    #expect(try parse(try parse(text).text()) == parse(text))
    #expect(try parse(#""\ud83d\ude00""#).string == "😀")
  }

  @Test func reportsEachDuplicateKey() {
    #expect(
      errors("{\"a\": 1, \"a\": 2,\n \"b\": {\"c\": 1, \"c\": 1}}") == [
        "1:10 `a` stands twice in one object", "2:16 `c` stands twice in one object",
      ])
  }

  @Test(arguments: [
    ("", "1:1 not valid JSON: the file is empty"),
    ("{\"a\": 1", "1:1 not valid JSON: this bracket is never closed"),
    ("{\"a\" 1}", "1:6 not valid JSON: a `:` should follow the name"),
    ("{a: 1}", "1:2 not valid JSON: a name in double quotes should stand here"),
    ("[1 2]", "1:4 not valid JSON: a `,` or `]` should stand here"),
    ("[01]", "1:2 not valid JSON: `01` is no number"),
    ("[1e999]", "1:2 not valid JSON: `1e999` is too large for a number"),
    ("[tru]", "1:2 not valid JSON: `tru` is no value"),
    ("\"abc", "1:1 not valid JSON: this string is never closed"),
    ("1 2", "1:3 not valid JSON: text after the end of the value"),
    ("\"\\ud800\"", "1:2 not valid JSON: half of a surrogate pair"),
    ("[\n  /* c */ 1]", "2:3 not valid JSON: `/` starts nothing here"),
  ])
  func namesThePlaceOfASyntaxError(text: String, message: String) {
    #expect(errors(text) == [message])
  }

  @Test func refusesEndlessNesting() {
    #expect(
      errors(String(repeating: "[", count: 100_000)) == ["1:201 not valid JSON: nested more than 200 deep"])
  }
}
