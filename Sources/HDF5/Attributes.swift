import CHDF5
public import Diagnostics

/// A named value beside a group or data set.
public struct HDF5Attribute: Sendable, Equatable {
  /// Its name.
  public var name: String
  /// The value as text for a reader; long ones are cut, and what cannot be shown is named in words.
  public var text: String
}

extension HDF5File {
  /// The attributes of the group or data set at `path` (`/`: of the file), in the order of their names.
  ///
  /// - Throws: `missingDataSet`, `libraryMissing`.
  public func attributes(of path: String = "/") throws(Diagnostic) -> [HDF5Attribute] {
    try HDF5Library.use { () throws(Diagnostic) in
      guard let object = Handle(h5_object_open(root.id, path)) else {
        throw Diagnostic(
          .missingDataSet, "there is nothing at `\(printable(path))`", fields: ["file": self.path])
      }
      return HDF5.attributes(of: object)
    }
  }
}

/// At most a hundred attributes of an open object; damaged ones are named as such.
func attributes(of object: Handle) -> [HDF5Attribute] {
  let count = min(100, Int(h5_attribute_count(object.id)))
  guard count > 0 else { return [] }
  return (0..<count).map { index in
    guard let attribute = Handle(h5_attribute_open(object.id, Int32(index))) else {
      return HDF5Attribute(name: "attribute \(index + 1)", text: "damaged")
    }
    var name = [CChar](repeating: 0, count: 256)
    h5_attribute_name(attribute.id, &name, name.count)
    return HDF5Attribute(name: printable(text(name)), text: value(of: attribute))
  }
}

private func value(of attribute: Handle) -> String {
  var element = h5_element()
  var (rank, lengthsInC): (Int32, h5_data_set) = (0, h5_data_set())
  guard let type = Handle(h5_attribute_type(attribute.id)), h5_describe(type.id, &element) == 0,
    withUnsafeMutablePointer(
      to: &lengthsInC.shape,
      {
        $0.withMemoryRebound(to: UInt64.self, capacity: 32) { h5_attribute_shape(attribute.id, &rank, $0) }
      }) == 0
  else { return "damaged" }
  guard rank >= 0 else { return "empty" }
  let shape = lengths(lengthsInC.shape, count: Int(rank))
  let kind = HDF5Element(element)
  let count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
  let isSmall = shape.allSatisfy { $0 <= 4096 } && shape.count <= 3 && count <= 4096 && element.size <= 65536
  guard isSmall else { return "\(kind.words) \(words(for: shape))" }
  let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(8, count * Int(element.size)), alignment: 64)
  defer { bytes.deallocate() }
  guard kind.encoding != nil || isText(kind) else { return "\(kind.words) \(words(for: shape))" }
  guard count > 0 else { return "[]" }
  bytes.initializeMemory(as: UInt8.self, repeating: 0, count: count * Int(element.size))
  guard h5_attribute_read(attribute.id, type.id, bytes) >= 0 else { return "damaged" }
  let shown = min(count, 8)
  var values: [String]
  if let encoding = kind.encoding {
    values = (0..<shown).map {
      word(ExactNumber(bytes + $0 * encoding.bytes, encoding), isBoolean: kind == .boolean)
    }
  } else {
    values = takeStrings(bytes, count: count, type: type, element: element).prefix(shown).map {
      printable(String(decoding: $0, as: UTF8.self))
    }
  }
  if rank == 0, let only = values.first { return only }
  if count > shown { values.append("… \(count) values") }
  return "[" + values.joined(separator: ", ") + "]"
}

private func isText(_ element: HDF5Element) -> Bool {
  if case .string = element { true } else { false }
}

private func word(_ number: ExactNumber, isBoolean: Bool) -> String {
  switch number {
  case .signed(let value): return isBoolean ? (value == 0 ? "false" : "true") : "\(value)"
  case .unsigned(let value): return isBoolean ? (value == 0 ? "false" : "true") : "\(value)"
  case .float(let value): return "\(value)"
  }
}

/// The bytes of the strings that the library left at `raw`, without their padding; it takes back what it allocated.
func takeStrings(_ raw: UnsafeMutableRawPointer, count: Int, type: Handle, element: h5_element) -> [[UInt8]] {
  guard element.isVariable != 0 else {
    let size = Int(element.size)
    return (0..<count).map { index in
      let bytes = UnsafeRawBufferPointer(start: raw + index * size, count: size).prefix { $0 != 0 }
      guard element.isSpacePadded != 0 else { return Array(bytes) }
      return Array(bytes.reversed().drop { $0 == UInt8(ascii: " ") }.reversed())
    }
  }
  let pointers = raw.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)
  defer { h5_free_strings(type.id, pointers, count) }
  return (0..<count).map { index in
    guard let start = pointers[index] else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: length(of: start)))
  }
}

private func length(of start: UnsafePointer<CChar>) -> Int {
  var count = 0
  while start[count] != 0 { count += 1 }
  return count
}
