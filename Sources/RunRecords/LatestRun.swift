internal import Diagnostics

extension RunStore {
  /// The latest run of a config that has a manifest which can be read.
  ///
  /// Looks at the folders from the newest on and reads no more manifests than it must.
  ///
  /// - Parameter config: the config's name.
  public func latest(of config: String) -> Manifest? {
    let ending = "-" + RunStore.fileName(config)
    guard Files.exists(path), let names = try? Files.names(in: path) else { return nil }
    // A folder's name is a time of 19 characters, the config's name, and a number where that was taken.
    let candidates = names.filter { $0.utf8.count > 19 && $0.dropFirst(19).hasPrefix(ending) }
    let newestFirst = candidates.map { (stamp: $0.prefix(19), number: RunStore.number(of: $0), name: $0) }
      .sorted { ($0.stamp, $0.number, $0.name) > ($1.stamp, $1.number, $1.name) }
    for candidate in newestFirst {
      let folder = RunFolder(path: "\(path)/\(candidate.name)")
      guard (try? folder.header())?.name == config, let manifest = try? folder.manifest() else { continue }
      return manifest
    }
    return nil
  }
}
