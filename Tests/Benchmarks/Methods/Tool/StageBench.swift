import Artifacts
import Dispatch
import Diagnostics
import LinearAlgebra
import StageKit
import Stages

#if canImport(Glibc)
  import Glibc
#endif

/// Runs stages of the catalog on data that it holds, as a run would, and tells what they took.
///
/// Requests, by `do`:
/// - `stages`: the names of the catalog.
/// - `load` with `file`, `labels` (a data set, or absent) and `fit` (how many of the first rows are fitted on, or
///   absent for all): takes data into memory.
/// - `run` with `stage`, `parameters`, `seed`, `memory` (bytes, or absent) and `along` (values of its path parameter
///   that are fitted together, or absent): runs a stage on the data.
/// - `neighbors` with `k` and `metric`: finds the nearest fit rows of the held-out rows.
/// - `save` with `folder`: writes what came out last, an array a file, and tells their shapes and types.
final class StageBench {
  private let pool = WorkerPool(threads: 2)
  private let catalog = StageCatalog(builtInStages)
  private var inputs: [String: any Artifact] = [:]
  private var outputs: [String: any Artifact] = [:]

  init() throws { try BLAS.load() }

  /// The answer to a request; what went wrong is told as `error`.
  func answer(to line: String) -> JSON {
    do {
      return try answer(to: JSON.parse(SourceText(file: "request", line)))
    } catch {
      return .object(["error": .string("\(error)")])
    }
  }

  private func answer(to request: JSON) throws -> JSON {
    switch request["do"]?.string {
    case "stages": return .object(["stages": .array(catalog.stages.map { .string($0.name) })])
    case "load": return try load(request)
    case "run": return try run(request)
    case "neighbors": return try neighbors(request)
    case "save": return try save(request)
    default: throw Diagnostic(.badUsage, "a request names what to `do`: stages, load, run, neighbors, save")
    }
  }

  private func load(_ request: JSON) throws -> JSON {
    let parameters = request.members?.filter { ["file", "labels"].contains($0.key) } ?? []
    inputs = try onWorker {
      try self.configured("load-hdf5", .object(parameters)).run([:], in: StageContext())
    }
    guard let features = inputs["features"] as? Features else { throw absent("features") }
    // What measures of clusters take.
    if let labels = inputs["labels"] as? Labels {
      inputs["assignment"] = Assignment(clusters: labels.indices, count: labels.classCount)
    }
    if let count = request["fit"]?.integer {
      inputs["fitRows"] = RowMask((0..<features.rows).map { $0 < count })
    }
    return .object(["rows": .integer(features.rows), "columns": .integer(features.columns)])
  }

  private func run(_ request: JSON) throws -> JSON {
    let single = try configured(request["stage"]?.string ?? "", request["parameters"] ?? .object([]))
    let stage = request["along"]?.items.map { single.along($0.compactMap(\.number)) } ?? single
    let context = StageContext(
      seed: UInt64(request["seed"]?.integer ?? 0), memoryBudget: request["memory"]?.integer)
    let inputs = inputs
    return try measured { try stage.run(inputs, in: context) }
  }

  private func neighbors(_ request: JSON) throws -> JSON {
    guard let features = inputs["features"] as? Features else { throw absent("features") }
    guard let mask = inputs["fitRows"] as? RowMask else { throw absent("fitRows") }
    let references = features.matrix.selecting(rows: mask.fitRows)
    let queries = features.matrix.selecting(rows: mask.heldOutRows)
    let metric: NeighborMetric = request["metric"]?.string == "cosine" ? .cosine : .euclidean
    let k = request["k"]?.integer ?? 1
    return try measured {
      let found = nearestNeighbors(of: queries, among: references, k: k, metric: metric)
      let indices = found.indices.map { Float($0) }
      return [
        "neighbors": Matrix<Float>(rows: queries.rows, columns: found.count) { target in
          for place in target.indices { target[place] = indices[place] }
        }
      ]
    }
  }

  private func configured(_ name: String, _ parameters: JSON) throws -> ConfiguredStage {
    guard let type = catalog[name] else { throw Diagnostic(.unknownName, "there is no stage `\(name)`") }
    return try type.configured(parameters)
  }

  private func absent(_ port: String) -> Diagnostic {
    Diagnostic(.missingPort, "`load` gave no \(port)")
  }

  /// Runs `work` on a thread of the pool; its seconds on the clock and of the processors, and its memory in bytes.
  private func measured(_ work: @escaping () throws -> [String: any Artifact]) throws -> JSON {
    outputs = [:]
    let meter = MemoryMeter()
    ProcessUse.forgetPeak()
    let before = ProcessUse.resident
    let busy = ProcessUse.processorTime
    let clock = ContinuousClock()
    let start = clock.now
    outputs = try onWorker { try MemoryMeter.measure(meter, work) }
    let seconds = (clock.now - start) / .seconds(1)
    return .object([
      "seconds": .number(seconds), "busy": .number(ProcessUse.processorTime - busy),
      "before": .integer(before), "peak": .integer(ProcessUse.peak),
      "buffers": .integer(meter.peak),
    ])
  }

  /// Runs `work` on a thread of the pool, as the nodes of a run are.
  private func onWorker<R>(_ work: @escaping () throws -> R) throws -> R {
    nonisolated(unsafe) var result: Result<R, any Error>?
    nonisolated(unsafe) let work = work
    let end = DispatchSemaphore(value: 0)
    pool.submit {
      result = Result { try work() }
      end.signal()
    }
    end.wait()
    guard let result else { throw Diagnostic(.badUsage, "the work did not end") }
    return try result.get()
  }

  private func save(_ request: JSON) throws -> JSON {
    var saved: [JSON.Member] = []
    for (port, artifact) in outputs.sorted(by: { $0.key < $1.key }) {
      for array in artifact.encoded.arrays {
        saved.append(try save(array, "\(port).\(array.name)", request["folder"]?.string ?? "."))
      }
    }
    return .object(saved)
  }

  /// Writes an array as it lies in memory; its shape and element type, by its name.
  private func save(_ array: EncodedArray, _ name: String, _ folder: String) throws -> JSON.Member {
    try array.bytes.withUnsafeBytes { try write($0, to: "\(folder)/\(name)") }
    let shape = JSON.array(array.shape.map { .integer($0) })
    return JSON.Member(name, .object(["shape": shape, "type": .string(array.scalar.rawValue)]))
  }

  /// Writes bytes into a file of that path.
  private func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(Diagnostic) {
    guard let file = fopen(path, "wb") else { throw Diagnostic(.notWritable, "cannot write \(path)") }
    let written = fwrite(bytes.baseAddress, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else {
      throw Diagnostic(.notWritable, "cannot write all of \(path)")
    }
  }
}
