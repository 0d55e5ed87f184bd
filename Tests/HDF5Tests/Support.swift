import Diagnostics
import Foundation
import HDF5
import Testing

/// Opens a file of the folder `Fixtures`.
func fixture(_ name: String) throws -> HDF5File {
  try HDF5File(reading: try fixturePath(name))
}

func fixturePath(_ name: String) throws -> String {
  let folder = try #require(Bundle.module.resourceURL)
  return folder.appendingPathComponent("Fixtures/\(name)").path
}

/// A folder that is gone after `body`.
func withFolder<T>(_ body: (String) throws -> T) throws -> T {
  let folder = NSTemporaryDirectory() + "hdf5-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The message of the error that `body` throws, the path of the file's folder left out.
func message<T>(_ body: () throws -> T) throws -> String {
  do {
    _ = try body()
  } catch let error as Diagnostic {
    return error.description.replacing(#/file:( +)\S*\//#) { "file:\($0.output.1)" }
  }
  Issue.record("nothing was thrown")
  return ""
}

/// 4 × 3 values from −2.5 to 3, the matrix of the fixtures.
let matrix: [Float] = (0..<12).map { (Float($0) - 5) / 2 }
