import Artifacts
import Diagnostics

/// The laws of fits that serve several values of a parameter.
extension LawChecker {
  func checkSharing(_ inputs: Artifacts) {
    guard let sharing = (try? configured())?.sharing else { return }
    switch sharing.way {
    case .largest: checkNesting(sharing, inputs)
    case .path: checkPath(sharing, inputs)
    }
  }

  /// What is cut from a larger fit equals what a separate fit gives, to a thousandth of the largest value.
  private func checkNesting(_ sharing: SharedFit, _ inputs: Artifacts) {
    guard let value = Int(exactly: sharing.value),
      let large = try? configured(with: [JSON.Member(sharing.parameter, .integer(value + 1))]),
      let small = try? configured(with: [JSON.Member(sharing.parameter, .integer(max(1, value - 1)))])
    else {
      return report("its nested parameter `\(sharing.parameter)` should be a whole number that can vary")
    }
    guard case .success(let fitted) = run(large, inputs), case .success(let separate) = run(small, inputs),
      case .success(let sliced) = run(small.slice, fitted)
    else { return report("it cannot cut a smaller `\(sharing.parameter)` from a larger one") }
    compare(
      sliced, separate, "cut from a larger `\(sharing.parameter)`", tolerance: small.isRandom ? nil : 1e-3)
  }

  /// What a value takes from a path is near what a separate fit gives; the same path gives the same bytes, and one of
  /// a single value those of a fit of its own.
  private func checkPath(_ sharing: SharedFit, _ inputs: Artifacts) {
    let (low, high) = (sharing.value, 2 * sharing.value)
    guard let other = try? configured(with: [JSON.Member(sharing.parameter, .number(high))]),
      let stage = try? configured()
    else { return report("its path parameter `\(sharing.parameter)` should be a number that can vary") }
    guard case .success(let both) = run(stage.along([low, high]), inputs),
      case .success(let again) = run(other.along([low, high]), inputs),
      case .success(let alone) = run(stage.along([low]), inputs)
    else { return report("it cannot fit several values of `\(sharing.parameter)` together") }
    if !Self.isSame(both, again) {
      report("a path over `\(sharing.parameter)` depends on which of its values asks for it")
    }
    for (member, values, fitted) in [
      (stage, [low, high], both), (other, [low, high], both), (stage, [low], alone),
    ] {
      guard case .success(let separate) = run(member, inputs),
        case .success(let part) = run(member.slice, parts(of: member.along(values), fitted, member.slice))
      else { return report("it cannot take one `\(sharing.parameter)` from a path") }
      if values.count == 1, !Self.isSame(part, separate) {
        report("a path of one `\(sharing.parameter)` should give the bytes of a fit of its own")
      }
      compare(
        part, separate, "taken from a path over `\(sharing.parameter)`",
        tolerance: member.isRandom ? nil : type.pathTolerance)
    }
  }

  private func parts(of fit: ConfiguredStage, _ fitted: Artifacts, _ slice: ConfiguredStage) -> Artifacts {
    var inputs: Artifacts = [:]
    for part in fit.parts(for: slice) { inputs[part.input] = fitted[part.output.name] }
    return inputs
  }

  private static func isSame(_ a: Artifacts, _ b: Artifacts) -> Bool {
    a.mapValues(\.digest) == b.mapValues(\.digest)
  }

  /// - Parameter tolerance: nil for a random stage, which draws anew for each fit: only the shapes must agree.
  private func compare(_ parts: Artifacts, _ separate: Artifacts, _ origin: String, tolerance: Double?) {
    for (port, artifact) in separate.sorted(by: { $0.key < $1.key }) {
      if parts[port]?.encoded.arrays.map(\.shape) != artifact.encoded.arrays.map(\.shape) {
        report("`\(port)` \(origin) has another shape than from a fit of its own")
      } else if let tolerance, let other = parts[port], !Self.agree(artifact, other, tolerance) {
        report("`\(port)` \(origin) differs from that of a fit of its own")
      }
    }
  }

  private static func agree(_ a: any Artifact, _ b: any Artifact, _ tolerance: Double) -> Bool {
    zip(a.encoded.arrays, b.encoded.arrays).allSatisfy { a, b in
      let (left, right) = (numbers(a), numbers(b))
      let largest = left.map(abs).max() ?? 0
      let far = zip(left, right).count { abs($0 - $1) > tolerance * largest }
      let isCounted = a.scalar == .int32 || a.scalar == .int64
      return isCounted ? Double(far) <= tolerance * Double(left.count) : far == 0
    }
  }

  private static func numbers(_ array: EncodedArray) -> [Double] {
    array.bytes.withUnsafeBytes { bytes in
      switch array.scalar {
      case .float32: bytes.bindMemory(to: Float.self).map(Double.init)
      case .float64: Array(bytes.bindMemory(to: Double.self))
      case .int32: bytes.bindMemory(to: Int32.self).map(Double.init)
      case .int64: bytes.bindMemory(to: Int64.self).map(Double.init)
      case .uint8: bytes.map(Double.init)
      }
    }
  }
}
