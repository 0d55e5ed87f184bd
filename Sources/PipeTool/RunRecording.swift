import Artifacts
import Execution
import HDF5
import LinearAlgebra
import Planning
import Reporting
import RunRecords
import Synchronization

/// Writes what a run came to into a folder of its own.
struct RunRecording {
  let plan: Plan
  let report: RunReport
  let started: Timestamp
  /// The record of another run that this one repeats; its results are replaced by those of this run.
  var repeated: DeterministicRecord?
  /// Why a node ended as it did.
  var reason: (Plan.Node, NodeOutcome.State) -> String?

  init(
    plan: Plan, report: RunReport, started: Timestamp, repeated: DeterministicRecord? = nil,
    reason: @escaping (Plan.Node, NodeOutcome.State) -> String? = { _, _ in nil }
  ) {
    self.plan = plan
    self.report = report
    self.started = started
    self.repeated = repeated
    self.reason = reason
  }

  /// The run's record, under a name.
  func manifest(run: String) -> Manifest {
    let builder = ManifestBuilder(plan, report, reason: reason)
    return Manifest(
      deterministic: repeated?.replacingResults(by: builder.deterministic) ?? builder.deterministic,
      volatile: builder.volatile(
        run: run, started: started, seconds: report.seconds, commandLine: CommandLine.arguments,
        versions: versions(ranSomething: report.ranCount > 0)))
  }

  /// Writes the run's folder; the manifest comes last.
  func write(to runs: RunStore) throws -> (Manifest, RunFolder, [ResultTable]) {
    let folder = try runs.create(name: repeated?.name ?? plan.config.name, at: started)
    let manifest = manifest(run: folder.name)
    let tables = try ResultTable.tables(of: manifest)
    var texts: [@Sendable () -> RunFolder.File] = [
      { RunFolder.File("manifest.json", bytes: manifest.bytes) },
      { RunFolder.File("results.csv", ResultsCSV(manifest.deterministic.results).text) },
    ]
    for table in tables {
      for format in [TableFormat.markdown, .csv, .latex] {
        texts.append {
          RunFolder.File("tables/\(table.name).\(format.fileExtension)", table.text(format))
        }
      }
    }
    var files = made(texts, side: manifest.deterministic.results.count > 1000)
    let bytes = files.removeFirst().bytes
    for exhibit in ExhibitFile.all(plan, report) { files.append(RunFolder.File(exhibit.path, exhibit.text)) }
    for (node, lines) in report.logs {
      files.append(RunFolder.File("log/\(node.index).log", lines.joined(separator: "\n") + "\n"))
    }
    try runs.finish(folder, manifest: bytes, with: files)
    return (manifest, folder, tables)
  }

  /// The files of a record, side by side where they are long.
  private func made(_ texts: [@Sendable () -> RunFolder.File], side bySide: Bool) -> [RunFolder.File] {
    guard bySide, Machine.cores > 1 else { return texts.map { $0() } }
    let pool = WorkerPool(threads: min(Machine.cores, texts.count))
    defer { pool.shutdown() }
    let files = Mutex([RunFolder.File?](repeating: nil, count: texts.count))
    pool.run {
      parallelFor(texts.count) { index in
        let file = texts[index]()
        files.withLock { $0[index] = file }
      }
    }
    return files.withLock { $0.compactMap(\.self) }
  }

  /// Libraries that a run did not need are not loaded to ask for their version.
  private func versions(ranSomething: Bool) -> Versions {
    Versions(
      tool: PipeTool.version, swift: swiftVersion, hdf5: HDF5Library.loadedVersion,
      openBLAS: ranSomething ? BLAS.version : nil, openBLASCore: ranSomething ? BLAS.core : nil,
      zstd: ObjectFormat.zstdVersion)
  }
}

extension DeterministicRecord {
  /// The record with the results of another record of the same nodes.
  fileprivate func replacingResults(by other: DeterministicRecord) -> DeterministicRecord {
    var record = self
    let outputs = Dictionary(other.nodes.map { ($0.key, $0.outputs) }) { first, _ in first }
    for index in record.nodes.indices { record.nodes[index].outputs = outputs[record.nodes[index].key] ?? [] }
    let values = Dictionary(other.results.map { ($0.key, $0.value) }) { first, _ in first }
    for index in record.results.indices {
      record.results[index].value = values[record.results[index].key] ?? nil
    }
    return record
  }
}

#if swift(>=6.4)
  private let swiftVersion = "6.4 or later"
#elseif swift(>=6.3)
  private let swiftVersion = "6.3"
#else
  private let swiftVersion = "6.2"
#endif
