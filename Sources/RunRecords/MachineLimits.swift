internal import Glibc

/// What the process may use of the machine: what a scheduler such as SLURM or a container leaves it.
extension Machine {
  /// How many cores the process may use: those it is bound to, less where its group has a quota.
  public static var cores: Int {
    var cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    if let bound = boundCores { cores = min(cores, bound) }
    for group in controlGroups {
      let words = text(of: group + "/cpu.max").split { $0 == " " || $0 == "\n" }
      if words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), period > 0 {
        cores = min(cores, max(1, Int((quota / period).rounded(.up))))
      }
    }
    return cores
  }

  /// How many cores the process is bound to: as many as the mask of the kernel has bits.
  private static var boundCores: Int? {
    let label = "Cpus_allowed:"
    guard
      let line = text(of: "/proc/self/status").split(separator: "\n").first(where: { $0.hasPrefix(label) })
    else { return nil }
    let bits = line.dropFirst(label.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
    return bits > 0 ? bits : nil
  }

  /// Bytes of memory that the process may use: those of the machine, or the limit of its group.
  public static var memory: Int {
    var bytes = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
    let old = "/sys/fs/cgroup/memory/memory.limit_in_bytes"
    for file in controlGroups.map({ $0 + "/memory.max" }) + [old] {
      let limit = text(of: file).split { $0 == " " || $0 == "\n" }.first.flatMap { Int($0) }
      if let limit, limit > 0 { bytes = min(bytes, limit) }
    }
    return bytes
  }

  /// The process' control group and those above it, as folders.
  private static var controlGroups: [String] {
    let root = "/sys/fs/cgroup"
    guard
      let path = text(of: "/proc/self/cgroup").split(separator: "\n").first(where: { $0.hasPrefix("0::") })
    else { return [root] }
    var parts = path.dropFirst(3).split(separator: "/")
    var groups: [String] = []
    while !parts.isEmpty {
      groups.append(root + "/" + parts.joined(separator: "/"))
      parts.removeLast()
    }
    return groups + [root]
  }

  /// The start of a small file, as those of the kernel that have no size to go by; empty where there is none.
  private static func text(of path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
  }
}
