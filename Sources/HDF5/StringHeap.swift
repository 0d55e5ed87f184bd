import CHDF5
import Diagnostics

#if canImport(Glibc)
  import Glibc
#endif

extension HDF5DataSet {
  /// Checks the references of strings of variable length before the library follows them.
  ///
  /// HDF5 1.10 copies as many bytes as the heap says into memory of the size that the reference says; where a damaged
  /// file makes them differ, it writes or reads beyond. A reference is a length (4 bytes), the address of a heap
  /// collection and an index in it (4 bytes). Only contiguous data sets can be checked this way: those in chunks are
  /// left to the library.
  func checkStringHeap(_ rows: Range<Int>, perRow: Int) throws(Diagnostic) {
    var (addressSize, lengthSize, base): (Int32, Int32, UInt64) = (0, 0, 0)
    guard let place = description.place, description.storage == .contiguous,
      h5_file_layout(handle.id, &addressSize, &lengthSize, &base) >= 0, addressSize == 8, lengthSize == 8
    else { return }
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw damagedStrings() }
    defer { close(descriptor) }
    var heap = StringHeap(descriptor: descriptor, fileSize: UInt64(file.size), base: base)
    let referenceSize = 16
    try forEachBlock(of: rows, bytesPerRow: perRow * referenceSize, bytes: 1 << 20) {
      block throws(Diagnostic) in
      let start = place.offset + UInt64(block.lowerBound * perRow * referenceSize)
      guard let references = heap.bytes(at: start, count: block.count * perRow * referenceSize) else {
        throw damagedStrings()
      }
      for index in stride(from: 0, to: references.count, by: referenceSize) {
        let length = littleEndian(references, at: index, count: 4)
        let address = littleEndian(references, at: index + 4, count: 8)
        let number = littleEndian(references, at: index + 12, count: 4)
        // The library reads no heap for a length or an address of 0.
        if length == 0 || address == 0 { continue }
        guard heap.size(of: number, in: address) == length else { throw damagedStrings() }
      }
    }
  }

  private func damagedStrings() -> Diagnostic {
    error(
      .damagedFile, "the strings of \(name) cannot be read",
      fields: [("cause", "a bad reference to a string")])
  }
}

/// The sizes of the objects in the global heap of a file.
private struct StringHeap {
  let descriptor: Int32
  let fileSize: UInt64
  let base: UInt64
  private var sizes: [UInt64: [UInt64: UInt64]] = [:]

  init(descriptor: Int32, fileSize: UInt64, base: UInt64) {
    self.descriptor = descriptor
    self.fileSize = fileSize
    self.base = base
  }

  func bytes(at offset: UInt64, count: Int) -> [UInt8]? {
    guard offset <= fileSize, UInt64(count) <= fileSize - offset else { return nil }
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
    }
    return bytes.count == count ? bytes : nil
  }

  /// The bytes of one object; nil if there is no such object.
  mutating func size(of number: UInt64, in address: UInt64) -> UInt64? {
    if let known = sizes[address] { return known[number] }
    let found = readSizes(at: address)
    sizes[address] = found
    return found[number]
  }

  /// A collection: “GCOL”, a version and three bytes, its size (8); objects of index (2), count (2), four bytes, size
  /// (8) and data padded to 8; index 0 is the free rest.
  private func readSizes(at address: UInt64) -> [UInt64: UInt64] {
    let start = address.addingReportingOverflow(base)
    guard !start.overflow, let head = bytes(at: start.partialValue, count: 16),
      head.starts(with: Array("GCOL".utf8))
    else { return [:] }
    let size = littleEndian(head, at: 8, count: 8)
    guard size <= fileSize, let all = bytes(at: start.partialValue, count: Int(size)) else { return [:] }
    var result: [UInt64: UInt64] = [:]
    var at = 16
    while at + 16 <= all.count {
      let index = littleEndian(all, at: at, count: 2)
      let length = littleEndian(all, at: at + 8, count: 8)
      if index == 0 {
        // The size of the free rest includes its head; the library walks on the spot for ever if it is 0.
        guard length >= 16, length <= UInt64(all.count - at) else { return [:] }
        at += Int(length)
        continue
      }
      // Anything that does not fit makes the whole collection suspect: the library would walk it too.
      guard length <= UInt64(all.count - at - 16), result[index] == nil else { return [:] }
      result[index] = length
      at += 16 + (Int(length) + 7) / 8 * 8
    }
    return result
  }
}

private func littleEndian(_ bytes: [UInt8], at start: Int, count: Int) -> UInt64 {
  (0..<count).reversed().reduce(0) { $0 << 8 | UInt64(bytes[start + $1]) }
}
