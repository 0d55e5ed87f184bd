import CHDF5
public import Diagnostics

/// One thing in a file, found under one name.
public struct HDF5Object: Sendable, Equatable {
  /// What was found.
  public enum Kind: Sendable, Equatable {
    /// A group of further objects.
    case group
    /// A data set.
    case dataSet(HDF5Description)
    /// An element type with a name.
    case type
    /// A second name of an object that is listed under `path`.
    case alias(path: String)
    /// A soft link.
    case softLink(path: String)
    /// A link into another file, which is not followed.
    case externalLink(file: String, path: String)
    /// Something that cannot be opened, with the library's reason.
    case damaged(cause: String)
  }

  /// The path from the root, starting with `/`.
  public var path: String
  /// What was found there.
  public var kind: Kind
  /// The attributes of a group or data set.
  public var attributes: [HDF5Attribute]
}

/// What a file holds.
public struct HDF5Listing: Sendable, Equatable {
  /// Everything below the root, a group before its members, names in order; the root itself comes first.
  public var objects: [HDF5Object]
  /// Whether that is everything: false if the file has more than the limit or is nested too deeply.
  public var isComplete: Bool

  /// The paths of the data sets.
  public var dataSets: [String] {
    objects.compactMap { if case .dataSet = $0.kind { $0.path } else { nil } }
  }
}

extension HDF5File {
  /// Lists groups, data sets, links and attributes.
  ///
  /// Each object is entered once, by its first name, so that links in a circle do no harm. What is damaged is listed
  /// as such.
  ///
  /// - Parameter limit: the largest number of objects.
  /// - Throws: `libraryMissing`.
  public func list(limit: Int = 10_000) throws(Diagnostic) -> HDF5Listing {
    try HDF5Library.use { () throws(Diagnostic) in list(below: "", root, limit: limit, readsAttributes: true)
    }
  }

  func list(below path: String, _ group: Handle, limit: Int, readsAttributes: Bool = false) -> HDF5Listing {
    var walk = ListingWalk(file: self, limit: limit, readsAttributes: readsAttributes)
    walk.enter(path.isEmpty ? "/" : path, group, depth: 0)
    return HDF5Listing(objects: walk.objects, isComplete: walk.isComplete)
  }
}

private struct ListingWalk {
  let file: HDF5File
  let limit: Int
  let readsAttributes: Bool
  var objects: [HDF5Object] = []
  var isComplete = true
  private var firstPath: [UInt64: String] = [:]

  init(file: HDF5File, limit: Int, readsAttributes: Bool) {
    self.file = file
    self.limit = limit
    self.readsAttributes = readsAttributes
  }

  /// Lists an open group or data set and what lies below it.
  mutating func enter(_ path: String, _ object: Handle, depth: Int) {
    var address: UInt64 = 0
    if h5_address(object.id, &address) == 0 {
      if let first = firstPath[address] { return add(path, .alias(path: first)) }
      firstPath[address] = path
    }
    switch h5_kind(object.id) {
    case h5ObjectDataSet:
      guard let description = HDF5Description(of: object.id) else {
        return add(path, .damaged(cause: HDF5Library.cause() ?? "it has no readable description"))
      }
      add(path, .dataSet(description), readsAttributes ? attributes(of: object) : [])
    case h5ObjectGroup:
      add(path, .group, readsAttributes ? attributes(of: object) : [])
      visit(path, object, depth: depth)
    default: add(path, .type)
    }
  }

  private mutating func visit(_ path: String, _ group: Handle, depth: Int) {
    let room = limit - objects.count
    let links = file.linkNames(of: group, limit: room + 1)
    if depth >= 64 || links.count > room { isComplete = false }
    guard depth < 64 else { return }
    for link in links {
      guard objects.count < limit else {
        isComplete = false
        return
      }
      let name = (path == "/" ? "" : path) + "/" + link.name
      switch link.kind {
      case h5LinkSoft: add(name, .softLink(path: file.linkTarget(group, link.name).path))
      case h5LinkExternal:
        let target = file.linkTarget(group, link.name)
        add(name, .externalLink(file: target.file, path: target.path))
      default:
        guard let object = Handle(h5_object_open(group.id, link.name)) else {
          add(name, .damaged(cause: HDF5Library.cause() ?? "it cannot be opened"))
          continue
        }
        enter(name, object, depth: depth + 1)
      }
    }
  }

  private mutating func add(_ path: String, _ kind: HDF5Object.Kind, _ attributes: [HDF5Attribute] = []) {
    objects.append(HDF5Object(path: path, kind: kind, attributes: attributes))
  }
}

extension HDF5Object.Kind {
  /// What was found, in words.
  public var words: String {
    switch self {
    case .group: "group"
    case .dataSet(let description): description.words
    case .type: "named type"
    case .alias(let path): "the same as \(path)"
    case .softLink(let path): "link to \(path)"
    case .externalLink(let file, let path): "link to \(path) in \(file), not followed"
    case .damaged(let cause): "damaged: \(cause)"
    }
  }
}
