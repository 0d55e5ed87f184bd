import CHDF5
public import Diagnostics

#if canImport(Glibc)
  import Glibc
#endif

/// A number type that can be written.
public protocol HDF5Number: BitwiseCopyable, Sendable {
  /// The element type in the file, in the byte order of the machine.
  static var element: HDF5Element { get }
}

extension Float: HDF5Number {
  /// 32 bits.
  public static var element: HDF5Element { .float(bits: 32, isBigEndian: false) }
}
extension Double: HDF5Number {
  /// 64 bits.
  public static var element: HDF5Element { .float(bits: 64, isBigEndian: false) }
}
extension Float16: HDF5Number {
  /// 16 bits.
  public static var element: HDF5Element { .float(bits: 16, isBigEndian: false) }
}
extension HDF5Number where Self: FixedWidthInteger {
  /// An integer of this width and sign.
  public static var element: HDF5Element {
    .integer(bits: bitWidth, isSigned: isSigned, isBigEndian: false)
  }
}
extension Int: HDF5Number {}
extension Int8: HDF5Number {}
extension Int16: HDF5Number {}
extension Int32: HDF5Number {}
extension Int64: HDF5Number {}
extension UInt8: HDF5Number {}
extension UInt16: HDF5Number {}
extension UInt32: HDF5Number {}
extension UInt64: HDF5Number {}

/// A file that is being written; it appears under its name only when ``finish()`` succeeds.
///
/// The same calls write the same bytes: no times are stored.
public final class HDF5Writer {
  /// How the values of a data set are to lie in the file.
  public enum Layout: Sendable, Equatable {
    /// In one piece.
    case contiguous
    /// In chunks of this shape, with each value's bytes shuffled and compressed by gzip at a level of 0 to 9 if given.
    case chunked([Int], gzip: Int? = nil, shuffle: Bool = false)
  }

  /// The path that the file will have.
  public let path: String
  private let temporary: String
  private var handle: Handle?

  /// Starts a file beside the place where it will be; an existing file stays as it is until ``finish()``.
  ///
  /// - Throws: `notWritable`, `libraryMissing`.
  public init(creating path: String) throws(Diagnostic) {
    self.path = path
    let temporary = "\(path).\(getpid()).part"
    self.temporary = temporary
    handle = try HDF5Library.use { () throws(Diagnostic) in
      unlink(temporary)
      guard let handle = Handle(h5_file_create(temporary)) else {
        throw Diagnostic(.notWritable, "the HDF5 file cannot be created", fields: ["file": path]).withCause()
      }
      return handle
    }
  }

  deinit {
    guard handle != nil else { return }
    handle = nil
    unlink(temporary)
  }

  /// Writes numbers as a data set; groups on the way are made.
  ///
  /// - Parameters:
  ///   - values: row-major, as many as `shape` says.
  ///   - shape: the lengths of the dimensions; empty for a single value.
  ///   - path: the data set's path in the file.
  ///   - layout: how the values are to lie there.
  /// - Throws: `lengthMismatch`, `badShape` (more than 32 dimensions, a bad chunk), `notWritable` (a path that is
  ///   taken, a full disk).
  public func write<Number: HDF5Number>(
    _ values: UnsafeBufferPointer<Number>, shape: [Int], to path: String, layout: Layout = .contiguous
  ) throws(Diagnostic) {
    try check(count: values.count, shape: shape, path: path, layout: layout)
    try write(UnsafeRawPointer(values.baseAddress), as: native(Number.element), shape, path, layout)
  }

