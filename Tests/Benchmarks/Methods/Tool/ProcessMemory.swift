import Diagnostics

#if canImport(Glibc)
  import Glibc
#endif

/// The memory of this process as Linux counts it, in bytes.
enum ProcessMemory {
  /// What it holds now.
  static var resident: Int { status("VmRSS:") }

  /// The most that it held since it last forgot.
  static var peak: Int { status("VmHWM:") }

  /// Lets `peak` start from what is held now.
  static func forgetPeak() {
    guard let file = fopen("/proc/self/clear_refs", "w") else { return }
    fputs("5", file)
    fclose(file)
  }

  private static func status(_ name: String) -> Int {
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard text.hasPrefix(name) else { continue }
      return (text.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
    return 0
  }

  /// Writes bytes into a file of that path.
  static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(Diagnostic) {
    guard let file = fopen(path, "wb") else { throw Diagnostic(.notWritable, "cannot write \(path)") }
    let written = fwrite(bytes.baseAddress, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else {
      throw Diagnostic(.notWritable, "cannot write all of \(path)")
    }
  }
}
