public import Diagnostics

/// One number that a measure gives.
public struct Measurement: Artifact, Equatable {
  /// The number; never NaN.
  public let value: Double

  /// Makes a measurement.
  public init(_ value: Double) { self.value = value }

  public static let kind = "measurement"
  public static var empty: Measurement { Measurement(0) }

  public var encoded: EncodedArtifact {
    EncodedArtifact(
      kind: Self.kind, arrays: [EncodedArray("value", .float64, shape: [1], bytes: Bytes(copying: [value]))])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    let values = try encoded.float64s("value")
    guard values.count == 1 else { throw encoded.malformed("value") }
    self.init(values[0])
  }
}

/// The variances (or eigenvalues) along the components of a reduction, largest first.
public struct Spectrum: Artifact, Equatable {
  /// One value a component, in the square of the features' unit.
  public let values: [Double]
  /// The sum over all components, kept or not, in the same unit.
  public let total: Double

  /// Makes a spectrum from its values and the sum over all components.
  public init(values: [Double], total: Double) {
    self.values = values
    self.total = total
  }

  /// The first `count` components of the same spectrum.
  public func prefix(_ count: Int) -> Spectrum { Spectrum(values: Array(values.prefix(count)), total: total) }

  public static let kind = "spectrum"
  public static var empty: Spectrum { Spectrum(values: [], total: 0) }

  public var encoded: EncodedArtifact {
    EncodedArtifact(
      kind: Self.kind,
      arrays: [
        EncodedArray("values", .float64, shape: [values.count], bytes: Bytes(copying: values)),
        EncodedArray("total", .float64, shape: [1], bytes: Bytes(copying: [total])),
      ])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    let total = try encoded.float64s("total")
    guard total.count == 1 else { throw encoded.malformed("total") }
    self.init(values: try encoded.float64s("values"), total: total[0])
  }
}

extension EncodedArtifact {
  /// The one-dimensional array of that name.
  func float64s(_ name: String) throws(Diagnostic) -> [Double] {
    try array(name, .float64, rank: 1).bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
  }
}
