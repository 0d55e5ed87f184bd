import Artifacts
import Diagnostics
import LinearAlgebra

/// What the laws try stages on: seeded Gaussian blobs and what goes with their rows.
struct LawInputs {
  /// Which rows are fitted on.
  enum Mask {
    /// All but every fifth row.
    case most
    /// Every row.
    case every
    /// No row.
    case none
  }

  var rows = 60
  var columns = 6
  var classes = 3
  var mask = Mask.most
  /// The columns in which every row has the same value.
  var constant: Range<Int> = 0..<0
  /// Further inputs from the standard ones.
  var derive: Laws.Derivation = { _ in [:] }

  /// The inputs for some ports; the optional ones only where wanted.
  func artifacts(
    for ports: [Port], withOptional: Bool = true
  ) throws(Diagnostic) -> [String: any Artifact] {
    var byName = standard
    for (name, artifact) in try derive(byName) { byName[name] = artifact }
    var filled: [String: any Artifact] = [:]
    for port in ports where withOptional || !port.isOptional {
      if let named = byName[port.name], Swift.type(of: named) == port.type {
        filled[port.name] = named
      } else if let typed = byName.values.first(where: { Swift.type(of: $0) == port.type }),
        !(typed is Labels)
      {
        filled[port.name] = typed
      } else if !port.isOptional {
        throw Diagnostic(
          .missingPort, "the laws have no input for the port `\(port.name)` of \(port.type.kind)",
          hint: "derive it from the standard inputs: Laws.check(…) { inputs in … }")
      }
    }
    return filled
  }

  /// One artifact a name.
  private var standard: [String: any Artifact] {
    let names = ["a", "b", "c"].prefix(min(rows, classes))
    let classOf: [Int32] = (0..<rows).map { row in Int32(row % max(1, names.count)) }
    let predicted: [Int32] = (0..<rows).map { row in row % 7 == 3 ? 0 : classOf[row] }
    let clusters: [Int32] = (0..<rows).map { row in row % 10 == 0 ? 0 : Int32(1 + row % 3) }
    // In the first step the first class alone is known.
    let steps: [Int32] = predicted.flatMap { [0, $0] }
    let groups = Assignment(clusters: rows == 0 ? [] : [0, 1, 1, 0], count: rows == 0 ? 0 : 2)
    return [
      "features": Features(blobs),
      "labels": Labels(indices: classOf, names: Array(names)),
      "groups": Labels(integers: (0..<rows).map { $0 / 5 }),
      "fitRows": RowMask((0..<rows).map(isFit)),
      "folds": Folds(heldOutIn: (0..<rows).map { Int32($0 / 3 % 3) }, count: 3),
      "given": Folds(heldOutIn: (0..<rows).map { isFit($0) ? -1 : 0 }, count: 1),
      "assignment": Assignment(clusters: clusters, count: rows == 0 ? 0 : 4),
      "levels": ClusterTree(
        levels: [Assignment(clusters: clusters, count: rows == 0 ? 0 : 4), groups],
        distances: (0..<rows).map { Double($0 * 31 % 23) / 7 }),
      "predictions": Predictions(classes: predicted, names: Array(names)),
      "scores": Scores((0..<rows).map { Double($0 * 37 % 41) / 41 }),
      "spectrum": Spectrum(values: [4, 2, 1], total: 8),
      "measurement": Measurement(0.5),
      "steps": StepPredictions(
        classes: steps, steps: 2, stepOf: names.indices.map { min(1, Int32($0)) }, names: Array(names)),
      "texts": ClassTexts(texts(of: names.count)),
      "tree": chain,
      "reachability": Reachability(
        ordering: (0..<rows).map { Int32($0) }, distances: (0..<rows).map { $0 == 0 ? -1 : Double($0 % 5) },
        coreDistances: (0..<rows).map { Double($0 % 3) }, predecessors: (0..<rows).map { Int32($0) - 1 }),
    ]
  }

  /// A unit direction for each class.
  private func texts(of count: Int) -> Matrix<Float> {
    var random = RandomStream(seed: 20_251_101)
    return Matrix(
      rows: count, columns: columns,
      elements: (0..<count).flatMap { _ in
        let direction = (0..<columns).map { _ in random.normal() }
        let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return direction.map { Float($0 / length) }
      })
  }

  /// Row after row joined to those before it.
  private var chain: MergeTree {
    var merges: [Int32] = []
    for row in 1..<max(1, rows) { merges += row == 1 ? [0, 1] : [Int32(row), Int32(rows + row - 2)] }
    return MergeTree(rows: rows, merges: merges, heights: (1..<max(1, rows)).map { Double($0) })
  }

  private func isFit(_ row: Int) -> Bool {
    switch mask {
    case .most: row % 5 != 4
    case .every: true
    case .none: false
    }
  }

  private var blobs: Matrix<Float> {
    var random = RandomStream(seed: 20_240_607)
    let centres = (0..<3 * max(1, columns)).map { _ in 3 * random.normal() }
    return Matrix(rows: rows, columns: columns) { target in
      for row in 0..<rows {
        for column in 0..<columns {
          let deviation = 1 + 0.2 * Double(column)
          let value = centres[row % 3 * columns + column] + deviation * random.normal()
          target[row * columns + column] = constant.contains(column) ? 1.5 : Float(value)
        }
      }
    }
  }
}

/// What the laws do to the rows of an artifact.
enum LawRows {
  /// The number of rows of an artifact that has one value a row; nil for others.
  static func count(_ artifact: any Artifact) -> Int? {
    switch artifact {
    case let features as Features: features.rows
    case let labels as Labels: labels.rows
    case let mask as RowMask: mask.rows
    case let folds as Folds: folds.rows
    case let assignment as Assignment: assignment.rows
    case let predictions as Predictions: predictions.rows
    case let other as any RowArtifact: other.rows
    default: nil
    }
  }

  /// The artifact of some rows, in that order; the same artifact if it has no rows.
  static func select(_ rows: [Int], of artifact: any Artifact) -> any Artifact {
    switch artifact {
    case let features as Features: Features(features.matrix.selecting(rows: rows))
    case let labels as Labels: Labels(indices: rows.map { labels.indices[$0] }, names: labels.names)
    case let mask as RowMask: RowMask(rows.map { mask.isFit[$0] })
    case let folds as Folds: Folds(heldOutIn: rows.map { folds.heldOutIn[$0] }, count: folds.count)
    case let assignment as Assignment:
      Assignment(clusters: rows.map { assignment.clusters[$0] }, count: assignment.count)
    case let predictions as Predictions:
      Predictions(classes: rows.map { predictions.classes[$0] }, names: predictions.names)
    case let other as any RowArtifact: other.selecting(rows: rows)
    default: artifact
    }
  }

  /// The artifact with some rows moved far away: other features, another class.
  static func move(_ rows: [Int], of artifact: any Artifact) -> any Artifact {
    switch artifact {
    case let features as Features:
      var matrix = features.matrix
      for row in rows {
        for column in 0..<matrix.columns { matrix[row, column] = 40 - 3 * matrix[row, column] }
      }
      return Features(matrix)
    case let labels as Labels:
      var indices = labels.indices
      for row in rows { indices[row] = (indices[row] + 1) % Int32(labels.classCount) }
      return Labels(indices: indices, names: labels.names)
    default: return artifact
    }
  }
}
