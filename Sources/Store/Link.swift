public import Artifacts
public import Diagnostics

extension Entry {
  /// Whose result an entry shows.
  public struct Link: Sendable, Equatable {
    /// Why a key may stand for another's result.
    public enum Reason: UInt8, Sendable, CaseIterable {
      /// It was computed and gave the same bytes.
      case sameBytes = 1
      /// Somebody said that what changed in its key changes no result.
      case accepted = 2
    }

    /// The key under which the result was stored.
    public var target: Key
    /// Why.
    public var reason: Reason

    /// Makes a link from its parts.
    public init(target: Key, reason: Reason) {
      self.target = target
      self.reason = reason
    }
  }

  /// What a later result of the link's target must agree with.
  var outputsDigest: Digest {
    var writer = ByteWriter(bytes: Array("pipe-outputs-1\n".utf8))
    for output in outputs {
      writer.put(counted: output.port.utf8)
      writer.bytes += output.digest.bytes
    }
    return Digest(of: writer.bytes)
  }
}

/// The record of a link.
struct LinkRecord {
  var key: Key
  var sequence: UInt64
  var date: Int64
  var reason: Entry.Link.Reason
  var target: Key
  /// What the target gave when the link was made.
  var outputs: Digest
  var stage: String
  var componentsText: [UInt8]

  init(
    _ key: Key, to target: Entry, _ reason: Entry.Link.Reason, sequence: UInt64, date: Int64, stage: String,
    componentsText: [UInt8]
  ) {
    self.key = key
    self.sequence = sequence
    self.date = date
    self.reason = reason
    self.target = target.link?.target ?? target.key
    outputs = target.outputsDigest
    self.stage = stage
    self.componentsText = componentsText
  }

  var bytes: [UInt8] {
    var writer = ByteWriter(bytes: RecordHead(.link, sequence, key).bytes)
    writer.put(date)
    writer.put(reason.rawValue)
    writer.bytes += target.digest.bytes + outputs.bytes
    writer.put(counted: stage.utf8)
    writer.put(counted: componentsText)
    return writer.bytes
  }

  /// The link of a record; nil if it is of another kind or not well-formed.
  init?(_ payload: UnsafeRawBufferPointer) {
    var reader = ByteReader(payload)
    guard let head = RecordHead(&reader), head.kind == .link, let date = reader.take(Int64.self),
      let reason = reader.take(UInt8.self).flatMap(Entry.Link.Reason.init),
      let target = reader.take(bytes: Digest.byteCount).flatMap({ Digest(bytes: $0) }),
      let outputs = reader.take(bytes: Digest.byteCount).flatMap({ Digest(bytes: $0) }),
      let stage = reader.takeCounted(), let components = reader.takeCounted(), reader.isAtEnd
    else { return nil }
    key = head.key
    sequence = head.sequence
    self.date = date
    self.reason = reason
    self.target = Key(target)
    self.outputs = outputs
    self.stage = String(decoding: stage, as: UTF8.self)
    componentsText = [UInt8](components)
  }

  /// The target's result under the link's key.
  func shown(_ result: Entry) -> Entry {
    Entry(
      key: key, stage: stage, outputs: result.outputs, seconds: result.seconds, date: date,
      sequence: sequence, componentsText: componentsText, link: Entry.Link(target: result.key, reason: reason)
    )
  }
}

extension Index {
  /// A link may lead to what became a link later; more than so many in a row are taken for a circle.
  private static let longestChain = 8

  /// The latest result of a key, be it another's; results that are on their way come before records.
  func entry(for key: Key, pending: [Key: Entry] = [:]) -> Entry? {
    var links: [LinkRecord] = []
    var place = key
    while links.count <= Self.longestChain {
      if let result = pending[place] ?? record(for: place, { _, payload in Entry(payload) }) {
        // A target that gives other bytes now is not what the link was made for.
        let isGood = links.isEmpty || Set(links.map(\.outputs)) == [result.outputsDigest]
        return isGood ? links.first?.shown(result) ?? result : nil
      }
      guard let link = record(for: place, { _, payload in LinkRecord(payload) }) else { return nil }
      links.append(link)
      place = link.target
    }
    return nil
  }

  /// Where a key's link leads, even if nothing is there any more; the key itself if it is no link.
  func canonical(_ key: Key, pending: [Key: Entry]) -> Key {
    if let link = entry(for: key, pending: pending)?.link { return link.target }
    var place = key
    for _ in 0..<Self.longestChain {
      if pending[place] != nil { return key }
      guard let link = record(for: place, { _, payload in LinkRecord(payload) }) else {
        // A result that stands here is another than the link was made for.
        return record(for: place, { kind, _ in kind }) == .result ? key : place
      }
      place = link.target
    }
    return key
  }
}

extension Store {
  /// Makes a key another name for the result of a second key.
  ///
  /// From then on ``entry(for:)`` gives the target's result under this key, with the reason in its `link`, as
  /// long as the target has that very result: a target that is gone or gives other bytes leaves no entry. A
  /// link to a link leads where that one leads. A later result of the key replaces the link.
  ///
  /// - Parameters:
  ///   - components: what the key was made of, for explanations.
  ///   - stage: the name of the stage whose result it would be.
  /// - Returns: the entry that the key now has; nil if the target has no result.
  /// - Throws: `noSpace`, `notWritable` or `storeUnusable`; there is no link then.
  @discardableResult
  public func link(
    _ key: Key, to target: Key, as reason: Entry.Link.Reason, components: JSON, stage: String
  ) throws(Diagnostic) -> Entry? {
    guard !isReadOnly else { throw FileError(13, "write", path).diagnostic }
    guard let result = entry(for: target) else { return nil }
    // What leads to the key itself is its own result already.
    guard result.link?.target ?? result.key != key else { return entry(for: key) }
    let record = LinkRecord(
      key, to: result, reason, sequence: catalog.nextSequence(), date: clock(), stage: stage,
      componentsText: Array(components.text().utf8))
    do throws(FileError) {
      try gate.shared { () throws(FileError) in try committer.append([record.bytes]) }
    } catch { throw error.diagnostic }
    return entry(for: key)
  }

  /// The key under which a key's result was stored: where its link leads, or the key itself if it is no link.
  ///
  /// A link leads on when its target was given up: that the two stand for the same bytes stays true.
  public func canonical(_ key: Key) -> Key { catalog.canonical(key) }
}
