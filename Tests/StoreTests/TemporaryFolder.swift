import Artifacts
import Diagnostics
import Foundation
import LinearAlgebra
import Store

/// A folder that goes with the test.
final class TemporaryFolder: Sendable {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "/store-" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Every file below, sorted.
  func files(in part: String = "") -> [String] {
    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return names.filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
        && !isFolder.boolValue && name.hasPrefix(part)
    }.sorted()
  }

  func read(_ name: String) -> [UInt8] {
    [UInt8](FileManager.default.contents(atPath: path + "/" + name) ?? Data())
  }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path + "/" + name))
    try file.truncate(atOffset: UInt64(bytes.count))
    try file.seek(toOffset: 0)
    try file.write(contentsOf: bytes)
    try file.close()
  }
}

/// The results that tests store: what a number stands for never changes.
enum Sample {
  static func key(_ number: Int) -> Key { Key(Digest(of: Array("key \(number)".utf8))) }

  /// Even numbers are small enough for the record, odd ones have an object of about 9 KB.
  static func artifact(_ number: Int) -> EncodedArtifact {
    if number.isMultiple(of: 2) { return Measurement(Double(number)).encoded }
    let values = (0..<3000).map { Float(sin(Double($0 * number + 1))) }
    return Features(Matrix(rows: 1, columns: 3000, elements: values)).encoded
  }

  /// The digests of the first artifacts, which tests compare most.
  static let digests = (0..<8).map { artifact($0).digest }

  @discardableResult
  static func put(_ number: Int, into store: Store, seconds: Double = 1) throws -> Entry {
    try store.put(
      key(number), outputs: [("out", artifact(number))], components: .object(["number": .integer(number)]),
      seconds: seconds, stage: "sample")
  }

  /// Whether the store has the result and returns it as it was.
  static func isGood(_ number: Int, in store: Store) -> Bool {
    guard let entry = store.entry(for: key(number)), let output = entry["out"] else { return false }
    return (try? store.load(output))?.digest == artifact(number).digest
  }
}

/// Counts from several threads.
final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0

  func add() { lock.withLock { count += 1 } }
  var value: Int { lock.withLock { count } }
}
