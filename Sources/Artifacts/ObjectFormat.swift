public import Diagnostics
internal import LinearAlgebra

/// Bytes of an object that can be read at any place, from memory or from a file.
public struct ObjectSource: Sendable {
  /// How many bytes there are.
  public let count: Int
  /// Fills the memory with the bytes from an offset on; false if they cannot be read.
  ///
  /// Called from several threads.
  let read: @Sendable (_ offset: Int, _ target: UnsafeMutableRawBufferPointer) -> Bool

  /// A source of `count` bytes that `read` delivers.
  public init(
    count: Int, read: @escaping @Sendable (_ offset: Int, _ target: UnsafeMutableRawBufferPointer) -> Bool
  ) {
    self.count = count
    self.read = read
  }

  /// The bytes of an array.
  public init(_ bytes: [UInt8]) {
    self.init(count: bytes.count) { offset, target in
      bytes.withUnsafeBytes { source in
        guard offset >= 0, target.count <= source.count - offset else { return false }
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + target.count]))
        return true
      }
    }
  }
}

/// The form in which artifacts are kept on disk: plain data, nothing of it is ever executed.
///
/// All numbers are little-endian. `pipeobj1`, the length of the header (8 bytes), the header as canonical
/// JSON text; then for each array how it is coded and the length of what follows (8 bytes each), and its
/// bytes: raw, or the lengths of its pieces (4 bytes each) and one zstd frame for each piece of 1 MiB. Pieces
/// are coded and decoded on all cores. Float features hardly compress, so an array is compressed only if a
/// sample of it shrinks by a tenth. The digest of an artifact does not depend on this form.
public enum ObjectFormat {
  static let magic = Array("pipeobj1".utf8)

  /// The bytes of an object, in parts that follow one another; raw arrays are lent, not copied.
  public static func encode(_ artifact: EncodedArtifact) -> [Bytes] {
    let header = Array(artifact.header.text().utf8)
    var text = magic
    append(UInt64(header.count), to: &text)
    text += header
    var parts: [Bytes] = []
    for array in artifact.arrays {
      let coding = ArrayCoding.choose(for: array)
      let body = coding == .raw ? [array.bytes] : coding.encode(array)
      append(coding.rawValue, to: &text)
      append(UInt64(body.reduce(0) { $0 + $1.count }), to: &text)
      parts.append(Bytes(copying: text))
      parts += body
      text = []
    }
    if !text.isEmpty { parts.append(Bytes(copying: text)) }
    return parts
  }

  /// The artifact of an object's bytes.
  ///
  /// - Parameter byteCount: the bytes of all its arrays together, as the record says: a bound on what is
  ///   allocated.
  /// - Throws: `corruptObject` for anything that ``encode(_:)`` would not have written.
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
    let result: Bytes
    if coding == .raw {
      guard stored == form.byteCount else { throw corrupt("array `\(form.name)` has the wrong length") }
      let memory = form.memory()
      guard source.read(at, memory.target) else { throw corrupt("it cannot be read") }
      result = memory.bytes
    } else {
      let count = ArrayCoding.pieceCount(form.byteCount)
      guard stored / (4 + ArrayCoding.shortestFrame) >= count else { throw corrupt("it ends too early") }
      let table = try bytes(4 * count)
      let memory = form.memory()
      guard coding.decode(form, table, from: source, at: at, end: end, into: memory.target) else {
        throw corrupt("array `\(form.name)` cannot be decompressed")
      }
      result = memory.bytes
    }
    at = end
    return EncodedArray(form.name, form.scalar, shape: form.shape, bytes: result)
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
