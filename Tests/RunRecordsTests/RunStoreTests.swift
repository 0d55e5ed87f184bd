import Diagnostics
import Glibc
import Testing

@testable import RunRecords

@Suite struct RunStoreTests {
  private let temporary = TemporaryFolder()
  private var store: RunStore { RunStore(path: temporary.path + "/runs") }
  private let time = Timestamp(milliseconds: 1_795_256_102_125)

  private func message(_ body: () throws(Diagnostic) -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return error.description.replacing(temporary.path, with: "TMP") }
  }

  /// A finished run whose start is `hour` o'clock.
  @discardableResult private func finished(_ name: String, hour: Int) throws -> RunFolder {
    let started = Timestamp(milliseconds: hour * 3_600_000)
    let folder = try store.create(name: name, at: started)
    var manifest = sampleManifest(run: folder.name, name: name)
    manifest.volatile.started = started
    try store.finish(folder, manifest)
    return folder
  }

  @Test func namesFoldersByTimeAndConfig() throws {
    let first = try store.create(name: "pca-vs-kpca", at: time)
    let second = try store.create(name: "pca-vs-kpca", at: time)
    #expect(first.path == temporary.path + "/runs/2026-11-21T10-15-02-pca-vs-kpca")
    #expect(second.name == "2026-11-21T10-15-02-pca-vs-kpca-2")
    #expect(TemporaryFolder.names(first.path) == ["log", "tables"])
    #expect(try store.create(name: "a/../b\n", at: time).name == "2026-11-21T10-15-02-a-..-b-")
    #expect(try store.create(name: String(repeating: "ü", count: 400), at: time).name.utf8.count <= 202)
  }

  @Test func givesEachOfManyWritersItsOwnFolder() async throws {
    let (store, time) = (store, time)
    let names = await withTaskGroup(of: String?.self) { group in
      for _ in 0..<16 { group.addTask { try? store.create(name: "same", at: time).name } }
      return await group.reduce(into: Set<String?>()) { $0.insert($1) }
    }
    #expect(names.count == 16 && !names.contains(nil))
  }

  @Test func writesWholeFilesAndPointsLatestToTheRun() throws {
    let folder = try finished("a", hour: 1)
    try folder.write("| table |\n", to: "tables/main.md")
    try folder.write("again\n", to: "tables/main.md")
    #expect(TemporaryFolder.read(folder.path + "/tables/main.md") == "again\n")
    #expect(TemporaryFolder.names(folder.path) == ["log", "manifest.json", "tables"])
    #expect(TemporaryFolder.names(folder.path + "/tables") == ["main.md"])
    #expect(try folder.manifest().header == folder.header())
    let later = try finished("b", hour: 2)
    #expect(TemporaryFolder.names(store.path) == [folder.name, later.name, "latest"])
    #expect(try store.find("latest").path == later.path)
    #expect(TemporaryFolder.read(store.path + "/latest/manifest.json") == (try later.manifest().text))
  }

  @Test func listsNewestFirstAndToleratesForeignFolders() throws {
    #expect(try store.list() == [])
    let old = try finished("a", hour: 1)
    let new = try finished("b", hour: 20)
    let killed = try store.create(name: "killed", at: Timestamp(milliseconds: 5 * 3_600_000))
    let broken = try store.create(name: "broken", at: Timestamp(milliseconds: 3 * 3_600_000))
    try broken.write("{ \"header\": 1 }", to: "manifest.json")
    mkdir(store.path + "/reference", 0o777)
    TemporaryFolder.write("", to: store.path + "/notes.txt")
    let entries = try store.list()
    #expect(entries.map(\.folder) == [new, killed, broken, old])
    #expect(entries.map { $0.header?.name } == ["b", nil, nil, "a"])
    #expect(entries[1].state == .unfinished)
    guard case .damaged(let error) = entries[2].state else { throw error(entries[2]) }
    #expect(error.headline == "the manifest is damaged: an object should stand here, not a whole number")
  }

  private func error(_ entry: RunStore.Entry) -> Diagnostic { Diagnostic(.internalFault, "\(entry)") }

  @Test func putsLaterRunsOfOneSecondFirst() throws {
    for _ in 0..<11 { try finished("a", hour: 1) }
    let names = try store.list().map(\.folder.name)
    #expect(names.first == "1970-01-01T01-00-00-a-11" && names.last == "1970-01-01T01-00-00-a")
  }

  @Test func knowsTheLatestReadableRunOfAConfig() throws {
    #expect(store.latest(of: "a") == nil)
    for hour in 1...2 { try finished("a", hour: hour) }
    let second = try finished("a", hour: 2)
    try finished("a-b", hour: 3)
    try finished("ab", hour: 4)
    #expect(store.latest(of: "a")?.volatile.run == second.name)
    #expect(store.latest(of: "a-b")?.deterministic.name == "a-b")
    #expect(store.latest(of: "b") == nil)
    // A run that goes on, and one that cannot be read, are passed over.
    try store.create(name: "a", at: Timestamp(milliseconds: 5 * 3_600_000))
    let broken = try store.create(name: "a", at: Timestamp(milliseconds: 6 * 3_600_000))
    try broken.write("{ \"header\": 1 }", to: "manifest.json")
    #expect(store.latest(of: "a")?.volatile.run == second.name)
  }

  @Test func findsRunsInEveryWayThatTheyAreNamed() throws {
    let first = try finished("pca", hour: 1)
    let second = try finished("pca", hour: 2)
    let other = try finished("digits", hour: 3)
    #expect(try store.find(first.path) == first)
    #expect(try store.find(first.path + "/").path == first.path)
    #expect(try store.find(first.name) == first)
    #expect(try store.find("1970-01-01T03") == other)
    #expect(try store.find("pca") == second)
    #expect(try store.find("latest") == other)
    unlink(store.path + "/latest")
    #expect(try store.find("latest") == other)
  }

  @Test func findsTheNewestRunOfAConfigAmongLikeNames() throws {
    let older = try finished("pca", hour: 5)
    for _ in 0..<2 { try finished("pca", hour: 6) }
    // Other configs whose names only begin alike, and one that reads like a later run of the same second.
    try finished("pca-2", hour: 7)
    try finished("pca-9", hour: 6)
    try finished("pca-vs-kpca", hour: 8)
    #expect(try store.find("pca").name == "1970-01-01T06-00-00-pca-2")
    #expect(try store.find("pca-2").name == "1970-01-01T07-00-00-pca-2")
    // A killed run is none of the config's.
    _ = try store.create(name: "pca", at: Timestamp(milliseconds: 9 * 3_600_000))
    #expect(try store.find("pca").name == "1970-01-01T06-00-00-pca-2")
    // A run that somebody renamed is still found, and newest where it is.
    rename(store.path + "/1970-01-01T06-00-00-pca-2", store.path + "/best")
    #expect(try store.find("pca").name == "best")
    for name in ["best", "1970-01-01T06-00-00-pca"] {
      rename("\(store.path)/\(name)", "\(temporary.path)/\(name)")
    }
    #expect(try store.find("pca") == older)
    rename(older.path, store.path + "/1970-01-01T05-00-00-renamed")
    #expect(try store.find("pca").name == "1970-01-01T05-00-00-renamed")
  }

  @Test func writesManyFilesOfARunTogether() throws {
    let folder = try store.create(name: "a", at: time)
    let files = (0..<150).map { RunFolder.File("log/\($0).log", "line \($0)\n") }
    try folder.finish(sampleManifest(), with: files + [RunFolder.File("results.csv", "a,b\n")])
    #expect(TemporaryFolder.names(folder.path) == ["log", "manifest.json", "results.csv", "tables"])
    #expect(TemporaryFolder.names(folder.path + "/log").count == 150)
    #expect(folder.logTail(node: 149) == ["line 149"])
  }

  @Test func aFileThatCannotBeWrittenLeavesNoManifest() throws {
    let folder = try store.create(name: "a", at: time)
    mkdir(folder.path + "/results.csv", 0o777)
    let files = [RunFolder.File("tables/main.md", "x\n"), RunFolder.File("results.csv", "a,b\n")]
    #expect(
      message { () throws(Diagnostic) in try folder.finish(sampleManifest(), with: files) } == """
        error[notWritable]: cannot write `TMP/runs/2026-11-21T10-15-02-a/results.csv`: is a directory
          hint: give another folder with `--runs DIR`
        """)
    #expect(TemporaryFolder.names(folder.path) == ["log", "results.csv", "tables"])
    #expect(
      message { () throws(Diagnostic) in
        try folder.finish(sampleManifest(), with: [RunFolder.File("../x", "")])
      } == """
        error[notWritable]: `../x` is no path within a run's folder
          hint: names of tables are single words, such as `main`
        """)
    #expect(TemporaryFolder.names(folder.path) == ["log", "results.csv", "tables"])
  }

  @Test func namesTheNearestRunForAnUnknownOne() throws {
    #expect(
      message { () throws(Diagnostic) in _ = try store.find("pca") } == """
        error[unknownRun]: there is no run `pca`: `TMP/runs` holds no runs
          hint: start one with `pipe run CONFIG`, or name the folder of the runs with `--runs DIR`
        """)
    for hour in 1...4 { try finished("pca", hour: hour) }
    #expect(
      message { () throws(Diagnostic) in _ = try store.find("pac") } == """
        error[unknownRun]: there is no run `pac` in `TMP/runs`
          newest: 1970-01-01T04-00-00-pca, 1970-01-01T03-00-00-pca, 1970-01-01T02-00-00-pca, … (1 more)
          hint: did you mean `pca`?
        """)
    #expect(
      message { () throws(Diagnostic) in _ = try store.find("1970") } == """
        error[unknownRun]: `1970` starts the names of 4 runs
          runs: 1970-01-01T04-00-00-pca, 1970-01-01T03-00-00-pca, 1970-01-01T02-00-00-pca, … (1 more)
          hint: write more of the name
        """)
  }

  @Test func saysBeforehandThatRunsCannotBeWritten() throws {
    try store.checkWritable()
    #expect(TemporaryFolder.names(temporary.path) == [])
    TemporaryFolder.write("", to: temporary.path + "/file")
    let blocked = RunStore(path: temporary.path + "/file/runs")
    let expected = """
      error[notWritable]: cannot write `TMP/file/runs`: not a directory
        hint: give another folder with `--runs DIR`
      """
    #expect(message { () throws(Diagnostic) in try blocked.checkWritable() } == expected)
    #expect(message { () throws(Diagnostic) in _ = try blocked.create(name: "a", at: time) } == expected)
  }

  @Test func refusesAnUnwritableFolder() throws {
    mkdir(temporary.path + "/locked", 0o555)
    // Root may write anywhere; there the check has nothing to find.
    guard geteuid() != 0 else { return }
    #expect(
      message { () throws(Diagnostic) in try RunStore(path: temporary.path + "/locked").checkWritable() }
        == """
        error[notWritable]: cannot write `TMP/locked`: permission denied
          hint: give another folder with `--runs DIR`
        """)
  }

  @Test func leavesNothingHalfWritten() throws {
    let folder = try store.create(name: "a", at: time)
    mkdir(folder.path + "/manifest.json", 0o777)
    #expect(
      message { () throws(Diagnostic) in try folder.finish(sampleManifest()) } == """
        error[notWritable]: cannot write `TMP/runs/2026-11-21T10-15-02-a/manifest.json`: is a directory
          hint: give another folder with `--runs DIR`
        """)
    #expect(TemporaryFolder.names(folder.path) == ["log", "manifest.json", "tables"])
  }

  @Test func reportsAFullDisk() {
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    #expect(Files.writeAll([1, 2, 3], to: full) == ENOSPC)
    #expect(
      Files.writeFailure("runs/a/manifest.json", ENOSPC).description == """
        error[noSpace]: no space left to write `runs/a/manifest.json`
          hint: free some space, or give another folder with `--runs DIR`
        """)
  }

  @Test func writesNothingOutsideTheRun() throws {
    let folder = try store.create(name: "a", at: time)
    for path in ["../x", "/tmp/x", "tables/../../x", "tables//x", ""] {
      #expect(
        message { () throws(Diagnostic) in try folder.write("x", to: path) } == """
          error[notWritable]: `\(path)` is no path within a run's folder
            hint: names of tables are single words, such as `main`
          """)
    }
  }

  @Test func readsTheEndOfALog() throws {
    let folder = try store.create(name: "a", at: time)
    #expect(folder.logTail(node: 7) == [])
    try folder.write("one\ntwo\n\nfour\n", to: "log/7.log")
    #expect(folder.logTail(node: 7, lines: 3) == ["two", "", "four"])
    #expect(
      message { () throws(Diagnostic) in _ = try folder.manifest() } == """
        error[fileNotFound]: the run `2026-11-21T10-15-02-a` has no manifest
          folder: TMP/runs/2026-11-21T10-15-02-a
          hint: it is still going on, or was killed; run its config again to finish it
        """)
  }

  @Test func readsTheCommitOfARepository() throws {
    let commit = String(repeating: "0123456789", count: 4)
    let root = temporary.path + "/repository"
    for folder in ["", "/.git", "/.git/refs", "/.git/refs/heads", "/configs"] { mkdir(root + folder, 0o777) }
    #expect(Machine.gitCommit(around: root + "/configs") == nil)
    TemporaryFolder.write("ref: refs/heads/main\n", to: root + "/.git/HEAD")
    TemporaryFolder.write("# pack\n\(commit) refs/heads/main\n", to: root + "/.git/packed-refs")
    #expect(Machine.gitCommit(around: root + "/configs") == commit)
    let newer = String(commit.reversed())
    TemporaryFolder.write(newer + "\n", to: root + "/.git/refs/heads/main")
    #expect(Machine.gitCommit(around: root + "/configs") == newer)
    #expect(!Machine.host.isEmpty && Machine.cores >= 1 && Machine.peakMemory > 1 << 20)
  }
}
