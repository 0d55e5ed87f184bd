import Diagnostics
import Foundation
import HDF5
import StageKit

@testable import Stages

/// A folder of its own for the files of a test.
final class LoadFolder {
  let url = FileManager.default.temporaryDirectory.appending(path: "pipe-load-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }

  /// Writes `table.h5`: four rows of two columns, and what `add` writes besides.
  func table(
    _ values: [Float] = [1, 2, 3, 4, 5, 6, 7, 8], _ add: (HDF5Writer) throws -> Void = { _ in }
  ) throws {
    let writer = try HDF5Writer(creating: path("table.h5"))
    try writer.write(values, shape: [4, 2], to: "features")
    try writer.write(["b", "a", "b", "c"], shape: [4], to: "labels")
    try add(writer)
    try writer.finish()
  }

  /// Loads a file of the folder.
  func load(_ parameters: String) throws -> LoadHDF5.Output { try Self.load(parameters, from: url.path) }

  /// The message of a load that fails, without the path of the folder.
  func message(_ parameters: String) -> String {
    do {
      _ = try load(parameters)
      return "no error"
    } catch {
      return "\(error)".replacingOccurrences(of: url.path + "/", with: "")
    }
  }

  /// Loads a file of some folder with parameters as a config writes them.
  static func load(_ parameters: String, from folder: String) throws -> LoadHDF5.Output {
    let json = try JSON.parse(SourceText(file: "config", parameters))
    let stage = try LoadHDF5(parameters: .read(json)).resolved(against: folder)
    return try stage.run(NoPorts(), in: StageContext())
  }
}
