import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

/// Groups rows of novel classes in the spectrum of a similarity graph of all rows, known and novel.
///
/// Rows at distance d are similar by exp(−d² ÷ σ²), where σ makes the longest edge of the minimum spanning tree as
/// similar as `similarity` says: so the graph hangs together. The rows are embedded by the eigenvectors 2 to
/// `components` + 1 of the normalised Laplacian I − D^(−½) W D^(−½), by ascending eigenvalue, and grouped there as by
/// `ncd-k-means`.
///
/// - Shapes: `features` n × d, `labels`, `known` n → `assignment` n, `embedding` n × `components`.
/// - Units: `features` in u; the embedding has none.
/// - Fits on: all rows; of novel rows the labels are not read.
/// - Cost: O(n² (d + components)) time, 8 n² bytes of memory.
/// - Errors: `tooFewRows` (no known row, fewer novel rows than clusters, or not more rows than components),
///   `lengthMismatch`, `badShape`, `notFinite`, `outOfRange` (all rows are the same, or too far apart).
/// - Source: Troisemaine et al., Data Min. Knowl. Discov. (2024), doi 10.1007/s10618-024-01025-y; Ng, Jordan, Weiss, NIPS
///   2001.
struct NCDSpectral: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of novel classes.", .atLeast(1)) var clusters = 3
    @Parameter("Number of eigenvectors.", .atLeast(1)) var components = 3
    @Parameter("How similar the ends of the longest edge of the spanning tree are.", .between(0, 1))
    var similarity = 0.5
    @Parameter("Number of starts of k-means; the best result is kept.", .atLeast(1)) var starts = 10
    @Parameter("What is done with the centres of the known classes.") var known = KnownCentres.seed
    @Parameter("In proportion to what first centres are drawn.") var weight = SeedWeight.squaredDistance
    @Parameter("Most iterations of a start of k-means.", .atLeast(1)) var iterations = 300
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var known: RowMask
  }
  struct Output: Ports {
    var assignment: Assignment
    var embedding: Features
  }

  static let name = "ncd-spectral"
  static let summary = "Groups rows of novel classes in the spectrum of a similarity graph of all rows."
  static let kind = StageKind.discoverer
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { true }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let rows = try KnownAndNovelRows(
      input.features, input.labels, input.known, clusters: parameters.clusters)
    guard input.features.rows > parameters.components else {
      throw Diagnostic(
        .tooFewRows, "there are not more rows than components",
        fields: ["rows": "\(input.features.rows)", "components": "\(parameters.components)"],
        hint: "ask for fewer components")
    }
    let table = CenteredRows(input.features.matrix)
    try table.requireFiniteDistances()
    let embedding = try SpectralEmbedding(
      table.rows, components: parameters.components, similarity: parameters.similarity, context)
    let search = NovelCentres(
      clusters: parameters.clusters, starts: parameters.starts, iterations: parameters.iterations,
      known: parameters.known, weight: parameters.weight)
    let found = try search.search(embedding.rows, rows, RandomStream(seed: context.seed), context)
    return Output(
      assignment: rows.assignment(found.assignment, count: parameters.clusters),
      embedding: Features(embedding.rows))
  }
}

/// Rows by the eigenvectors of the normalised Laplacian of their similarities.
struct SpectralEmbedding {
  /// Eigenvectors 2 to count + 1 as columns, each of length 1.
  let rows: Matrix<Float>
  /// The longest edge of the minimum spanning tree.
  let longestEdge: Double

  /// - Throws: `outOfRange` if all rows are the same; what eigenvalues throw.
  init(
    _ points: Matrix<Float>, components: Int, similarity: Double, _ context: StageContext
  ) throws(StageError) {
    var graph = try squaredDistances(among: points, stoppingAt: context.safePoint)
    let longest = try Self.longestEdge(graph, context)
    guard longest > 0 else {
      throw Diagnostic(
        .outOfRange, "all rows are the same, so there is no distance to compare with",
        fields: ["rows": "\(points.rows)"])
    }
    longestEdge = longest.squareRoot()
    let scale = Float(log(similarity) / longest)
    try graph.exponentiate(scale: scale, stoppingAt: context.safePoint)
    graph.normalizeByDegrees()
    do throws(LinearAlgebraError) {
      let pairs = try topEigen(
        graph, count: components + 1, tolerance: EigenTolerance(relative: 1e-7),
        stoppingAt: context.arithmeticSafePoint)
      let vectors = pairs.vectors
      rows = Matrix(rows: points.rows, columns: components) { target in
        for row in 0..<points.rows {
          for component in 0..<components {
            target[row * components + component] = vectors[component + 1, row]
          }
        }
      }
    } catch {
      throw error.stageError
    }
  }

  /// The largest squared length of an edge of the minimum spanning tree (Prim's method).
  static func longestEdge(
    _ squares: Matrix<Float>, _ context: StageContext
  ) throws(StageError) -> Double {
    let count = squares.rows
    var lengths = [Float](repeating: .infinity, count: count)
    var isJoined = [Bool](repeating: false, count: count)
    var (current, longest) = (0, Float(0))
    for _ in 1..<max(1, count) {
      isJoined[current] = true
      try context.checkCancelled()
      var (next, least) = (current, Float.infinity)
      squares.withPointer { base in
        let row = base + current * count
        for other in 0..<count where !isJoined[other] {
          if row[other] < lengths[other] { lengths[other] = row[other] }
          if lengths[other] < least { (next, least) = (other, lengths[other]) }
        }
      }
      longest = max(longest, least)
      current = next
    }
    return Double(longest)
  }
}

extension Matrix<Float> {
  /// Divides each similarity by the square roots of the degrees of both rows: D^(−½) W D^(−½).
  fileprivate mutating func normalizeByDegrees() {
    let order = rows
    var scales = [Double](repeating: 0, count: order)
    withPointer { base in
      scales.withUnsafeMutableBufferPointer { scales in
        nonisolated(unsafe) let scales = scales
        parallelFor(order) { row in
          var sum = 0.0
          for column in 0..<order { sum += Double(base[row * order + column]) }
          scales[row] = 1 / sum.squareRoot()
        }
      }
    }
    withMutablePointer { base in
      parallelFor(order) { row in
        for column in 0..<order {
          // The factors first: their product is the same in both triangles.
          base[row * order + column] = Float(
            Double(base[row * order + column]) * (scales[row] * scales[column]))
        }
      }
    }
  }
}
