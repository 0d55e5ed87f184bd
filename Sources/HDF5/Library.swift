import CHDF5
public import Diagnostics

/// The HDF5 library that was found on this machine.
public enum HDF5Library {
  /// Its version, such as `1.10.8`, for the manifest.
  ///
  /// - Throws: `libraryMissing`.
  public static func version() throws(Diagnostic) -> String {
    try use { () throws(Diagnostic) in
      var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
      h5_version(&major, &minor, &release)
      return "\(major).\(minor).\(release)"
    }
  }

  /// Its version if something was read with it already; nil otherwise, since asking would load it.
  public static var loadedVersion: String? { h5_is_loaded() == 1 ? try? version() : nil }

  /// Runs `body` with the library loaded and to itself: not every build of it may be entered by two threads.
  static func use<T>(_ body: () throws(Diagnostic) -> T) throws(Diagnostic) -> T {
    guard h5_load() == 1 else {
      throw Diagnostic(
        .libraryMissing, "the HDF5 library cannot be loaded",
        fields: ["cause": String(cString: h5_load_error())],
        hint: "install it: apt-get install libhdf5-dev")
    }
    h5_lock()
    defer { h5_unlock() }
    return try body()
  }

  /// The library's own words for the call that just failed, if it has any.
  static func cause() -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress else { return nil }
      h5_cause(base, buffer.count)
      let text = printable(String(cString: base))
      return text.isEmpty ? nil : text
    }
  }
}

extension Diagnostic {
  /// The same error with the library's own words as the field `cause`, if it has any.
  func withCause() -> Diagnostic {
    guard let cause = HDF5Library.cause() else { return self }
    return with("cause", cause)
  }
}

/// An identifier of the library that is given back when nobody needs it any more.
final class Handle: Sendable {
  let id: h5_id

  /// Takes an identifier over; nil if it is the sign of a failure.
  init?(_ id: h5_id) {
    guard id >= 0 else { return nil }
    self.id = id
  }

  deinit {
    h5_lock()
    h5_close(id)
    h5_unlock()
  }
}

/// Text from a file, fit for a terminal: control characters become `?`, long texts are cut.
func printable(_ text: some StringProtocol, limit: Int = 200) -> String {
  var result = ""
  for (index, scalar) in text.unicodeScalars.enumerated() {
    if index == limit { return result + "…" }
    result.unicodeScalars.append(scalar.properties.generalCategory == .control ? "?" : scalar)
  }
  return result
}
