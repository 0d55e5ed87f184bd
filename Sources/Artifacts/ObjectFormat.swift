public import Diagnostics
internal import LinearAlgebra

/// The form in which artifacts are kept on disk: plain data, nothing of it is ever executed.
///
/// All numbers are little-endian. `pipeobj1`, the length of the header (8 bytes), the header as canonical
/// JSON text; then for each array how it is coded and the length of what follows (8 bytes each), and its
/// bytes: raw, or the lengths of its pieces (4 bytes each) and one zstd frame for each piece of 1 MiB. Pieces
/// are coded and written, read and decoded on all cores. Float features hardly compress, so an array is
/// compressed only if a sample of it shrinks by a tenth. The digest of an artifact does not depend on this form.
public enum ObjectFormat {
  static let magic = Array("pipeobj1".utf8)

  /// The bytes of an object, and its artifact's digest.
  public static func encode(_ artifact: EncodedArtifact) -> (bytes: [UInt8], digest: Digest) {
    let memory = ObjectMemory()
    guard let (digest, _) = write(artifact, to: memory.sink) else {
      preconditionFailure("zstd refused a piece of 1 MiB")
    }
    return (memory.bytes, digest)
  }

  /// Writes an object; returns its artifact's digest and its length, or nil if the sink refused something.
  public static func write(_ artifact: EncodedArtifact, to sink: ObjectSink) -> (digest: Digest, count: Int)?
  {
    let header = Array(artifact.header.text().utf8)
    var text = magic
    append(UInt64(header.count), to: &text)
    text += header
    guard text.withUnsafeBytes({ sink.write(0, $0) }) else { return nil }
    var at = text.count
    for array in artifact.arrays {
      let coding = ArrayCoding.choose(for: array)
      guard let count = coding.write(array, to: sink, at: at + 16) else { return nil }
      var head: [UInt8] = []
      append(coding.rawValue, to: &head)
      append(UInt64(count), to: &head)
      guard head.withUnsafeBytes({ sink.write(at, $0) }) else { return nil }
      at += 16 + count
    }
    return (artifact.digest, at)
  }

  /// The artifact of an object's bytes.
  ///
  /// - Parameter byteCount: the bytes of all its arrays together, as the record says: a bound on what is
  ///   allocated.
  /// - Throws: `corruptObject` for anything that ``write(_:to:)`` would not have written.
  public static func decode(_ source: ObjectSource, expecting byteCount: Int) throws(Diagnostic)
    -> EncodedArtifact
  {
    var decoder = ObjectDecoder(source: source)
    return try decoder.artifact(expecting: byteCount)
  }

  static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

/// Takes an object apart; no length is believed before it was compared with what is there.
private struct ObjectDecoder {
  let source: ObjectSource
  private var at = 0

  init(source: ObjectSource) { self.source = source }

  private func corrupt(_ what: String) -> Diagnostic {
    Diagnostic(.corruptObject, "a stored object is damaged: \(what)")
  }

  mutating func artifact(expecting byteCount: Int) throws(Diagnostic) -> EncodedArtifact {
    guard try bytes(ObjectFormat.magic.count) == ObjectFormat.magic else { throw corrupt("it has no magic") }
    let text = try bytes(length("header"))
    var artifact = try header(text)
    guard artifact.total == byteCount else {
      throw corrupt("its arrays have \(artifact.total ?? -1) bytes instead of \(byteCount)")
    }
    for index in artifact.forms.indices {
      let coding = try word()
      guard let coding = ArrayCoding(rawValue: coding) else { throw corrupt("unknown coding \(coding)") }
      let stored = try length("array")
      artifact.arrays.append(try array(artifact.forms[index], coding, stored))
    }
    guard at == source.count else { throw corrupt("\(source.count - at) bytes too many") }
    return EncodedArtifact(kind: artifact.kind, fields: artifact.fields, arrays: artifact.arrays)
  }

