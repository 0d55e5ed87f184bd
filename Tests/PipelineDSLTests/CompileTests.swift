import Foundation
import PipelineDSL
import Testing

/// A chain whose ports do not fit is refused by the compiler, at its line, by the names of both types.
@Suite struct CompileTests {
  @Test func aChainThatFitsCompiles() throws {
    let (status, output) = try compile("table.features.then(reduce).measured(against: table.labels)")
    #expect(status == 0, "\(output)")
    #expect(output == "")
  }

  @Test func aChainThatDoesNotFitIsAnErrorThatNamesBothPorts() throws {
    let (status, output) = try compile("table.labels.then(reduce).measured()")
    #expect(status != 0)
    let errors = output.split(separator: "\n").filter { $0.contains(": error: ") }
    #expect(errors.count == 1, "\(output)")
    let error = try #require(errors.first)
    #expect(
      error.hasSuffix(
        """
        pipeline.swift:12:20: error: instance method 'then(_:labels:fit:texts:)' requires the types 'Labels' and \
        'Reducer.Taking' (aka 'Features') be equivalent
        """), "\(output)")
  }

  @Test func aStageInTheWrongOrderIsAnErrorToo() throws {
    let (status, output) = try compile("table.features.then(cluster).then(reduce).measured()")
    #expect(status != 0)
    #expect(output.contains("pipeline.swift:12:36: error: "), "\(output)")
    #expect(output.contains("'Clusterer.Giving' (aka 'Assignment')"), "\(output)")
    #expect(output.contains("'Reducer.Taking' (aka 'Features')"), "\(output)")
  }

  /// Type-checks a pipeline with that chain in line 12.
  private func compile(_ chain: String) throws -> (status: Int32, output: String) {
    let folder = NSTemporaryDirectory() + "/dsl-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let text = """
      import PipelineDSL

      struct Sample: Pipeline {
        static let name = "sample"
        static let summary = "A sample."
        @Slot var data: Loader
        @Slot var cluster: Clusterer
        @Slots var reduce: [Reducer]
        var flow: some Flow {
          let table = data.table
          each(reduce) { reduce in
            \(chain)
          }
        }
      }
      """
    let file = folder + "/pipeline.swift"
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: try Toolchain.compiler())
    compiler.arguments =
      ["-typecheck", "-swift-version", "6", "-module-cache-path", folder + "/cache"]
      + (try Toolchain.searchPaths()) + [file]
    let pipe = Pipe()
    compiler.standardError = pipe
    compiler.standardOutput = pipe
    try compiler.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    compiler.waitUntilExit()
    return (compiler.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// The compiler and the modules that this test was made with, found from what the process has loaded.
private enum Toolchain {
  struct NotFound: Error { let what: String }

  /// The files that are mapped into this process.
  private static func loadedFiles() throws -> [String] {
    let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
    return maps.split(separator: "\n").compactMap { line in
      line.firstIndex(of: "/").map { String(line[$0...]) }
    }
  }

  /// `swiftc` of the toolchain whose standard library runs here.
  static func compiler() throws -> String {
    let libraries = try loadedFiles().filter { $0.hasSuffix("/usr/lib/swift/linux/libswiftCore.so") }
    let beside = libraries.map { $0.replacing("/lib/swift/linux/libswiftCore.so", with: "/bin/swiftc") }
    let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
      "\($0)/swiftc"
    }
    guard let found = (beside + paths).first(where: FileManager.default.isExecutableFile) else {
      throw NotFound(what: "swiftc")
    }
    return found
  }

  /// Where the compiler finds the modules of this package and the C modules below them.
  static func searchPaths() throws -> [String] {
    var folders = try loadedFiles().map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
    folders.append(URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path)
    let manager = FileManager.default
    guard
      let build = folders.first(where: { manager.fileExists(atPath: $0 + "/Modules/PipelineDSL.swiftmodule") }
      )
    else { throw NotFound(what: "the built modules") }
    let maps = try manager.contentsOfDirectory(atPath: build).map { "\(build)/\($0)/module.modulemap" }
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../Sources"
    return ["-I", build + "/Modules", "-I", sources + "/CCrypto", "-I", sources + "/CZstd"]
      + maps.filter(manager.fileExists).flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
  }
}
