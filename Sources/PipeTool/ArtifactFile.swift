import Artifacts
import Diagnostics
import HDF5

/// Writes artifacts into an HDF5 file that others can read, with h5py for instance.
///
/// An artifact of one array is a data set under the name of its port (features: float32, row masks: uint8, labels and
/// predictions: the class of each row, as numbers where all of them are numbers and as strings elsewhere, the empty one
/// for a row that was not predicted); one of several arrays is a group. What an artifact has besides its arrays stands
/// in attributes.
struct ArtifactFile {
  private let writer: HDF5Writer

  /// - Throws: `notWritable`, `libraryMissing`.
  init(creating path: String) throws(Diagnostic) { writer = try HDF5Writer(creating: path) }

  /// Writes an artifact.
  ///
  /// - Returns: the data sets, in the words of a listing: `/features float32 60 × 6`.
  func write(_ artifact: any Artifact, as port: String) throws(Diagnostic) -> [String] {
    let path = "/\(port)"
    switch artifact {
    case let labels as Labels:
      return try write(
        labels.indices.map { labels.names[Int($0)] }, labels.names, kind: Labels.kind, to: path)
    case let predictions as Predictions:
      return try write(
        predictions.classes.map { $0 < 0 ? "" : predictions.names[Int($0)] }, predictions.names,
        kind: Predictions.kind, to: path)
    default: return try write(artifact.encoded, to: path)
    }
  }

  /// Gives the file its name.
  func finish() throws(Diagnostic) { try writer.finish() }

  /// Classes by their names, as numbers where all names are.
  private func write(
    _ classes: [String], _ names: [String], kind: String, to path: String
  ) throws(Diagnostic) -> [String] {
    let numbers = classes.compactMap(Int64.init)
    let areNumbers = numbers.count == classes.count && names.allSatisfy { Int64($0).map(String.init) == $0 }
    if areNumbers {
      try writer.write(numbers, shape: [numbers.count], to: path)
    } else {
      try writer.write(classes, shape: [classes.count], to: path)
    }
    try writer.setAttribute("kind", of: path, to: kind)
    return ["\(path) \(areNumbers ? "int64" : "string") \(classes.count)"]
  }

  private func write(_ encoded: EncodedArtifact, to path: String) throws(Diagnostic) -> [String] {
    var written: [String] = []
    for array in encoded.arrays {
      let name = encoded.arrays.count == 1 ? path : "\(path)/\(array.name)"
      try write(array, to: name)
      let shape = array.shape.map(String.init).joined(separator: " × ")
      written.append("\(name) \(array.scalar.rawValue) \(shape)")
    }
    guard !encoded.arrays.isEmpty else { return [] }
    try writer.setAttribute("kind", of: path, to: encoded.kind)
    for field in encoded.fields.members ?? [] {
      if let number = field.value.integer {
        try writer.setAttribute(field.key, of: path, to: number)
      } else {
        try writer.setAttribute(field.key, of: path, to: field.value.string ?? field.value.text())
      }
    }
    return written
  }

  private func write(_ array: EncodedArray, to path: String) throws(Diagnostic) {
    switch array.scalar {
    case .float32: try write(array, of: Float.self, to: path)
    case .float64: try write(array, of: Double.self, to: path)
    case .int32: try write(array, of: Int32.self, to: path)
    case .int64: try write(array, of: Int64.self, to: path)
    case .uint8: try write(array, of: UInt8.self, to: path)
    }
  }

  private func write<Number: HDF5Number>(
    _ array: EncodedArray, of type: Number.Type, to path: String
  ) throws(Diagnostic) {
    try array.bytes.withUnsafeBytes { (bytes) throws(Diagnostic) in
      try writer.write(bytes.bindMemory(to: Number.self), shape: array.shape, to: path)
    }
  }
}
