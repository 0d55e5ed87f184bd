internal import Artifacts

/// Where everything lies in a store's folder.
struct Layout: Sendable {
  let root: String

  var format: String { root + "/format" }
  var locks: String { root + "/locks" }
  var snapshot: String { root + "/snapshot" }
  var segments: String { root + "/segments" }
  var objects: String { root + "/objects" }
  var total: String { objects + "/total" }
  var temporary: String { root + "/temporary" }
  var quarantine: String { root + "/quarantine" }
  var folders: [String] { [segments, objects, temporary, quarantine] }

  /// The names that may stand in the root.
  static let names: Set<String> = [
    "format", "locks", "snapshot", "segments", "objects", "temporary", "quarantine",
  ]
  /// What the file `format` says of this version.
  static let formatText = "pipe-store 1\n"

  /// The folder of a digest's object: 256 of them, so that none becomes long.
  func shard(of digest: Digest) -> String { objects + "/" + digest.hex.prefix(2) }

  /// The path of a digest's object.
  func object(_ digest: Digest) -> String { shard(of: digest) + "/" + digest.hex }

  func segment(_ number: UInt64) -> String { segments + "/" + SegmentWriter.name(of: number) }
}
