/// One process' own file of records: who makes it holds a lock on it as long as the process lives.
///
/// `pipeseg1` and the segment's number (8 bytes each), then records, each starting at a multiple of eight:
/// the segment's number again, the length of the content, its checksum (8 bytes each), the content. A record
/// is found again behind a damaged one by the number, which no other file has; what follows the last whole
/// record is a torn tail and ignored.
final class SegmentWriter: @unchecked Sendable {
  static let magic = Array("pipeseg1".utf8)
  static let headerSize = 16
  static let frameSize = 24

  let number: UInt64
  private let fileSystem: any FileSystem
  private let file: OpenFile
  private var end = SegmentWriter.headerSize

  /// Starts a segment in a folder.
  init(in folder: String, _ fileSystem: any FileSystem) throws(FileError) {
    self.fileSystem = fileSystem
    (number, file) = try Self.create(in: folder, fileSystem)
  }

  deinit { fileSystem.close(file) }

  private static func create(in folder: String, _ fileSystem: any FileSystem) throws(FileError) -> (
    UInt64, OpenFile
  ) {
    while true {
      let number = fileSystem.nonce()
      let path = folder + "/" + name(of: number)
      let file: OpenFile
      do throws(FileError) { file = try fileSystem.open(path, for: .create) } catch {
        if error.code == 17 { continue }  // EEXIST: the number is taken
        throw error
      }
      do throws(FileError) {
        _ = try fileSystem.lock(file, at: 0, .exclusive, wait: true)
        // Between making and locking it somebody may have taken it for a dead process' empty segment and
        // removed it.
        if (try? fileSystem.status(at: path).inode) == (try fileSystem.status(of: file).inode) {
          var header = ByteWriter(bytes: magic)
          header.put(number)
          try fileSystem.write(file, header.bytes, at: 0)
          return (number, file)
        }
      } catch {
        fileSystem.close(file)
        throw error
      }
      fileSystem.close(file)
    }
  }

  /// Adds records; returns where the file then ends.
  ///
  /// After an error the writer is of no more use.
  func append(_ payloads: [[UInt8]]) throws(FileError) -> Int {
    var writer = ByteWriter()
    for payload in payloads {
      writer.put(number)
      writer.put(UInt64(payload.count))
      writer.put(payload.withUnsafeBytes { checksum($0) })
      writer.bytes += payload
      writer.bytes += [UInt8](repeating: 0, count: -payload.count & 7)
    }
    try fileSystem.write(file, writer.bytes, at: end)
    end += writer.bytes.count
    return end
  }

  /// Waits until everything appended is on the disk.
  func synchronize() throws(FileError) { try fileSystem.synchronize(file) }

  /// The name of a segment's file.
  static func name(of number: UInt64) -> String {
    let hex = String(number, radix: 16)
    return String(repeating: "0", count: 16 - hex.count) + hex + ".segment"
  }

  /// The number of the segment with that name; nil for a file that is no segment.
  static func number(of name: String) -> UInt64? {
    guard name.hasSuffix(".segment"), let number = UInt64(name.prefix(16), radix: 16),
      Self.name(of: number) == name
    else { return nil }
    return number
  }
}

/// What was found in a stretch of a segment.
struct SegmentScan {
  /// Where in the stretch each whole record's content lies.
  var records: [(head: RecordHead, range: Range<Int>)] = []
  /// How much of the stretch was understood; what follows is torn or not yet written.
  var consumed = 0
  /// How many damaged places were skipped.
  var damaged = 0

  /// Reads the records of a stretch that starts at a record.
  init(_ bytes: UnsafeRawBufferPointer, number: UInt64) {
    var skipped = 0
    while consumed + skipped < bytes.count {
      let at = consumed + skipped
      guard let (record, end) = Self.record(bytes, at: at, number) else {
        skipped += 8
        continue
      }
      if skipped > 0 { damaged += 1 }
      skipped = 0
      records.append(record)
      consumed = end
    }
  }

  private static func record(_ bytes: UnsafeRawBufferPointer, at: Int, _ number: UInt64) -> (
    (head: RecordHead, range: Range<Int>), end: Int
  )? {
    var frame = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[at...]))
    guard frame.take(UInt64.self) == number, let count = frame.take(UInt64.self).flatMap(Int.init(exactly:)),
      let sum = frame.take(UInt64.self), let payload = frame.take(bytes: count), checksum(payload) == sum,
      let head = RecordHead(payload)
    else { return nil }
    let start = at + SegmentWriter.frameSize
    let end = start + ((count + 7) & ~7)
    guard end <= bytes.count else { return nil }
    return ((head: head, range: start..<start + count), end)
  }
}
