import Artifacts
import Diagnostics

/// The law of nested parameters.
extension LawChecker {
  /// What is cut from a larger fit equals what a separate fit gives, to a thousandth of the largest value.
  func checkNesting(_ inputs: Artifacts) {
    guard let nesting = (try? configured())?.nesting else { return }
    guard let large = try? configured(with: [JSON.Member(nesting.parameter, .integer(nesting.value + 1))]),
      let small = try? configured(with: [JSON.Member(nesting.parameter, .integer(max(1, nesting.value - 1)))])
    else { return report("its nested parameter `\(nesting.parameter)` should be a whole number that can vary") }
    guard case .success(let fitted) = run(large, inputs), case .success(let separate) = run(small, inputs),
      case .success(let sliced) = run(small.slice, fitted)
    else { return report("it cannot cut a smaller `\(nesting.parameter)` from a larger one") }
    // A random stage draws anew for each fit, so only the shapes must agree.
    for (port, artifact) in separate.sorted(by: { $0.key < $1.key }) {
      let shapes = artifact.encoded.arrays.map(\.shape)
      if sliced[port]?.encoded.arrays.map(\.shape) != shapes {
        report("`\(port)` cut from a larger `\(nesting.parameter)` has another shape than from a fit of its own")
      } else if !small.isRandom, let other = sliced[port], !Self.agree(artifact, other) {
        report("`\(port)` cut from a larger `\(nesting.parameter)` differs from that of a fit of its own")
      }
    }
  }

  private static func agree(_ a: any Artifact, _ b: any Artifact) -> Bool {
    zip(numbers(a), numbers(b)).allSatisfy { left, right in
      let largest = left.map(abs).max() ?? 0
      return zip(left, right).allSatisfy { abs($0 - $1) <= 1e-3 * largest }
    }
  }

  private static func numbers(_ artifact: any Artifact) -> [[Double]] {
    artifact.encoded.arrays.map { array in
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
}
