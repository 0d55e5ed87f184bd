public import Artifacts
import Diagnostics

/// The named, typed inputs or outputs of a stage: every stored property is an artifact or an optional one.
///
///     struct Input: Ports { var features: Features; var fitRows: RowMask? }
public protocol Ports: Sendable, Decodable {}

/// No ports: the input of a stage that makes or loads data.
public struct NoPorts: Ports {
  /// The only value.
  public init() {}
}

/// One port as the planner sees it.
public struct Port: Sendable {
  /// The property's name.
  public var name: String
  /// What flows through it.
  public var type: any Artifact.Type
  /// Whether it may stay unconnected (an input) or absent (an output).
  public var isOptional: Bool

  /// Makes a port.
  public init(_ name: String, _ type: any Artifact.Type, isOptional: Bool = false) {
    self.name = name
    self.type = type
    self.isOptional = isOptional
  }
}

extension Ports {
  /// The ports, in the order of their declaration.
  static var declared: [Port] {
    let listing = PortListing()
    // Only the walk over the properties matters; the empty artifacts it makes are thrown away.
    _ = try? Self(from: PortReader(listing: listing))
    return listing.ports
  }

  /// The ports filled from artifacts by name.
  static func filled(from artifacts: [String: any Artifact]) throws(Diagnostic) -> Self {
    do {
      return try Self(from: PortReader(artifacts: artifacts))
    } catch let error as Diagnostic {
      throw error
    } catch {
      throw Diagnostic(.internalFault, "ports could not be filled: \(error)")
    }
  }

  /// The artifacts by the name of their port; absent optional ones are left out.
  var artifacts: [String: any Artifact] {
    var found: [String: any Artifact] = [:]
    for child in Mirror(reflecting: self).children {
      guard let name = child.label else { continue }
      if let artifact = child.value as? any Artifact { found[name] = artifact }
    }
    return found
  }
}

/// Collects the ports that a walk over the properties asks for.
private final class PortListing {
  var ports: [Port] = []
}

/// Hands the properties of a port structure their artifacts, or lists them.
///
/// It rides on the synthesised `Decodable`: the compiler writes the loop over the properties, this fills them.
private struct PortReader: Decoder {
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]
  var artifacts: [String: any Artifact] = [:]
  var listing: PortListing?

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(PortContainer<Key>(reader: self))
  }
  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw onlyArtifacts }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw onlyArtifacts }
}

private let onlyArtifacts = Diagnostic(.internalFault, "every port must be an artifact")

private struct PortContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let reader: PortReader
  let codingPath: [any CodingKey] = []
  let allKeys: [Key] = []

  func contains(_ key: Key) -> Bool { reader.listing != nil || reader.artifacts[key.stringValue] != nil }
  func decodeNil(forKey key: Key) throws -> Bool { false }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try take(type, key, isOptional: false)
  }

  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    contains(key) ? try take(type, key, isOptional: true) : nil
  }

  private func take<T: Decodable>(_ type: T.Type, _ key: Key, isOptional: Bool) throws -> T {
    guard let kind = type as? any Artifact.Type else { throw onlyArtifacts }
    let artifact: any Artifact
    if let listing = reader.listing {
      listing.ports.append(Port(key.stringValue, kind, isOptional: isOptional))
      artifact = kind.empty
    } else if let found = reader.artifacts[key.stringValue] {
      artifact = found
    } else {
      throw Diagnostic(.missingPort, "nothing is connected to the port `\(key.stringValue)` of \(kind.kind)")
    }
    guard let value = artifact as? T else {
      throw Diagnostic(
        .portMismatch,
        "the port `\(key.stringValue)` takes \(kind.kind), not \(Swift.type(of: artifact).kind)")
    }
    return value
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { throw onlyArtifacts }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw onlyArtifacts }
  func superDecoder() throws -> any Decoder { throw onlyArtifacts }
  func superDecoder(forKey key: Key) throws -> any Decoder { throw onlyArtifacts }
}