  private mutating func bytes(_ count: Int) throws(Diagnostic) -> [UInt8] {
    guard count <= source.count - at else { throw corrupt("it ends too early") }
    var isRead = true
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
      isRead = source.read(
        at, UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<count]))
      filled = isRead ? count : 0
    }
    guard isRead else { throw corrupt("it cannot be read") }
    at += count
    return bytes
  }

  private mutating func word() throws(Diagnostic) -> UInt64 {
    let bytes = try bytes(8)
    return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
  }

  private mutating func length(_ what: String) throws(Diagnostic) -> Int {
    guard let length = Int(exactly: try word()), length <= source.count - at else {
      throw corrupt("its \(what) is longer than the object")
    }
    return length
  }

  /// The kind and fields, and the arrays without their bytes.
  private struct Outline {
    var kind: String
    var fields: JSON
    var forms: [ArrayForm]
    var arrays: [EncodedArray] = []

    /// The bytes of all arrays; nil if no memory can be that large.
    var total: Int? {
      var total = 0
      for form in forms {
        let sum = total.addingReportingOverflow(form.byteCount)
        if sum.overflow { return nil }
        total = sum.partialValue
      }
      return total
    }
  }

  private func header(_ bytes: [UInt8]) throws(Diagnostic) -> Outline {
    guard let json = try? JSON.parse(SourceText(file: "header", bytes: bytes)),
      json.text().utf8.elementsEqual(bytes), json.members?.map(\.key) == ["kind", "fields", "arrays"],
      let kind = json["kind"]?.string, let fields = json["fields"], let items = json["arrays"]?.items
    else { throw corrupt("its header is not canonical") }
    var forms: [ArrayForm] = []
    for item in items {
      guard let form = ArrayForm(item) else { throw corrupt("an array in its header is malformed") }
      forms.append(form)
    }
    return Outline(kind: kind, fields: fields, forms: forms)
  }

  private mutating func array(_ form: ArrayForm, _ coding: ArrayCoding, _ stored: Int) throws(Diagnostic)
    -> EncodedArray
  {
    let end = at + stored
    var starts: [Int] = []
    if coding == .raw {
      guard stored == form.byteCount else { throw corrupt("array `\(form.name)` has the wrong length") }
    } else {
      let count = ArrayCoding.pieceCount(form.byteCount)
      guard stored / (4 + ArrayCoding.shortestFrame) >= count else { throw corrupt("it ends too early") }
      let table = try bytes(4 * count)
      guard let found = ArrayCoding.starts(table, from: at, to: end) else {
        throw corrupt("array `\(form.name)` cannot be decompressed")
      }
      starts = found
    }
    let memory = form.memory()
    guard coding.read(form.scalar.size, from: source, at: at, starts, into: memory.target) else {
      throw corrupt(coding == .raw ? "it cannot be read" : "array `\(form.name)` cannot be decompressed")
    }
    at = end
    return EncodedArray(form.name, form.scalar, shape: form.shape, bytes: memory.bytes)
  }
}

/// Name, type and shape of an array.
struct ArrayForm {
  var name: String
  var scalar: ScalarType
  var shape: [Int]
  var byteCount: Int

  /// The form that stands in a header; nil if anything about it is odd.
  init?(_ json: JSON) {
    guard json.members?.map(\.key) == ["name", "type", "shape"], let name = json["name"]?.string,
      let scalar = json["type"]?.string.flatMap(ScalarType.init(rawValue:)),
      let items = json["shape"]?.items, let byteCount = scalar.byteCount(of: items.map { $0.integer ?? -1 })
    else { return nil }
    self.name = name
    self.scalar = scalar
    shape = items.map { $0.integer ?? -1 }
    self.byteCount = byteCount
  }

  /// Fresh memory of the array's own element type, so that an artifact takes it over without copying.
  func memory() -> (bytes: Bytes, target: UnsafeMutableRawBufferPointer) {
    switch scalar {
    case .float32: memory(of: Float.self)
    case .float64: memory(of: Double.self)
    case .int32: memory(of: Int32.self)
    case .int64: memory(of: Int64.self)
    case .uint8: memory(of: UInt8.self)
    }
  }

  private func memory<Element: BitwiseCopyable>(of type: Element.Type) -> (
    bytes: Bytes, target: UnsafeMutableRawBufferPointer
  ) {
    let buffer = Buffer<Element>(uninitialized: byteCount / scalar.size)
    return (Bytes(buffer), UnsafeMutableRawBufferPointer(start: buffer.base, count: byteCount))
  }
}

extension ScalarType {
  /// The bytes of an array of that shape; nil if a dimension is negative or no memory can be that large.
  func byteCount(of shape: [Int]) -> Int? {
    var count = size
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else { return nil }
      count = product
    }
    return count
  }
}
