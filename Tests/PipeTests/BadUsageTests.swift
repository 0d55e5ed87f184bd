import Testing

/// Command lines that cannot be followed.
@Suite struct BadUsageTests {
  @Test(arguments: [
    (
      ["rn", "small.json"],
      """
      error[badUsage]: there is no command `rn`
        commands: \(CommandTests.commands.joined(separator: ", "))
        hint: did you mean `run`?

      """
    ),
    (
      ["small.json"],
      """
      error[badUsage]: there is no command `small.json`
        commands: \(CommandTests.commands.joined(separator: ", "))
        hint: write pipe run small.json

      """
    ),
    (
      ["run", "small.json", "--jbs", "2"],
      """
      error[badUsage]: `pipe run` has no option `--jbs`
        hint: did you mean `--jobs`?

      """
    ),
    (
      ["run", "small.json", "-j", "0"],
      """
      error[badUsage]: `--jobs` takes a whole number from 1 to 1024
        given: 0

      """
    ),
    (
      ["run", "small.json", "--store"],
      """
      error[badUsage]: `--store` needs a value
        hint: write --store DIR

      """
    ),
    (
      ["run", "small.json", "--quiet=yes"],
      """
      error[badUsage]: `--quiet` takes no value
        given: --quiet=yes

      """
    ),
    (
      ["run", "small.json", "--progress", "plan"],
      """
      error[badUsage]: `--progress` does not take `plan`
        allowed: auto, plain, json, none
        hint: did you mean `plain`?

      """
    ),
    (
      ["run"],
      """
      error[badUsage]: `pipe run` needs more than that
        hint: write pipe run CONFIG… [options]

      """
    ),
    (
      ["schema", "reduce-and-compare"],
      """
      error[badUsage]: `pipe schema` takes less than that
        given: reduce-and-compare
        hint: write pipe schema

      """
    ),
    (
      ["store", "stats"],
      """
      error[badUsage]: `pipe store` cannot `stats`
        allowed: stat, verify, gc, pin, unpin, path
        hint: did you mean `stat`?

      """
    ),
    (
      ["store", "pin"],
      """
      error[badUsage]: `pipe store pin` needs a run
        hint: write pipe store pin RUN; `pipe runs` lists all

      """
    ),
    (
      ["store", "gc", "all"],
      """
      error[badUsage]: `pipe store gc` takes nothing more
        given: all

      """
    ),
    (
      ["store", "gc", "--store-limit", "20X"],
      """
      error[badUsage]: `--store-limit` takes a number of bytes, such as 500M or 8G
        given: 20X

      """
    ),
    (
      ["run", "small.json", "--set", "seeds"],
      """
      error[badUsage]: `--set` takes path=value
        given: seeds
        hint: for example --set seeds=3 or --set reduce.pca.components=8

      """
    ),
    (
      ["pipelines", "reduce-and-compar"],
      """
      error[unknownName]: there is no pipeline `reduce-and-compar`
        pipelines: reduce-and-compare, probe-table, anomaly, curate, reduce-and-cluster, describe-and-cluster, discover-classes, few-shot
        hint: did you mean `reduce-and-compare`?

      """
    ),
    (
      ["show", "nope"],
      """
      error[unknownRun]: there is no run `nope`: `runs` holds no runs
        hint: start one with `pipe run CONFIG`, or name the folder of the runs with `--runs DIR`

      """
    ),
    (
      ["run", "nope.json"],
      """
      error[fileNotFound]: there is no such config
        path: nope.json

      """
    ),
    (
      ["plan", "."],
      """
      error[notAFile]: the config is a folder
        path: .

      """
    ),
  ])
  func isExplained(_ words: [String], _ message: String) throws {
    let sandbox = try Sandbox()
    let ended = try sandbox.start(words).wait()
    #expect(ended.code == 2)
    #expect(ended.output == "")
    #expect(ended.errors == message)
    #expect(try sandbox.isUntouched())
  }

  @Test func unknownNamesGetTheNearestOne() throws {
    let sandbox = try Sandbox()
    for (words, hint) in [
      (["stages", "kernelpca"], "hint: did you mean `kernel-pca`?"),
      (["explain", "small.json", "pcaa"], "hint: did you mean `pca`?"),
      (["table", "latest", "--format", "markdwn"], "hint: did you mean `markdown`?"),
    ] {
      let ended = try sandbox.start(words).wait()
      #expect(ended.code == 2)
      #expect(ended.errors.contains(hint), "\(words)")
    }
  }
}
