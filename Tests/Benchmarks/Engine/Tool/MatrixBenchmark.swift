import Artifacts
import Diagnostics
import LinearAlgebra
import Store

#if canImport(Glibc)
  import Glibc
#endif

/// Stores a matrix and loads it, on all cores; prints one line of JSON.
///
/// The files `FOLDER/plain.bin` and `FOLDER/coded.bin` hold the matrices: normal numbers, which do not compress, and
/// such that were rounded to a few bits, which do. What disk and zstd do with the same files is left to others.
struct MatrixBenchmark {
  let folder: String
  let bytes: Int

  init(arguments: [String]) throws {
    guard arguments.count == 2, let megabytes = Int(arguments[1]), megabytes > 0 else {
      throw Diagnostic(.badUsage, "usage: engine-benchmark matrix FOLDER MEGABYTES")
    }
    (folder, bytes) = (arguments[0], megabytes * 1_000_000)
  }

  func run() throws {
    try BLAS.load()
    let pool = WorkerPool(threads: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    var members: [JSON.Member] = []
    for (name, isCoarse) in [("plain", false), ("coded", true)] {
      let matrix = matrix(isCoarse: isCoarse)
      try write(matrix, to: "\(folder)/\(name).bin")
      members.append(JSON.Member(name, try pool.run { try measure(matrix, "\(folder)/store-\(name)") }))
    }
    pool.shutdown()
    print(JSON.object(members).text())
  }

  /// Seconds to put the matrix into a fresh store and have it on the disk, and to load it from there.
  private func measure(_ matrix: Matrix<Float>, _ path: String) throws -> JSON {
    let artifact = Features(matrix).encoded
    let key = Key(Digest(of: Array(path.utf8)))
    let store = try Store(at: path)
    let clock = ContinuousClock()
    var start = clock.now
    let entry = try store.put(
      key, outputs: [(port: "features", artifact: artifact)], components: .object([]), seconds: 1,
      stage: "matrix")
    let put = (clock.now - start) / .seconds(1)
    try store.flush()
    let stored = (clock.now - start) / .seconds(1)
    let fresh = try Store(at: path)
    start = clock.now
    let loaded = try Features(fresh.load(entry.outputs[0]))
    // A mapped file is read when it is looked at.
    let isWhole = loaded.matrix.isFinite
    let read = (clock.now - start) / .seconds(1)
    precondition(isWhole && loaded.matrix == matrix, "the store gives another matrix back")
    return .object([
      "put": .number(put), "store": .number(stored), "load": .number(read),
      "bytes": .integer(matrix.count * 4),
    ])
  }

  private func matrix(isCoarse: Bool) -> Matrix<Float> {
    let (rows, columns) = (bytes / 2048, 512)
    let random = RandomStream(seed: 7)
    return Matrix(rows: rows, columns: columns) { target in
      guard let base = target.baseAddress else { return }
      for row in 0..<rows {
        var stream = random.substream(UInt64(row))
        for column in 0..<columns {
          let value = stream.normal()
          base[row * columns + column] = Float(isCoarse ? (value * 16).rounded() / 16 : value)
        }
      }
    }
  }

  private func write(_ matrix: Matrix<Float>, to path: String) throws {
    guard let file = fopen(path, "wb") else {
      throw Diagnostic(.notWritable, "cannot write \(path)")
    }
    matrix.withPointer { _ = fwrite($0, 4, matrix.count, file) }
    fclose(file)
  }
}
