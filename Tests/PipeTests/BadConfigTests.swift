import Testing

/// Configs that say what cannot be.
@Suite struct BadConfigTests {
  /// Runs the small config with a part replaced, which must be refused before anything happens.
  private func refusal(_ part: String, _ other: String) throws -> String {
    let sandbox = try Sandbox(config: Small.config(replacing: part, with: other))
    let ended = try sandbox.run()
    #expect(ended.code == 2)
    #expect(ended.output == "")
    #expect(sandbox.runFolders == [])
    #expect(try sandbox.isUntouched())
    let check = try sandbox.pipe("check", "small.json")
    #expect(check.code == 2 && check.errors == ended.errors)
    return ended.errors
  }

  @Test(arguments: [
    (
      "\"reduce-and-compare\"", "\"reduce-and-compar\"",
      """
      error[unknownName]: there is no pipeline `reduce-and-compar`
        --> small.json:2:15
         |
       2 |   "pipeline": "reduce-and-compar",
         |               ^^^^^^^^^^^^^^^^^^^
        hint: did you mean `reduce-and-compare`?

      """
    ),
    (
      "\"probe\":", "\"prob\":",
      """
      error[unknownKey]: there is no slot or setting `prob`
        --> small.json:7:3
         |
       7 |   "prob": [ { "nearest-neighbors": { "k": 3 } } ],
         |   ^^^^^^
        slots:    data, split, whiten, reduce, cluster, probe
        settings: $schema, extends, title, pipeline, seeds, seed, metrics, tables, claims, zip, skip, provenance
        hint: did you mean `probe`?

      """
    ),
    (
      "\"k-means\": { \"clusters\": 3 }", "\"k-mean\": {}",
      """
      error[unknownName]: there is no clusterer `k-mean`
        --> small.json:6:18
         |
       6 |   "cluster": [ { "k-mean": {} } ],
         |                  ^^^^^^^^
        hint: did you mean `k-means`?

      """
    ),
    (
      "\"clusters\": 3", "\"cluster\": 3",
      """
      error[unknownKey]: there is no parameter `cluster`
        --> small.json:6:31
         |
       6 |   "cluster": [ { "k-means": { "cluster": 3 } } ],
         |                               ^^^^^^^^^
        hint: did you mean `clusters`?

      """
    ),
    (
      "\"clusters\": 3", "\"clusters\": \"three\"",
      """
      error[wrongType]: a string stands where a whole number should
        --> small.json:6:43
         |
       6 |   "cluster": [ { "k-means": { "clusters": "three" } } ],
         |                                           ^^^^^^^
        given: "three"

      """
    ),
    (
      "\"clusters\": 3", "\"clusters\": 0",
      """
      error[outOfRange]: `clusters` must be at least 1
        --> small.json:6:43
         |
       6 |   "cluster": [ { "k-means": { "clusters": 0 } } ],
         |                                           ^
        given:   0
        allowed: at least 1

      """
    ),
    (
      "\"seeds\": 2", "\"seeds\": 2, \"seeds\": 3",
      """
      error[duplicateKey]: `seeds` stands twice in one object
        --> small.json:4:15
         |
       4 |   "seeds": 2, "seeds": 3,
         |               ^^^^^^^

      """
    ),
    (
      "\"pca\": { \"components\": { \"each\": [1, 2] } }",
      "\"pca\": { \"components\": 2 } }, { \"pca\": { \"components\": 2 }",
      """
      error[badConfig]: the slot `reduce` holds `pca` twice with the same parameters
        --> small.json:5:49
         |
       5 |   "reduce": [ { "pca": { "components": 2 } }, { "pca": { "components": 2 } } ],
         |                                                 ^^^^^
        hint: remove one of the two

      """
    ),
    (
      "\"columns\": [\"probe\", \"cluster\"]", "\"columns\": [\"reduce\"]",
      """
      error[badConfig]: the table `main` has `reduce` in both its rows and its columns
        hint: name it in one of the two

      """
    ),
    (
      "\"nmi\"", "\"confusion-matrix\"",
      """
      error[badConfig]: the table `main` cannot show `confusion-matrix`, which is more than a number
        hint: name it in "metrics", outside the tables: it is written to a file of its own

      """
    ),
  ])
  func isExplainedWithItsPlace(_ part: String, _ other: String, _ message: String) throws {
    // The names to choose from are left out: every new stage and parameter would change them here.
    let lines = try refusal(part, other).split(separator: "\n", omittingEmptySubsequences: false)
    let names = lines.filter { !$0.hasPrefix("  allowed: ") || $0 == "  allowed: at least 1" }
    #expect(names.joined(separator: "\n") == message)
  }

  @Test func anUnknownCaseOfAnEnumIsExplained() throws {
    let errors = try refusal(
      "\"pca\": { \"components\": { \"each\": [1, 2] } }", "\"kernel-pca\": { \"kernel\": { \"rbff\": {} } }")
    #expect(errors.hasPrefix("error[unknownName]: there is no case `rbff`\n"))
    #expect(errors.hasSuffix("hint: did you mean `rbf`?\n"))
  }

  @Test func everyProblemIsReportedAtOnce() throws {
    let errors = try refusal("\"seeds\": 2", "\"seeds\": 0, \"titel\": \"x\", \"whiten\": [\"whitten\"]")
    #expect(errors.ranges(of: "error[").count == 3)
  }

  @Test(arguments: [
    ("", "not valid JSON: the file is empty"), ("{", "not valid JSON: this `{` is never closed"),
    ("[]", "a config should be an object, not a list"), ("{}", "the config names no pipeline"),
    ("{\"pipeline\": nul}", "not valid JSON"), ("\u{0}\u{1}", "not valid JSON"),
  ])
  func whatIsNoConfigIsRefused(_ text: String, _ headline: String) throws {
    let sandbox = try Sandbox(config: text)
    for command in ["run", "check", "plan", "explain"] {
      let ended = try sandbox.pipe(command, "small.json")
      #expect(ended.code == 2)
      #expect(ended.errors.contains(headline), "\(ended.errors)")
    }
    #expect(try sandbox.isUntouched())
  }

  @Test func alternativesOfOneStageAreToldApartByTheirParameters() throws {
    let sandbox = try Sandbox(
      config: Small.config(
        replacing: "{ \"pca\": { \"components\": { \"each\": [1, 2] } } }",
        with: "{ \"pca\": { \"components\": 1 } }, { \"pca\": { \"components\": 2 } }"))
    let ended = try sandbox.run()
    #expect(ended.code == 0)
    #expect(ended.output.contains("\npca · components 1 ") && ended.output.contains("\npca · components 2 "))
    #expect(sandbox.text("runs/latest/results.csv").contains("reduce,reduce.components,"))
  }

  @Test func aConfigWithoutTablesGetsOneWithEverything() throws {
    let line = Small.config.split(separator: "\n").first { $0.contains("tables") }
    let sandbox = try Sandbox(
      config: Small.config(replacing: String(line ?? ""), with: "  \"metrics\": [\"nmi\"]"))
    let ended = try sandbox.run()
    #expect(ended.code == 0)
    #expect(ended.output.contains("\nresults\n"))
    #expect(ended.output.contains("\npca · components 2  "))
    #expect(sandbox.exists("runs/latest/tables/results.md"))
  }
}
