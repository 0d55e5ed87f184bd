import Foundation
import Testing

/// Every command, as a user calls it.
@Suite struct CommandTests {
  static let commands = [
    "run", "plan", "explain", "accept", "check", "stages", "pipelines", "schema", "runs", "show",
    "table", "diff", "trace", "nightly", "reproduce", "debug", "export", "inspect", "store", "completions",
  ]

  @Test func theHelpListsTheCommands() throws {
    let sandbox = try Sandbox(config: nil, data: false)
    let help = try sandbox.pipe("--help")
    #expect(help.code == 0)
    #expect(
      help.output == """
        pipe runs experiments on machine-learning features: computed once, in parallel, with results that can be traced.

        usage: pipe COMMAND …
          run          run an experiment: compute what is missing, record it, print its tables
          plan         show what would run, why, and how long it would take; writes nothing
          explain      show what a node depends on, and why it would run
          accept       keep the results of a stage whose revision rose without a change in meaning
          check        check configs without running anything
          stages       list the stages, or show one with its ports and parameters
          pipelines    list the pipelines, or show one with its slots
          schema       print the JSON Schema of configs, for editors
          runs         list the recorded runs, newest first
          show         show a run: how it went, its tables, its failures
          table        print the tables of runs as text, Markdown, CSV, LaTeX, JSON or HTML
          diff         compare two runs: config, inputs, nodes, and whether numbers changed beyond their spread
          trace        follow a number through all its nodes back to the bytes of the input
          nightly      run configs and compare numbers, claims and times with references
          reproduce    do a run again from its manifest alone, and compare every result
          debug        write a node's inputs, parameters, seed and error as files, or run just that node again
          export       write a run as an RO-Crate: its record, results and tables, described for other tools
          inspect      list the groups, data sets and attributes of an HDF5 file
          store        look after the store: stat, verify, gc, pin, unpin, path
          completions  print the script that completes command lines in a shell

        pipe COMMAND --help tells more about a command; pipe --version prints the version.
        exit codes: 0 done, 1 a stage failed, 2 bad usage or config, 3 a claim does not hold
        (run --strict), 10 work to do (plan), 130 interrupted

        """)
    #expect(try sandbox.pipe("help").output == help.output)
    #expect(try sandbox.pipe("-h").output == help.output)
    let none = try sandbox.pipe()
    #expect(none.code == 2)
    #expect(try sandbox.pipe("--version").output.hasPrefix("pipe 0."))
    #expect(sandbox.files(below: "") == [])
  }

  @Test(arguments: commands) func eachCommandHasHelp(_ command: String) throws {
    let sandbox = try Sandbox(config: nil, data: false)
    let help = try sandbox.pipe(command, "--help")
    #expect(help.code == 0)
    #expect(help.errors == "")
    #expect(help.output.contains("usage: pipe \(command)"))
    #expect(help.output.contains("-h, --help"))
    #expect(try sandbox.pipe("help", command).output == help.output)
    #expect(try sandbox.pipe(command, "-h", "--no-such-option").code == 2)
  }

  @Test func theReferenceNamesStagesAndPipelines() throws {
    let sandbox = try Sandbox(config: nil, data: false)
    let stages = try sandbox.pipe("stages")
    #expect(stages.code == 0)
    for name in ["load-hdf5", "kernel-pca", "k-means", "logistic", "accuracy"] {
      #expect(stages.output.contains(name))
    }
    let pca = try sandbox.pipe("stages", "pca")
    #expect(pca.code == 0)
    #expect(pca.output.contains("components"))
    let pipeline = try sandbox.pipe("pipelines", "reduce-and-compare")
    #expect(pipeline.code == 0)
    for slot in ["data", "split", "whiten", "reduce", "cluster", "probe"] {
      #expect(pipeline.output.contains(slot))
    }
    #expect(try sandbox.pipe("pipelines").output.contains("reduce-and-compare"))
    for words in [["stages", "--json"], ["stages", "pca", "--json"], ["pipelines", "--json"], ["schema"]] {
      let ended = try sandbox.start(words).wait()
      #expect(ended.code == 0)
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) }
    }
  }

  @Test func checkAndPlanAndExplainWriteNothing() throws {
    let sandbox = try Sandbox()
    let check = try sandbox.pipe("check", "small.json")
    #expect(check.code == 0)
    #expect(check.output == "small.json: fine (25 nodes, 4 cells)\n")
    let plan = try sandbox.pipe("plan", "small.json")
    #expect(plan.code == 10)
    #expect(plan.output.hasPrefix("small: 25 to run, 0 done\n  load-hdf5: no earlier run of this config\n"))
    #expect(try sandbox.pipe("plan", "small.json", "--quiet").output == "")
    let explain = try sandbox.pipe("explain", "small.json", "pca, components 2 · seed 1")
    #expect(explain.code == 0)
    #expect(explain.output.contains("\n  stage     pca\n  revision  "))
    #expect(explain.output.contains("\n  parameter components = 2\n"))
    #expect(try sandbox.pipe("explain", "small.json").output.split(separator: "\n").count == Small.nodes)
    #expect(sandbox.files(below: "") == ["/data.h5", "/small.json"])
  }

  @Test func planTellsWhatChangedAndRunDoesJustThat() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--keep-all").code == 0)
    let same = try sandbox.pipe("plan", "small.json")
    #expect(same.code == 0)
    #expect(same.output == "small: 0 to run, 25 done\n")
    let files = sandbox.files(below: "")
    let changed = try sandbox.pipe("plan", "small.json", "--set", "probe.nearest-neighbors.k=5", "--json")
    #expect(changed.code == 10)
    #expect(changed.output.contains("\"toRun\": 8,"))
    #expect(sandbox.files(below: "") == files)
    let run = try sandbox.run("--set", "probe.nearest-neighbors.k=5")
    // Measures of what came out with the same bytes as before are cut off.
    let words = run.outcome.split(separator: " ")
    let ran = words.firstIndex(of: "ran").flatMap { Int(words[$0 + 1]) }
    #expect((4...8).contains(ran ?? 0), "\(run.outcome)")
  }

  @Test func runsAreListedShownAndPrintedInEveryFormat() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.run("--keep-all")
    #expect(run.code == 0)
    let name = try #require(sandbox.runFolders.first)
    let list = try sandbox.pipe("runs")
    #expect(list.output.hasPrefix("\(name)  done"))
    for wanted in ["latest", "small", name, "runs/\(name)", String(name.prefix(12))] {
      #expect(try sandbox.pipe("show", wanted).output == run.output, "\(wanted)")
    }
    #expect(try sandbox.pipe("show").output == run.output)
    #expect(try sandbox.pipe("show", "--json").output == sandbox.text("runs/latest/manifest.json"))
    for (format, file) in [("markdown", "md"), ("csv", "csv"), ("latex", "tex")] {
      let table = try sandbox.pipe("table", "latest", "--format", format)
      #expect(table.code == 0)
      #expect(table.output == sandbox.text("runs/latest/tables/main.\(file)"), "\(format)")
      #expect(!table.output.isEmpty)
    }
    #expect(try sandbox.pipe("table", "small").output.contains("nearest-neighbors"))
    #expect(try sandbox.pipe("table", "small", "--format", "html").output.contains("<table"))
    let json = try sandbox.pipe("table", "small", "--format=json")
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.output.utf8)) }
    let listed = try sandbox.pipe("runs", "--json")
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) }
  }

  @Test func inspectListsAFile() throws {
    let sandbox = try Sandbox()
    let text = try sandbox.pipe("inspect", "data.h5")
    #expect(text.code == 0)
    #expect(text.output.contains("/features  float32 60 × 6"))
    #expect(text.output.contains("/labels  int32 60"))
    let json = try sandbox.pipe("inspect", "data.h5", "--json")
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.output.utf8)) }
    #expect(
      try sandbox.pipe("inspect", "nope.h5").errors == """
        error[fileNotFound]: there is no such file
          file: nope.h5

        """)
  }

  @Test func theStoreIsCountedCheckedAndCleaned() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.pipe("store", "path").output == ".pipe/store\n")
    #expect(try sandbox.pipe("store", "stat").code == 2)
    #expect(try sandbox.run("--keep-all").code == 0)
    let stat = try sandbox.pipe("store", "stat")
    #expect(stat.code == 0)
    #expect(stat.output.hasPrefix("results   25, worth "))
    let verify = try sandbox.pipe("store", "verify")
    #expect(verify.code == 0)
    #expect(verify.output.contains(": all as it was written"))
    #expect(try sandbox.pipe("store", "gc").output.hasPrefix("removed 0 objects"))
    #expect(try sandbox.run().outcome.contains("ran 0 · cached 25"))
  }

  @Test func aPinnedRunOutlivesTheLimit() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run().code == 0)
    let run = try #require(sandbox.runFolders.last)
    let pinned = try sandbox.pipe("store", "pin", "latest")
    #expect(pinned.code == 0 && pinned.output.hasPrefix("pinned ") && pinned.output.hasSuffix(" of \(run)\n"))
    let stat = try sandbox.pipe("store", "stat").output
    #expect(stat.contains("\npinned    \(run) (") && stat.contains("\nage       oldest "))
    #expect(stat.contains("\nstage ") && stat.contains("\npca "))
    #expect(try sandbox.pipe("store", "gc", "--store-limit", "1").output.hasPrefix("removed 0 objects"))
    #expect(try sandbox.run().outcome.contains("ran 0 · "))
    let unknown = try sandbox.pipe("store", "unpin", "nothing")
    #expect(unknown.code == 2)
    #expect(
      unknown.errors == """
        error[unknownRun]: `nothing` is not pinned
          pinned: \(run)

        """)
    #expect(try sandbox.pipe("store", "unpin", run).output == "unpinned \(run)\n")
    #expect(try sandbox.pipe("store", "gc", "--store-limit", "1k").output.hasPrefix("gave up "))
    #expect(try sandbox.pipe("store", "verify").code == 0)
    #expect(try sandbox.run().code == 0)
  }

  @Test func theStoreAndTheRunsCanLieElsewhere() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--store", "elsewhere/store", "--runs=elsewhere/runs").code == 0)
    #expect(!sandbox.exists(".pipe") && !sandbox.exists("runs"))
    #expect(sandbox.exists("elsewhere/runs/latest/manifest.json"))
    #expect(try sandbox.pipe("plan", "small.json", "--store", "elsewhere/store").code == 0)
    #expect(try sandbox.pipe("show", "--runs", "elsewhere/runs").code == 0)
  }

  @Test func progressIsShownAsAskedFor() throws {
    let sandbox = try Sandbox()
    let json = try sandbox.run("--progress", "json", "--store", "a")
    let events = try json.errors.split(separator: "\n").map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    #expect(events.first?["event"] as? String == "run-started")
    #expect(events.first?["toRun"] as? Int == Small.nodes)
    #expect(events.count { $0["event"] as? String == "node-ran" } == Small.nodes)
    #expect(events.last?["event"] as? String == "run-ended")
    #expect(events.last?["ran"] as? Int == Small.nodes && events.last?["outcome"] as? String == "done")
    let plain = try sandbox.run("--progress=plain", "--store", "b")
    // Who ends is told outside every lock: two that end together may be told in either order.
    #expect(plain.errors.hasPrefix("25 to run: its stored result is gone\nsmall: 25 of 25 nodes to run"))
    #expect(plain.errors.contains("\n[1/25] "))
    #expect(plain.errors.contains("] load-hdf5: ran in "))
    #expect(plain.errors.split(separator: "\n").count == 2 + Small.nodes)
    #expect(try sandbox.run("--progress", "none", "--store", "c").errors == "")
    // Off a terminal a run as short as this one says why it works, and all else at its end.
    #expect(try sandbox.run("--store", "f").errors.hasPrefix("25 to run: its stored result is gone\n"))
    let quiet = try sandbox.run("--quiet", "--store", "d", "--progress", "plain")
    #expect(quiet.code == 0 && quiet.output == "" && quiet.errors == "")
    let manifest = try sandbox.run("--json", "--store", "e")
    #expect(manifest.output == sandbox.text("runs/latest/manifest.json"))
  }

  @Test func valuesOfTheConfigCanBeSetFromTheCommandLine() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.run("--set", "seeds=3", "--set", "reduce.pca.components=2")
    #expect(run.output.hasPrefix("small · 3 seeds · 2 cells"))
    #expect(sandbox.text("runs/latest/manifest.json").contains("command line"))
  }

  @Test func severalConfigsRunOneAfterTheOther() throws {
    let sandbox = try Sandbox()
    try sandbox.write(Small.config(replacing: "\"seeds\": 2", with: "\"seeds\": 1"), to: "other.json")
    let both = try sandbox.pipe("run", "small.json", "other.json")
    #expect(both.code == 0)
    #expect(sandbox.runFolders.count == 2)
    #expect(both.output.contains("small · 2 seeds") && both.output.contains("other · 1 seed "))
    // A problem of the second is found before the first one runs.
    try sandbox.write("{}", to: "bad.json")
    #expect(try sandbox.pipe("run", "small.json", "bad.json").code == 2)
    #expect(sandbox.runFolders.count == 2)
  }
}
