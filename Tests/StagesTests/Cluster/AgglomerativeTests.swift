import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct AgglomerativeTests {
  private func run(
    _ features: Features, _ clusters: Int, _ linkage: Agglomerative.Linkage = .ward, memory: Int? = nil
  ) throws -> Agglomerative.Output {
    var parameters = Agglomerative.Parameters()
    parameters.clusters = clusters
    parameters.linkage = linkage
    return try Agglomerative(parameters: parameters).run(
      .init(features: features), in: StageContext(memoryBudget: memory))
  }

  private func column(_ values: [Float]) -> Features {
    Features(Matrix(rows: values.count, columns: 1, elements: values))
  }

  @Test func goldenResult() throws {
    try Golden.check(
      Agglomerative.self,
      cases: [
        "ward": #"{"clusters": 3}"#, "average": #"{"clusters": 4, "linkage": "average"}"#,
        "complete": #"{"clusters": 5, "linkage": "complete"}"#,
        "single": #"{"clusters": 2, "linkage": "single"}"#,
      ])
  }

  @Test(arguments: 0..<20) func treesAreThoseOfSciPyAndClustersThoseOfScikitLearn(index: Int) throws {
    let items = try Fixture.json("agglomerative/trees.json").items ?? []
    #expect(items.count == 20)
    let item = items[index]
    let features = try features(item["name"]?.string ?? "", step: item["step"]?.integer ?? 1)
    let linkage = try #require(Agglomerative.Linkage(rawValue: item["linkage"]?.string ?? ""))
    let tree = try run(features, 2, linkage).tree
    #expect(relativeError(tree.heights, item["heights"]?.doubles ?? []) < 1e-8)
    #expect(tree.merges.map(Int.init) == item["merges"]?.integers)
    for clusters in [2, 3, 7, 20] {
      let labels = item["labels"]?["\(clusters)"]?.integers ?? []
      #expect(tree.cut(into: clusters) == numbered(labels), "\(clusters)")
      #expect(try run(features, clusters, linkage).assignment == numbered(labels))
    }
  }

  private func features(_ name: String, step: Int) throws -> Features {
    if name != "lattice" { return try LearnerCase(name).thinned(by: step).features }
    return Features(Matrix((0..<63).map { [Float($0 / 7), Float($0 % 7)] }))
  }

  /// The same clusters, numbered by their first rows.
  private func numbered(_ labels: [Int]) -> Assignment {
    var numbers: [Int: Int32] = [:]
    let clusters = labels.map { label in
      let number = numbers[label] ?? Int32(numbers.count)
      numbers[label] = number
      return number
    }
    return Assignment(clusters: clusters, count: numbers.count)
  }

  @Test func joinsOnALineHaveKnownHeights() throws {
    let features = column([0, 1, 5, 7, 20])
    #expect(try run(features, 2, .single).tree.heights == [1, 2, 4, 13])
    #expect(try run(features, 2, .complete).tree.heights == [1, 2, 7, 20])
    #expect(try run(features, 2, .average).tree.heights == [1, 2, 5.5, 16.75])
    // 2 · |A| |B| ÷ (|A| + |B|) times the squared distance of the means.
    let ward = try run(features, 2).tree.heights
    #expect(relativeError(ward, [1, 2, 2 * 5.5 / 2.0.squareRoot(), 16.75 * 1.6.squareRoot()]) < 1e-14)
    #expect(try run(features, 2).tree.merges == [0, 1, 2, 3, 5, 6, 4, 7])
    #expect(try run(features, 3).assignment == assignment([0, 0, 1, 1, 2]))
  }

  @Test(arguments: Agglomerative.Linkage.allCases)
  func aSweepOverClustersIsCutFromOneTree(linkage: Agglomerative.Linkage) throws {
    let features = try LearnerCase("wine").standardized().features
    let fitted = try run(features, 9, linkage)
    for clusters in 1...9 {
      var parameters = Agglomerative.Parameters()
      (parameters.clusters, parameters.linkage) = (clusters, linkage)
      let cut = try Agglomerative(parameters: parameters).slice(fitted)
      let separate = try run(features, clusters, linkage)
      #expect(cut.assignment == separate.assignment && cut.tree == separate.tree)
    }
  }

  @Test(arguments: Agglomerative.Linkage.allCases)
  func oneRowTwoRowsAndAllRowsAreClusters(linkage: Agglomerative.Linkage) throws {
    #expect(try run(column([3]), 1, linkage).assignment == assignment([0]))
    #expect(try run(column([3]), 1, linkage).tree == MergeTree(rows: 1, merges: [], heights: []))
    #expect(try run(column([3, 5]), 1, linkage).assignment == assignment([0, 0]))
    #expect(try run(column([3, 5]), 2, linkage).assignment == assignment([0, 1]))
    #expect(try run(column([3, 5]), 2, linkage).tree.heights == [2])
    let features = try LearnerCase("iris").features
    #expect(try run(features, 150, linkage).assignment == assignment(Array(0..<150)))
  }

  @Test(arguments: Agglomerative.Linkage.allCases)
  func equalRowsAreJoinedFirstAtNoHeight(linkage: Agglomerative.Linkage) throws {
    // Values that Float32 rounds, far from 0: products would not tell equal rows from near ones.
    let values = (0..<90).map { Float([1e4 + 0.1, 1e4 + 0.3, 1e4 + 0.7][$0 % 3]) }
    let output = try run(column(values), 3, linkage)
    #expect(output.assignment == assignment((0..<90).map { $0 % 3 }))
    #expect(output.tree.heights.prefix(87).allSatisfy { $0 == 0 })
    #expect(output.tree.heights.suffix(2).allSatisfy { $0 > 0 })
    let same = try run(column([Float](repeating: 0.1, count: 70)), 5, linkage)
    #expect(same.tree.heights.allSatisfy { $0 == 0 } && Set(same.assignment.clusters).count == 5)
  }

  @Test func singleLinkageNeedsNoRoomForAllDistances() throws {
    for name in ["iris", "digits"] {
      let features = try LearnerCase(name).thinned(by: 3).features
      let (slow, fast) = try (run(features, 4, .single, memory: 0), run(features, 4, .single))
      #expect(slow.tree == fast.tree && slow.assignment == fast.assignment)
    }
  }

  @Test(arguments: [Agglomerative.Linkage.ward, .average, .complete])
  func moreRowsThanMemoryAreRefusedWithTheSum(linkage: Agglomerative.Linkage) throws {
    let features = Features(Matrix(rows: 100_000, columns: 1, repeating: 1))
    let error = try #require(throws: Diagnostic.self) { try run(features, 2, linkage, memory: 8_000_000_000) }
    #expect(
      error.description == """
        error[outOfMemory]: the distances between all pairs of rows need more memory than this run may take
          rows:      100000
          distances: 40.0 GB, 8 bytes for each of 4999950000 pairs
          budget:    8.0 GB
          hint: raise `--memory`, cluster fewer rows, or take the linkage `single`, which can do without
        """)
  }

  @Test func moreClustersThanRowsAreRefused() throws {
    let error = try #require(throws: Diagnostic.self) { try run(column([1, 2]), 3) }
    #expect(
      error.description == """
        error[tooFewRows]: there are fewer rows than clusters
          rows:     2
          clusters: 3
          hint: ask for fewer clusters
        """)
  }

  @Test func aTreeOfFewerRowsThanClustersIsNoFit() throws {
    let fitted = try run(column([1, 2]), 2)
    var parameters = Agglomerative.Parameters()
    parameters.clusters = 3
    let error = try #require(throws: Diagnostic.self) {
      try Agglomerative(parameters: parameters).slice(fitted)
    }
    #expect(
      error.description == "error[corruptObject]: the stored tree has fewer rows than there are clusters")
  }
}
