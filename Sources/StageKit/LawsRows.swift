import Artifacts
import Diagnostics
import LinearAlgebra

/// The laws of rows: what is held out stays out, order does not matter, lengths agree, numbers are finite.
extension LawChecker {
  /// The laws that the traits of the stage promise.
  func checkRows(_ stage: ConfiguredStage, _ inputs: Artifacts) {
    guard case .success(let outputs) = run(stage, inputs) else { return }
    if type.traits.contains(.fitsOnFitRows) { checkFitRows(stage, inputs, outputs) }
    if type.traits.contains(.rowWise) { checkPermutation(stage, inputs, outputs) }
  }

  /// Every other held-out row is moved: all other rows keep their results.
  private func checkFitRows(_ stage: ConfiguredStage, _ inputs: Artifacts, _ outputs: Artifacts) {
    guard let mask = inputs["fitRows"] as? RowMask else {
      return report("it declares `fitsOnFitRows`, but does not take `fitRows`")
    }
    let moved = mask.heldOutRows.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    let kept = (0..<mask.rows).filter { !moved.contains($0) }
    let outcome = run(
      stage, inputs.mapValues { LawRows.count($0) == mask.rows ? LawRows.move(moved, of: $0) : $0 })
    guard case .success(let others) = outcome else {
      return report("it fails when held-out rows move")
    }
    for (name, artifact) in outputs {
      guard let other = others[name] else { continue }
      let isByRow = LawRows.count(artifact) == mask.rows && LawRows.count(other) == mask.rows
      let (before, after) =
        isByRow ? (LawRows.select(kept, of: artifact), LawRows.select(kept, of: other)) : (artifact, other)
      if before.digest != after.digest {
        report("moving held-out rows changes `\(name)`\(isByRow ? " of other rows" : "")")
      }
    }
  }

  /// Reversed rows give the reversed result, within rounding.
  private func checkPermutation(_ stage: ConfiguredStage, _ inputs: Artifacts, _ outputs: Artifacts) {
    let rows = inputs.values.compactMap(LawRows.count).max() ?? 0
    let order = Array((0..<rows).reversed())
    let outcome = run(
      stage, inputs.mapValues { LawRows.count($0) == rows ? LawRows.select(order, of: $0) : $0 })
    guard case .success(let permuted) = outcome else {
      return report("it is declared row-wise, but fails when rows change their order")
    }
    for (name, artifact) in outputs {
      guard let other = permuted[name] else { continue }
      let expected = LawRows.count(artifact) == rows ? LawRows.select(order, of: artifact) : artifact
      if !expected.encoded.isClose(to: other.encoded) {
        report("it is declared row-wise, but rows in another order change `\(name)`")
      }
    }
  }

  /// NaN and infinity are refused where they stand, in a fit row and in one that is held out.
  func checkNotFinite(_ stage: ConfiguredStage, _ inputs: Artifacts) {
    // A splitter does not compute with features.
    guard type.kind != .splitter else { return }
    for (name, artifact) in inputs {
      guard let features = artifact as? Features, features.rows > 14 else { continue }
      for (row, value) in [(7, Float.nan), (7, .infinity), (14, .nan), (14, -.infinity)] {
        var matrix = features.matrix
        let column = min(2, matrix.columns - 1)
        matrix[row, column] = value
        let spoilt = inputs.merging([name: Features(matrix)]) { $1 }
        checkRefusal(stage, spoilt, "\(value) at `\(name)`", row, column)
      }
    }
  }

  private func checkRefusal(
    _ stage: ConfiguredStage, _ inputs: Artifacts, _ what: String, _ row: Int, _ column: Int
  ) {
    guard case .failure(let error) = run(stage, inputs) else { return report("it accepts \(what)") }
    func number(_ label: String) -> Int? {
      error.fields.first { $0.label == label }.flatMap { Int($0.value.prefix { $0.isNumber }) }
    }
    if error.code != .notFinite || number("row") != row || number("column") != column {
      report("it refuses \(what), row \(row), column \(column) by an error that does not say so: \(error)")
    }
  }

  /// Inputs that disagree about the number of rows are refused.
  func checkLengths(_ stage: ConfiguredStage, _ inputs: Artifacts) {
    let lengths = inputs.compactMapValues(LawRows.count)
    guard lengths.count > 1 else { return }
    for (name, rows) in lengths where rows > 0 {
      guard let artifact = inputs[name] else { continue }
      let short = LawRows.select(Array(0..<rows - 1), of: artifact)
      switch run(stage, inputs.merging([name: short]) { $1 }) {
      case .success: report("it accepts `\(name)` with a row less than its other inputs")
      case .failure(let error):
        if error.code != .lengthMismatch {
          report("it refuses `\(name)` with a row less by another error than lengthMismatch: \(error)")
        }
      }
    }
  }
}

extension EncodedArtifact {
  /// Whether whole numbers and fields are equal and other numbers differ by rounding: 1e-3 of the largest.
  fileprivate func isClose(to other: EncodedArtifact) -> Bool {
    header == other.header
      && zip(arrays, other.arrays).allSatisfy { mine, theirs in
        mine.bytes.withUnsafeBytes { a in
          theirs.bytes.withUnsafeBytes { b in
            switch mine.scalar {
            case .float32: closeTogether(a.bindMemory(to: Float.self), b.bindMemory(to: Float.self))
            case .float64: closeTogether(a.bindMemory(to: Double.self), b.bindMemory(to: Double.self))
            case .int32, .int64, .uint8: a.elementsEqual(b)
            }
          }
        }
      }
  }
}

private func closeTogether<Scalar: BinaryFloatingPoint>(
  _ a: UnsafeBufferPointer<Scalar>, _ b: UnsafeBufferPointer<Scalar>
) -> Bool {
  let scale = a.reduce(0) { max($0, abs($1)) }
  return zip(a, b).allSatisfy { abs($0 - $1) <= scale / 1000 }
}
