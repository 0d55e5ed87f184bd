import Artifacts
import Diagnostics
import Foundation
import StageKit
import Store
import Testing

@testable import Execution

/// A source must read the file whose digest stands in the plan.
@Suite struct InputFingerprintsTests {
  private func withFile(_ body: (String, Store) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write("water", to: folder + "/well.h5")
    try body(folder + "/well.h5", Store(at: folder + "/store"))
  }

  private func write(_ text: String, to file: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
  }

  private func well(_ file: String, lab: Int = 0) throws -> ConfiguredStage {
    try StageType(Well.self).configured(.object(["file": .string(file), "lab": .integer(lab)]))
  }

  @Test func aFileThatStaysIsTaken() throws {
    try withFile { file, store in
      let inputs = InputFingerprints(store)
      let stage = try well(file)
      _ = try inputs.digest(of: stage)
      try inputs.requireUnchanged(stage)
      // A link to it or other rights are no other content.
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
      try inputs.requireUnchanged(stage)
    }
  }

  @Test(arguments: ["wine", "beer!"]) func aFileThatChangedIsRefused(content: String) throws {
    try withFile { file, store in
      let inputs = InputFingerprints(store)
      let stage = try well(file)
      _ = try inputs.digest(of: stage)
      try write(content, to: file)
      // The first digest is the one in the plan.
      _ = try inputs.digest(of: stage)
      let error = #expect(throws: Diagnostic.self) { try inputs.requireUnchanged(stage) }
      #expect(
        error?.description == """
          error[notReadable]: a file changed while the run was reading it
            file: \(file)
            hint: run it again when the file is complete
          """)
    }
  }

  @Test func aFileThatIsGoneIsRefused() throws {
    try withFile { file, store in
      let inputs = InputFingerprints(store)
      let stage = try well(file)
      _ = try inputs.digest(of: stage)
      try FileManager.default.removeItem(atPath: file)
      #expect(throws: Diagnostic.self) { try inputs.requireUnchanged(stage) }
    }
  }
}
