internal import CZstd

/// Bytes as one frame of zstd, as its command line writes and reads it too (RFC 8878).
public enum PackedBytes {
  /// What packing may take: records are packed once and kept.
  private static let level: Int32 = 19

  /// Packs bytes; the frame tells how many they are, and a checksum of them.
  public static func pack(_ bytes: [UInt8]) -> [UInt8] {
    guard let context = ZSTD_createCCtx() else {
      fatalError("there is no memory left to pack \(bytes.count) bytes")
    }
    defer { ZSTD_freeCCtx(context) }
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    return [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { target, filled in
      let size = ZSTD_compress2(context, target.baseAddress, target.count, bytes, bytes.count)
      precondition(ZSTD_isError(size) == 0, "a target of the bound's size holds every frame")
      filled = size
    }
  }

  /// Unpacks one frame; nil where it is damaged, cut off, or says that it holds more than `limit` bytes.
  public static func unpack(_ packed: [UInt8], atMost limit: Int) -> [UInt8]? {
    // The two largest numbers say that the frame is none, or does not tell.
    let size = ZSTD_getFrameContentSize(packed, packed.count)
    guard size <= UInt64(limit) else { return nil }
    var isWhole = false
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(size)) { target, filled in
      isWhole = ZSTD_decompress(target.baseAddress, target.count, packed, packed.count) == Int(size)
      filled = isWhole ? Int(size) : 0
    }
    return isWhole ? bytes : nil
  }
}
