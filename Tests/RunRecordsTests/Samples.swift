import Artifacts
import Diagnostics
import Glibc
import RunRecords

/// A folder that is deleted when the test ends.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/pipe-records-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { TemporaryFolder.remove(path) }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    for name in names(path) { remove("\(path)/\(name)") }
    rmdir(path)
  }

  static func names(_ path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  static func write(_ text: String, to path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    defer { close(file) }
    precondition(
      Array(text.utf8).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == text.utf8.count)
  }

  static func read(_ path: String) -> String {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
  }
}

func digest(_ text: String) -> Digest { Digest(of: Array(text.utf8)) }

/// A small manifest that has every kind of member.
func sampleManifest(run: String = "2026-11-21T10-15-02-pca-vs-kpca", name: String = "pca-vs-kpca") -> Manifest
{
  let pca = Choice(
    slot: "reduce", stage: "pca", swept: [.init(path: "components", value: "2")])
  let deterministic = DeterministicRecord(
    name: name, title: "Linear against “kernel” PCA", pipeline: "reduce-and-compare",
    config: .object(["seeds": .integer(2), "ridge": .number(1.0), "note": .string("tab\there\r\n")]),
    origins: [.init(path: "seeds", origin: "configs/a.json:3"), .init(path: "ridge", origin: "default")],
    inputs: [.init(file: "data/digits.h5", parts: ["features", "labels"], digest: digest("digits"))],
    nodes: [
      NodeRecord(
        id: 0, name: "load-hdf5", stage: "load-hdf5", revision: 1, parameters: .object([:]),
        key: Key(digest("key 0")), outputs: [.init(port: "features", kind: "features")]),
      NodeRecord(
        id: 1, name: "pca (components 2) seed 1", stage: "pca", revision: 3,
        parameters: .object(["components": .integer(2)]), seed: 1, key: Key(digest("key 1")),
        place: "configs/a.json:8", inputs: [.init(port: "features", node: 0, output: "features")],
        outputs: [.init(port: "embedding", kind: "features", digest: digest("bytes"), bytes: 80)]),
    ],
    results: [
      MeasuredValue(choices: [pca], seed: 1, fold: nil, metric: "accuracy", value: 0.1 + 0.2, key: "k1"),
      MeasuredValue(choices: [pca], seed: 2, fold: 0, metric: "nmi", value: nil, key: "k2"),
      MeasuredValue(choices: [], seed: nil, fold: nil, metric: "ratio", value: .infinity, key: "k3"),
    ],
    tables: [
      TableSpecification(
        name: "main", rows: ["reduce"], columns: ["probe"], metrics: ["accuracy"], marksBest: true,
        caption: "Accuracy")
    ],
    metrics: [.init(metric: "accuracy", better: .higher), .init(metric: "ratio", better: .neither)])
  let started = Timestamp(milliseconds: 1_795_256_102_125)
  let volatile = VolatileRecord(
    run: run, started: started, ended: Timestamp(milliseconds: started.milliseconds + 2100), seconds: 2.1,
    host: "node-7", cores: 16, commandLine: ["pipe", "run", "configs/a.json"],
    versions: Versions(
      tool: "0.1", swift: "6.3.1", hdf5: "1.10.8", openBLAS: "0.3.21", openBLASCore: "SkylakeX", zstd: nil),
    gitCommit: nil, peakMemory: 123_456_789, outcome: .failed,
    nodes: [
      NodeOutcome(id: 0, state: .cached, seconds: 0, savedSeconds: 4, reason: nil),
      NodeOutcome(
        id: 1, state: .failed, seconds: 0.25, reason: "never ran before",
        error: "error[rankDeficient]: the features have rank 1\n  hint: raise `ridge`"),
    ])
  return Manifest(deterministic: deterministic, volatile: volatile)
}
