import Diagnostics

/// Hands each `@Parameter` of a group its declaration and what the config gives for it.
///
/// It rides on the synthesised `Decodable`: the compiler writes the loop over the properties, this fills them.
struct ParameterDecoder: Decoder {
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]
  /// The group's parameters by name; empty inside a single parameter.
  let group: [String: any AnyParameter]
  let members: [JSON.Member]
  let report: ParameterReport
  /// The declaration of the one parameter that is read.
  let declared: (any AnyParameter)?
  /// Its value in the config.
  let given: JSON?
  let path: String

  init(
    declared: [(name: String, parameter: any AnyParameter)], members: [JSON.Member], report: ParameterReport
  ) {
    group = Dictionary(uniqueKeysWithValues: declared.map { ($0.name, $0.parameter) })
    self.members = members
    self.report = report
    self.declared = nil
    given = nil
    path = ""
  }

  init(one declared: any AnyParameter, given: JSON?, path: String, report: ParameterReport) {
    group = [:]
    members = []
    self.report = report
    self.declared = declared
    self.given = given
    self.path = path
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(Keyed<Key>(decoder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw notByText }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw notByText }
}

private let notByText = Diagnostic(.internalFault, "parameters are read by their schema only")

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: ParameterDecoder
  let codingPath: [any CodingKey] = []
  var allKeys: [Key] { decoder.group.keys.compactMap(Key.init(stringValue:)) }

  func contains(_ key: Key) -> Bool { decoder.group[key.stringValue] != nil }
  func decodeNil(forKey key: Key) throws -> Bool { false }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    guard let declared = decoder.group[key.stringValue] else { throw notByText }
    let given = decoder.members.first { $0.key == key.stringValue }?.value
    do {
      return try T(
        from: ParameterDecoder(one: declared, given: given, path: key.stringValue, report: decoder.report))
    } catch {
      // Noted, and read on with the default, so that every problem is reported at once.
      decoder.report.add(error)
      return try T(
        from: ParameterDecoder(one: declared, given: nil, path: key.stringValue, report: decoder.report))
    }
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { throw notByText }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw notByText }
  func superDecoder() throws -> any Decoder { throw notByText }
  func superDecoder(forKey key: Key) throws -> any Decoder { throw notByText }
}
