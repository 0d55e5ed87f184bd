import Artifacts
import Diagnostics
import Foundation
import Glibc
import LinearAlgebra
import Store
import Testing

/// How fast large matrices are stored and loaded, beside what the disk and zstd give by themselves.
///
/// By hand: `STORE_SPEED=100 swift test -c release --filter SpeedTests` with the megabytes of the matrix; files
/// lie where `TMPDIR` says.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["STORE_SPEED"] != nil))
struct SpeedTests {
  private static let megabytes = Int(ProcessInfo.processInfo.environment["STORE_SPEED"] ?? "") ?? 100

  enum Content: String, CaseIterable { case random, gaussian, halves, counts }

  private func matrix(_ content: Content) -> Matrix<Float> {
    let columns = 500
    let rows = Self.megabytes * 500
    var stream = RandomStream(seed: 1)
    // A megabyte that repeats at a distance that no frame spans.
    let block = (0..<(1 << 18) - 37).map { _ -> Float in
      switch content {
      case .random: Float(bitPattern: UInt32(truncatingIfNeeded: stream.next()))
      case .gaussian: Float(stream.normal())
      case .halves: Float(Float16(stream.normal()))
      case .counts: Float(stream.below(17))
      }
    }
    let buffer = Buffer<Float>(uninitialized: rows * columns)
    var at = 0
    while at < buffer.count {
      let count = min(block.count, buffer.count - at)
      block.withUnsafeBufferPointer { source in
        if let start = source.baseAddress { (buffer.base + at).update(from: start, count: count) }
      }
      at += count
    }
    return Matrix(rows: rows, columns: columns, buffer: buffer)
  }

  /// Seconds that all threads computed, in the program and in the system: what a busy machine changes little.
  private var computed: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  /// Writes so many bytes of a matrix and waits for the disk, as `dd conv=fdatasync` does.
  private func writeRaw(_ matrix: EncodedArtifact, _ count: Int, to path: String) -> Double {
    seconds {
      let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
      matrix.arrays[0].bytes.withUnsafeBytes { bytes in
        for at in stride(from: 0, to: count, by: 1 << 20) {
          _ = pwrite(file, bytes.baseAddress?.advanced(by: at), min(1 << 20, count - at), off_t(at))
        }
      }
      fdatasync(file)
      close(file)
    }
  }

  /// What `zstd -1 -T2 -b` says, in megabytes a second, and the ratio.
  private func zstd(_ folder: TemporaryFolder) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/zstd")
    process.arguments = ["-1", "-T2", "-b", "-q", "-i2", folder.path + "/raw"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    process.waitUntilExit()
    return String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).trimmingCharacters(
      in: .whitespacesAndNewlines)
  }

  @Test(arguments: Content.allCases) func storingAndLoading(_ content: Content) throws {
    let folder = TemporaryFolder()
    let artifact = Features(matrix(content)).encoded
    let pool = WorkerPool(threads: 2)
    defer { pool.shutdown() }
    var lines: [String] = []
    let size = Double(artifact.byteCount) / 1e6
    func rate(_ time: Double) -> String { "\(Int(size / time)) MB/s" }
    for round in 0..<3 {
      let store = try Store(at: folder.path + "/store\(round)")
      let start = computed
      var put = 0.0
      let total = try seconds {
        put = try pool.run {
          try seconds {
            try store.put(
              Sample.key(round), outputs: [("out", artifact)], components: .null, seconds: 1, stage: "s")
          }
        }
        try store.flush()
      }
      let putWork = computed - start
      let stored = folder.files(in: "store\(round)/objects").reduce(0) { sum, name in
        let file = try? FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)
        return sum + (file?[.size] as? Int ?? 0)
      }
      let rawStart = computed
      let raw = writeRaw(artifact, stored, to: folder.path + "/raw")
      let rawWork = computed - rawStart
      let output = try #require(store.entry(for: Sample.key(round))?["out"])
      let loadStart = computed
      let load = try seconds { _ = try pool.run { try store.load(output) } }
      let loadWork = computed - loadStart
      lines.append(
        """
        \(content) \(Int(size)) MB as \(stored / 1_000_000) MB: put \(rate(put)), put and flush \(rate(total)) \
        (a core's \(rate(putWork))); the same bytes by write and fdatasync \(rate(raw)) (a core's \
        \(rate(rawWork))): \(Int(100 * raw / total)) %; load \(rate(load)) (a core's \(rate(loadWork)))
        """)
      try FileManager.default.removeItem(atPath: folder.path + "/store\(round)")
    }
    _ = writeRaw(artifact, artifact.byteCount, to: folder.path + "/raw")
    print(lines.joined(separator: "\n") + "\nzstd: " + (try zstd(folder)))
  }

  /// A store of a million records is opened, and a record looked up in it.
  @Test func openingAMillionRecords() throws {
    let folder = TemporaryFolder()
    let count = 1_000_000
    do {
      let store = try Store(at: folder.path)
      let notes = (0..<count).map { (key: Sample.key($0), bytes: [UInt8](repeating: 7, count: 100)) }
      let time = seconds { store.remember(notes) }
      print("a note of a batch \(time / Double(count) * 1e6) µs")
      print("merged in \(try seconds { _ = try store.collect() }) s")
    }
    var stores: [Store] = []
    let times = try (0..<21).map { _ in try seconds { stores.append(try Store(at: folder.path)) } }.sorted()
    let look = seconds {
      for number in stride(from: 0, to: count, by: 997) { _ = stores[0].note(for: Sample.key(number)) }
    }
    print("opened in \(times[10] * 1e3) ms, looked up in \(look / Double(count / 997) * 1e6) µs")
    let shared = seconds { for _ in 0..<1000 { _ = stores[0].isShared } }
    print("isShared \(shared * 1e3) µs")
  }
}