  /// Writes an array of numbers as a data set.
  public func write<Number: HDF5Number>(
    _ values: [Number], shape: [Int], to path: String, layout: Layout = .contiguous
  ) throws(Diagnostic) {
    var failure: Diagnostic?
    values.withUnsafeBufferPointer { buffer in
      do throws(Diagnostic) {
        try write(buffer, shape: shape, to: path, layout: layout)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Writes strings as a data set, in UTF-8 and of variable length.
  public func write(
    _ values: [String], shape: [Int], to path: String, layout: Layout = .contiguous
  ) throws(Diagnostic) {
    try check(count: values.count, shape: shape, path: path, layout: layout)
    let copies = values.map { $0.withCString { strdup($0) } }
    defer { copies.forEach { free($0) } }
    var failure: Diagnostic?
    copies.withUnsafeBufferPointer { buffer in
      do throws(Diagnostic) {
        try write(UnsafeRawPointer(buffer.baseAddress), as: h5Text, shape, path, layout)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Sets an attribute of the data set or group at `path` (`/`: of the file) to a text.
  ///
  /// - Throws: `notWritable`.
  public func setAttribute(_ name: String, of path: String = "/", to value: String) throws(Diagnostic) {
    let copy = strdup(value)
    defer { free(copy) }
    try setAttribute(name, of: path, as: h5Text, to: copy)
  }

  /// Sets an attribute of the data set or group at `path` (`/`: of the file) to a number.
  ///
  /// - Throws: `notWritable`.
  public func setAttribute(
    _ name: String, of path: String = "/", to value: some HDF5Number
  ) throws(Diagnostic) {
    try setAttribute(name, of: path, as: native(type(of: value).element), to: value)
  }

  /// Writes everything to the disk and gives the file its name, replacing what has that name.
  ///
  /// - Throws: `notWritable`, `noSpace`.
  public func finish() throws(Diagnostic) {
    guard let open = handle else { throw Diagnostic(.internalFault, "the HDF5 file is finished already") }
    let flushed = try HDF5Library.use { () throws(Diagnostic) in
      h5_file_flush(open.id) >= 0 ? nil : failure("the HDF5 file cannot be written").withCause()
    }
    handle = nil
    if let flushed { throw discard(flushed) }
    let descriptor = Glibc.open(temporary, O_RDONLY | O_CLOEXEC)
    let isSynced = descriptor >= 0 && fsync(descriptor) == 0
    let reason = errno
    if descriptor >= 0 { close(descriptor) }
    guard isSynced else { throw discard(systemFailure(reason)) }
    guard rename(temporary, path) == 0 else { throw discard(systemFailure(errno)) }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let folderDescriptor = Glibc.open(folder, O_RDONLY | O_CLOEXEC)
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  private func discard(_ error: Diagnostic) -> Diagnostic {
    unlink(temporary)
    return error
  }

  private func systemFailure(_ reason: Int32) -> Diagnostic {
    Diagnostic(
      reason == ENOSPC ? .noSpace : .notWritable, "the HDF5 file cannot be written",
      fields: ["file": path, "cause": String(cString: strerror(reason))])
  }

  private func failure(_ headline: String) -> Diagnostic {
    Diagnostic(.notWritable, headline, fields: ["file": path])
  }

  private func check(count: Int, shape: [Int], path: String, layout: Layout) throws(Diagnostic) {
    guard shape.count <= 32, shape.allSatisfy({ $0 >= 0 }) else {
      throw Diagnostic(
        .badShape, "a data set cannot have this shape",
        fields: ["file": self.path, "found": words(for: shape)])
    }
    let expected = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    guard expected == count else {
      throw Diagnostic(
        .lengthMismatch, "the values do not fill the shape of `\(path)`",
        fields: ["shape": words(for: shape), "values": "\(count)"])
    }
    if case .chunked(let chunk, _, _) = layout {
      guard chunk.count == shape.count, !chunk.isEmpty, chunk.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else {
        throw Diagnostic(
          .badShape, "`\(path)` cannot have chunks of this shape",
          fields: ["shape": words(for: shape), "chunk": words(for: chunk)])
      }
    }
  }

  private func write(
    _ values: UnsafeRawPointer?, as element: h5_native, _ shape: [Int], _ path: String, _ layout: Layout
  ) throws(Diagnostic) {
    var chunk: [UInt64]?
    var (gzip, shuffle): (Int32, Int32) = (-1, 0)
    if case .chunked(let lengths, let level, let isShuffled) = layout {
      // A chunk larger than a data set that cannot grow is refused by the library.
      chunk = zip(lengths, shape).map { UInt64(max(1, min($0, $1))) }
      gzip = level.map { Int32(max(0, min($0, 9))) } ?? -1
      shuffle = isShuffled ? 1 : 0
    }
    try HDF5Library.use { () throws(Diagnostic) in
      let status = withType(element) { file, type in
        h5_write(file, path, type, Int32(shape.count), shape.map(UInt64.init), chunk, gzip, shuffle, values)
      }
      if status < 0 { throw failure("the data set `\(path)` cannot be written").withCause() }
    }
  }

  private func setAttribute<Value>(
    _ name: String, of path: String, as element: h5_native, to value: Value
  ) throws(Diagnostic) {
    try HDF5Library.use { () throws(Diagnostic) in
      let status = withType(element) { file, type in
        guard let object = Handle(h5_object_open(file, path)) else { return -1 }
        return withUnsafePointer(to: value) { h5_write_attribute(object.id, name, type, $0) }
      }
      if status < 0 { throw failure("the attribute `\(name)` of `\(path)` cannot be written").withCause() }
    }
  }

  private func withType(_ element: h5_native, _ body: (_ file: h5_id, _ type: h5_id) -> Int32) -> Int32 {
    guard let handle, let type = Handle(h5_type(element)) else { return -1 }
    return body(handle.id, type.id)
  }
}

/// The library's type for a number type of ours.
private func native(_ element: HDF5Element) -> h5_native {
  switch element {
  case .integer(8, let isSigned, _): isSigned ? h5Int8 : h5UInt8
  case .integer(16, let isSigned, _): isSigned ? h5Int16 : h5UInt16
  case .integer(32, let isSigned, _): isSigned ? h5Int32 : h5UInt32
  case .integer(_, let isSigned, _): isSigned ? h5Int64 : h5UInt64
  case .float(16, _): h5Float16
  case .float(32, _): h5Float32
  default: h5Float64
  }
}
