internal import Artifacts

/// Which results are given up so that a store keeps below its limit.
struct Eviction {
  /// What matters of a result.
  private struct Holding {
    var key: Key
    var seconds: Double
    var objects: Set<Digest>
    var recordSize: Int
  }

  private var holdings: [Holding] = []
  private var links: [(key: Key, target: Key)] = []
  private var pinned: Set<Key> = []

  /// Looks at every record.
  init(_ index: Index) {
    index.forEachRecord { kind, key, payload in
      switch kind {
      case .result:
        guard let entry = Entry(payload) else { return }
        holdings.append(
          Holding(key: key, seconds: entry.seconds, objects: entry.objects, recordSize: entry.recordSize))
      case .link: if let target = index.entry(for: key)?.link?.target { links.append((key, target)) }
      case .pin: pinned.formUnion(Pin(payload)?.keys ?? [])
      case .tombstone, .input, .note: break
      }
    }
  }

  /// The results that go, the fewest seconds saved per byte first, until the rest has no more than `limit` bytes.
  ///
  /// A link adds no bytes: it goes with what it leads to, and who uses it uses that.
  ///
  /// - Parameters:
  ///   - isUsed: keys that must stay, besides those that are pinned.
  ///   - sizes: the bytes of each object.
  ///   - recordBytes: the bytes of all records.
  func choose(limit: Int, sizes: [Digest: Int], recordBytes: Int, isUsed: (Key) -> Bool) -> [Key] {
    var kept = pinned
    for link in links where pinned.contains(link.key) || isUsed(link.key) { kept.insert(link.target) }
    var references: [Digest: Int] = [:]
    for holding in holdings { for digest in holding.objects { references[digest, default: 0] += 1 } }
    var total = sizes.values.reduce(recordBytes, +)
    let candidates = holdings.filter { !kept.contains($0.key) && !isUsed($0.key) }.map { holding in
      let bytes = holding.objects.reduce(holding.recordSize) { $0 + (sizes[$1] ?? 0) }
      return (holding: holding, worth: holding.seconds / Double(bytes))
    }
    var chosen: [Key] = []
    for candidate in candidates.sorted(by: { ($0.worth, $0.holding.key) < ($1.worth, $1.holding.key) }) {
      if total <= limit { break }
      chosen.append(candidate.holding.key)
      total -= candidate.holding.recordSize
      for digest in candidate.holding.objects {
        references[digest, default: 0] -= 1
        if references[digest] == 0 { total -= sizes[digest] ?? 0 }
      }
    }
    return chosen
  }
}

extension Entry {
  /// The digests of the outputs that have objects of their own.
  var objects: Set<Digest> { Set(outputs.filter { $0.inline == nil }.map(\.digest)) }

  /// About how many bytes the record has.
  var recordSize: Int {
    componentsText.count + outputs.reduce(128) { $0 + 64 + ($1.inline?.count ?? 0) }
  }
}
