import CHDF5

/// How the values of a data set lie in the file.
public enum HDF5Storage: Sendable, Equatable {
  /// In the data set's header.
  case compact
  /// In one piece.
  case contiguous
  /// In chunks of this shape.
  case chunked([Int])
  /// In other data sets, of this or other files.
  case virtual
  /// In other files that are not HDF5.
  case external
  /// In a way that this program does not know.
  case unknown

  /// The storage in words: `chunked 1024 × 512`.
  public var words: String {
    switch self {
    case .compact: return "compact"
    case .contiguous: return "contiguous"
    case .chunked(let shape): return "chunked \(HDF5.words(for: shape))"
    case .virtual: return "virtual: in other data sets"
    case .external: return "external: in other files"
    case .unknown: return "unknown storage"
    }
  }
}

/// One step of a data set's compression.
public struct HDF5Filter: Sendable, Equatable {
  /// The number under which the HDF Group lists it.
  public var number: Int
  /// Its usual name: `gzip`, `shuffle`, `lzf`.
  public var name: String
  /// Whether it can be undone on this machine.
  public var isAvailable: Bool

  private static let names = [
    1: "gzip", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset", 307: "bzip2",
    32000: "lzf",
    32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2",
  ]
  private static let packages = [
    307: "hdf5-filter-plugin", 32001: "hdf5-filter-plugin-blosc-serial", 32004: "hdf5-filter-plugin",
    32008: "hdf5-filter-plugin", 32013: "hdf5-filter-plugin-zfp-serial",
  ]

  init(number: Int, storedName: String, isAvailable: Bool) {
    self.number = number
    self.isAvailable = isAvailable
    name = Self.names[number] ?? (storedName.isEmpty ? "filter \(number)" : printable(storedName, limit: 40))
  }

  /// How to get a filter that is missing.
  var advice: String {
    let install =
      Self.packages[number].map { "install its plug-in: apt-get install \($0)" }
      ?? "put its plug-in into a folder and name that in HDF5_PLUGIN_PATH"
    return install + "; or write the data set again with gzip"
  }
}

/// What a data set is, without its values.
public struct HDF5Description: Sendable, Equatable {
  /// The lengths of its dimensions; empty for a single value, nil for a data set without any.
  public var shape: [Int]?
  /// What one element is.
  public var element: HDF5Element
  /// The bytes that one element takes.
  public var elementSize: Int
  /// How the values lie in the file.
  public var storage: HDF5Storage
  /// The steps of its compression, in the order of writing.
  public var filters: [HDF5Filter]
  /// Where a data set in one piece starts and how many bytes it has; nil if nothing was written, or for chunks.
  var place: Place?

  struct Place: Sendable, Equatable {
    var offset: UInt64
    var size: UInt64
  }

  /// Describes an open data set; nil on a failure of the library.
  init?(of dataSet: h5_id) {
    var info = h5_data_set()
    var element = h5_element()
    guard h5_data_set_info(dataSet, &info) == 0, let type = Handle(h5_data_set_type(dataSet)),
      h5_describe(type.id, &element) == 0
    else { return nil }
    let rank = Int(info.rank)
    shape = rank < 0 ? nil : lengths(info.shape, count: rank)
    self.element = HDF5Element(element)
    elementSize = Int(element.size)
    storage = Self.storage(info)
    switch storage {
    case .compact: place = Place(offset: 0, size: info.stored)
    case .contiguous where info.offset != .max: place = Place(offset: info.offset, size: info.stored)
    default: place = nil
    }
    filters = []
    for index in 0..<max(0, min(info.filters, 32)) {
      guard let filter = Self.filter(index, of: dataSet) else { return nil }
      filters.append(filter)
    }
  }

  private static func storage(_ info: h5_data_set) -> HDF5Storage {
    switch info.layout {
    case h5Compact: return .compact
    case h5Contiguous: return .contiguous
    case h5Chunked: return .chunked(lengths(info.chunk, count: max(0, Int(info.rank))))
    case h5Virtual: return .virtual
    case h5External: return .external
    default: return .unknown
    }
  }

  private static func filter(_ index: Int32, of dataSet: h5_id) -> HDF5Filter? {
    var number: Int32 = 0
    var isAvailable: Int32 = 0
    var name = [CChar](repeating: 0, count: 64)
    guard h5_filter(dataSet, index, &number, &name, name.count, &isAvailable) == 0 else { return nil }
    let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return HDF5Filter(number: Int(number), storedName: text, isAvailable: isAvailable != 0)
  }

  /// The description in one line: `float32 50000 × 512, chunked 1024 × 512, shuffle, gzip`.
  public var words: String {
    let size = shape.map { HDF5.words(for: $0) } ?? "empty"
    let steps = filters.map { $0.isAvailable ? $0.name : "\($0.name) (not installed)" }
    return (["\(element.words) \(size)", storage.words] + steps).joined(separator: ", ")
  }
}

/// The first `count` of the lengths that C keeps as an array of 32; lengths beyond Int become the largest Int.
func lengths<Lengths>(_ lengths: Lengths, count: Int) -> [Int] {
  withUnsafeBytes(of: lengths) { $0.bindMemory(to: UInt64.self).prefix(count).map(Int.init(clamping:)) }
}
