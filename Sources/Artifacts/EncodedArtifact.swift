public import Diagnostics
public import LinearAlgebra

/// The element types of stored arrays, little-endian.
public enum ScalarType: String, Sendable, CaseIterable {
  case float32, float64, int32, int64, uint8

  /// Bytes an element.
  public var size: Int {
    switch self {
    case .float32, .int32: 4
    case .float64, .int64: 8
    case .uint8: 1
    }
  }
}

/// Bytes that somebody keeps alive, read without copying.
public struct Bytes: @unchecked Sendable {
  private let owner: AnyObject
  private let base: UnsafeRawPointer
  /// How many bytes.
  public let count: Int

  /// The memory of a buffer.
  public init<Element>(_ buffer: Buffer<Element>) {
    owner = buffer
    base = UnsafeRawPointer(buffer.base)
    count = buffer.count * MemoryLayout<Element>.stride
  }

  /// A copy of an array's memory.
  public init<Element: BitwiseCopyable>(copying array: [Element]) {
    let buffer = Buffer<Element>(uninitialized: array.count)
    array.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { buffer.base.update(from: start, count: source.count) }
    }
    self.init(buffer)
  }

  /// Lends the bytes.
  public func withUnsafeBytes<R, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
  ) throws(Failure) -> R {
    defer { withExtendedLifetime(owner) {} }
    return try body(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// The bytes as a buffer of another element type: the same memory where it is one, else a copy.
  public func buffer<Element: BitwiseCopyable>(of type: Element.Type = Element.self) -> Buffer<Element> {
    if let same = owner as? Buffer<Element>, same.count * MemoryLayout<Element>.stride == count {
      return same
    }
    let copy = Buffer<Element>(uninitialized: count / MemoryLayout<Element>.stride)
    withUnsafeBytes { UnsafeMutableRawBufferPointer(start: copy.base, count: count).copyMemory(from: $0) }
    return copy
  }
}

/// One array of an encoded artifact.
public struct EncodedArray: Sendable {
  /// What the array is within its artifact.
  public var name: String
  /// The type of its elements.
  public var scalar: ScalarType
  /// Its dimensions; their product is the number of elements.
  public var shape: [Int]
  /// Its elements, row-major and little-endian.
  public var bytes: Bytes

  /// Makes an array from its parts.
  public init(_ name: String, _ scalar: ScalarType, shape: [Int], bytes: Bytes) {
    self.name = name
    self.scalar = scalar
    self.shape = shape
    self.bytes = bytes
  }
}

/// An artifact in its canonical form: plain data, the same bytes for equal values.
public struct EncodedArtifact: Sendable {
  /// The name of the artifact's kind.
  public var kind: String
  /// Small values beside the arrays: class names, counts, single numbers.
  public var fields: JSON
  /// The arrays, in a fixed order.
  public var arrays: [EncodedArray]

  /// Makes an encoded artifact from its parts.
  public init(kind: String, fields: JSON = .object([:] as KeyValuePairs), arrays: [EncodedArray] = []) {
    self.kind = kind
    self.fields = fields
    self.arrays = arrays
  }

  /// Bytes of all arrays together.
  public var byteCount: Int { arrays.reduce(0) { $0 + $1.bytes.count } }

  /// What the arrays are, as canonical text: everything but their bytes.
  public var header: JSON {
    .object([
      "kind": .string(kind), "fields": fields,
      "arrays": .array(
        arrays.map { array in
          .object([
            "name": .string(array.name), "type": .string(array.scalar.rawValue),
            "shape": .array(array.shape.map(JSON.integer)),
          ])
        }),
    ])
  }

  /// The digest of the content: header, then each array's bytes as a tree.
  public var digest: Digest {
    var stream = DigestStream()
    stream.update(Array("pipe-artifact-1\n".utf8) + Array(header.text().utf8) + [0])
    for array in arrays { stream.update(array.bytes.withUnsafeBytes { Digest.tree(of: $0) }.bytes) }
    return stream.finish()
  }

  /// The array of that name with that type and rank.
  ///
  /// - Throws: `corruptObject` if there is none or its shape and bytes disagree.
  public func array(_ name: String, _ scalar: ScalarType, rank: Int) throws(Diagnostic) -> EncodedArray {
    guard let array = arrays.first(where: { $0.name == name }), array.scalar == scalar,
      array.shape.count == rank,
      scalar.byteCount(of: array.shape) == array.bytes.count
    else { throw malformed("array `\(name)` of \(scalar.rawValue)") }
    return array
  }

  /// The error for a stored artifact that does not have what its kind needs.
  public func malformed(_ missing: String) -> Diagnostic {
    Diagnostic(.corruptObject, "a stored \(kind) lacks its \(missing)")
  }
}
