import Diagnostics

/// Lists the parameters of a group with their names, in the order of their declaration.
///
/// It rides on the synthesised `Encodable`: the compiler writes the loop over the properties, which reflection would
/// take many times longer for.
final class ParameterListing: Encoder {
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]
  fileprivate(set) var parameters: [(name: String, parameter: any AnyParameter)] = []

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(ListingContainer<Key>(listing: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer { preconditionFailure(onlyParameters) }
  func singleValueContainer() -> any SingleValueEncodingContainer { preconditionFailure(onlyParameters) }
}

private let onlyParameters = "every stored property of a parameter group must be a @Parameter"

private struct ListingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let listing: ParameterListing
  let codingPath: [any CodingKey] = []

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    guard let parameter = value as? any AnyParameter else { preconditionFailure(onlyParameters) }
    listing.parameters.append((key.stringValue, parameter))
  }

  func encodeNil(forKey key: Key) throws { preconditionFailure(onlyParameters) }
  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { preconditionFailure(onlyParameters) }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    preconditionFailure(onlyParameters)
  }
  func superEncoder() -> any Encoder { preconditionFailure(onlyParameters) }
  func superEncoder(forKey key: Key) -> any Encoder { preconditionFailure(onlyParameters) }
}
