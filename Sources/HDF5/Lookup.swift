import CHDF5
public import Diagnostics

extension HDF5File {
  /// Finds a data set by its path, such as `train/features`; soft links are followed.
  ///
  /// - Throws: `missingDataSet` (with the names that are there), `notADataSet`, `damagedFile`.
  public func dataSet(_ path: String) throws(Diagnostic) -> HDF5DataSet {
    let names = path.split(separator: "/").map(String.init)
    let full = "/" + names.joined(separator: "/")
    return try HDF5Library.use { () throws(Diagnostic) in
      guard let object = Handle(h5_object_open(root.id, full)) else { throw missing(names) }
      switch h5_kind(object.id) {
      case h5ObjectDataSet: break
      case h5ObjectGroup: throw group(full, object)
      default:
        throw Diagnostic(.notADataSet, "`\(printable(full))` is not a data set", fields: ["file": self.path])
      }
      guard let description = HDF5Description(of: object.id) else { throw damaged(full).withCause() }
      return HDF5DataSet(file: self, path: full, handle: object, description: description)
    }
  }

  func damaged(_ path: String) -> Diagnostic {
    Diagnostic(
      .damagedFile, "`\(printable(path))` cannot be read: the file is damaged", fields: ["file": self.path])
  }

  private func group(_ path: String, _ object: Handle) -> Diagnostic {
    let inside = list(below: path == "/" ? "" : path, object, limit: 1000).dataSets
    let error = Diagnostic(
      .notADataSet, "`\(printable(path))` is a group, not a data set", fields: ["file": self.path])
    guard let first = inside.first else { return error.with("data sets below", "none") }
    var result = error.with("data sets below", names(inside))
    result.hint = "name one of them: \(printable(first))"
    return result
  }

  /// Why a path leads nowhere: walks it name by name.
  private func missing(_ names: [String]) -> Diagnostic {
    var group = root
    var walked = ""
    for (index, name) in names.enumerated() {
      let next = walked + "/" + name
      switch h5_link(group.id, name) {
      case h5LinkMissing: return missing("/" + names.joined(separator: "/"), from: walked, group)
      case h5LinkExternal: return external(next, linkTarget(group, name))
      case let kind:
        guard let object = Handle(h5_object_open(group.id, name)) else {
          guard kind == h5LinkSoft else { return damaged(next).withCause() }
          return dangling(next, linkTarget(group, name))
        }
        if index < names.count - 1, h5_kind(object.id) != h5ObjectGroup {
          return Diagnostic(
            .notADataSet, "`\(printable(next))` is not a group, so nothing lies below it",
            fields: ["file": path, "asked for": printable("/" + names.joined(separator: "/"))])
        }
        group = object
        walked = next
      }
    }
    return damaged("/" + names.joined(separator: "/"))
  }

  private func missing(_ full: String, from walked: String, _ group: Handle) -> Diagnostic {
    let here = linkNames(of: group, limit: 1000).map(\.name)
    let everywhere = list(below: "", root, limit: 1000).dataSets
    let last = full.split(separator: "/").last.map { "/" + $0 } ?? full
    let near =
      everywhere.first { $0.hasSuffix(last) } ?? nearestName(to: full, among: everywhere)
      ?? nearestName(to: full, among: here.map { walked + "/" + $0 })
    let place = walked.isEmpty ? "in the file" : "in \(printable(walked))"
    return Diagnostic(
      .missingDataSet, "there is no data set `\(printable(full))`",
      fields: ["file": path, place: here.isEmpty ? "nothing" : names(here)],
      hint: near.map { "did you mean `\(printable($0))`?" })
  }

  private func dangling(_ path: String, _ target: (file: String, path: String)) -> Diagnostic {
    Diagnostic(
      .missingDataSet, "the soft link `\(printable(path))` leads nowhere",
      fields: ["file": self.path, "leads to": printable(target.path)])
  }

  private func external(_ path: String, _ target: (file: String, path: String)) -> Diagnostic {
    Diagnostic(
      .missingDataSet, "`\(printable(path))` is a link to another file, which is not followed",
      fields: ["file": self.path, "leads to": printable("\(target.file): \(target.path)")],
      hint: "name that file and its data set instead")
  }

  /// At most twelve names, and how many there are beside them.
  private func names(_ all: [String]) -> String {
    let shown = all.prefix(12).map { printable($0, limit: 60) }.joined(separator: ", ")
    return all.count > 12 ? shown + " and \(all.count - 12) more" : shown
  }

  /// Where a soft link (no file) or an external link leads.
  func linkTarget(_ group: Handle, _ name: String) -> (file: String, path: String) {
    var file = [CChar](repeating: 0, count: 1024)
    var path = file
    _ = h5_link_target(group.id, name, &file, file.count, &path, path.count)
    return (text(file), text(path))
  }

  /// The links in a group by name, in order; no more than `limit`.
  func linkNames(of group: Handle, limit: Int) -> [(name: String, kind: h5_link_kind)] {
    let names = LinkNames(limit: limit)
    let visit: h5_visitor = { name, kind, context in
      guard let name, let context else { return 1 }
      let names = Unmanaged<LinkNames>.fromOpaque(context).takeUnretainedValue()
      names.all.append((String(cString: name), kind))
      return names.all.count < names.limit ? 0 : 1
    }
    _ = h5_visit(group.id, visit, Unmanaged.passUnretained(names).toOpaque())
    return names.all
  }
}

private final class LinkNames {
  let limit: Int
  var all: [(name: String, kind: h5_link_kind)] = []
  init(limit: Int) { self.limit = limit }
}

/// A C string in an array, invalid UTF-8 repaired.
func text(_ characters: [CChar]) -> String {
  String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
