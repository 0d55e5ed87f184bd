import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Testing

@testable import Stages

@Suite struct NearestNeighborsTests {
  private func run(
    _ features: Features, _ labels: Labels, _ fitRows: RowMask?, k: Int,
    metric: NearestNeighbors.Metric = .euclidean, weights: NearestNeighbors.Weights = .uniform,
    predict: NearestNeighbors.Predicted = .heldOut
  ) throws -> [Int32] {
    var parameters = NearestNeighbors.Parameters()
    parameters.k = k
    parameters.metric = metric
    parameters.weights = weights
    parameters.predict = predict
    return try NearestNeighbors(parameters: parameters).run(
      .init(features: features, labels: labels, fitRows: fitRows), in: StageContext()
    ).predictions.classes
  }

  @Test func goldenResult() throws {
    try Golden.check(
      NearestNeighbors.self,
      cases: [
        "default": "{}", "all": #"{"predict": "all"}"#,
        "weighted": #"{"k": 3, "metric": "cosine", "weights": "distance"}"#,
      ])
  }

  @Test(arguments: FixtureData.allCases) func predictsAsScikitLearn(data: FixtureData) throws {
    let table = try LearnerCase(data.rawValue)
    let expected = try Fixture.json("nearest-neighbors/\(data.rawValue).json")
    let runs = [
      "uniform": try run(table.features, table.labels, table.fitRows, k: 5),
      "distance": try run(table.features, table.labels, table.fitRows, k: 4, weights: .distance),
      "cosine": try run(table.features, table.labels, table.fitRows, k: 3, metric: .cosine),
    ]
    for (name, predicted) in runs {
      let numbers = expected[name]?.integers ?? []
      let heldOut = table.fitRows.heldOutRows
      // −1 stands where equally near rows leave the choice open.
      let differences = zip(heldOut, numbers).count { $1 >= 0 && Int(predicted[$0]) != $1 }
      #expect(numbers.count == heldOut.count && differences == 0, "\(name)")
      #expect(numbers.count { $0 >= 0 } * 3 > 2 * numbers.count)
    }
  }

  /// A configured probe with one k.
  private func probe(_ k: Int, _ metric: String, _ weights: String) throws -> ConfiguredStage {
    let parameters: KeyValuePairs<String, JSON> = [
      "k": .integer(k), "metric": .string(metric), "weights": .string(weights),
    ]
    return try StageType(NearestNeighbors.self).configured(.object(parameters))
  }

  /// Iris has equal rows and rows at equal distances, whole ones even.
  @Test(arguments: ["digits", "iris"], ["euclidean", "cosine"])
  func whatFewerNeighboursElectIsCutFromMoreOfThem(data: String, metric: String) throws {
    let table = try LearnerCase(data)
    let inputs: [String: any Artifact] = [
      "features": table.features, "labels": table.labels, "fitRows": table.fitRows,
    ]
    for weights in ["uniform", "distance"] {
      let large = try probe(23, metric, weights).run(inputs, in: StageContext())
      for k in [1, 2, 3, 4, 5, 8, 16, 22, 23] {
        let small = try probe(k, metric, weights)
        let separate = try small.run(inputs, in: StageContext())
        let cut = try small.slice.run(large, in: StageContext())
        #expect(cut.mapValues(\.digest) == separate.mapValues(\.digest), "\(weights), k = \(k)")
      }
    }
  }

  @Test func aSweepOverKSearchesOnce() throws {
    let (small, large) = (try probe(3, "cosine", "distance"), try probe(9, "cosine", "distance"))
    #expect(small.sharing?.parameter == "k" && small.sharing?.value == 3)
    #expect(small.sharing?.family == large.sharing?.family)
    #expect(small.sharing?.family != (try probe(3, "cosine", "uniform").sharing?.family))
  }

  @Test func theNeighboursOfManyClassesAreStored() throws {
    // 300 classes: an index does not fit into a byte.
    let features = Features(Matrix(rows: 300, columns: 1, elements: (0..<300).map(Float.init)))
    for (count, size) in [(300, 4), (200, 1)] {
      let rows = Array(0..<count)
      let artifacts = try probe(2, "euclidean", "distance").run(
        [
          "features": Features(features.matrix.selecting(rows: rows)),
          "labels": Labels(integers: rows),
        ], in: StageContext())
      let stored = try #require(artifacts["neighbors"]).encoded
      #expect(stored.arrays.map(\.scalar.size) == [size, 1, 4])
      let read = try NearestClasses(stored)
      #expect(read.digest == stored.digest)
      #expect(read.elected(by: 2) == rows.map(Int32.init))
    }
  }

  @Test func storedNeighboursThatAreNoneAreRefused() throws {
    let bytes: [UInt8] = [0, 1, 2, 0]
    func read(
      _ classes: Int, _ shape: [Int], searched: [UInt8] = [1, 1], distances: Int? = nil
    ) throws -> NearestClasses {
      var arrays = [
        EncodedArray("classes", .uint8, shape: shape, bytes: Bytes(copying: bytes)),
        EncodedArray("searched", .uint8, shape: [searched.count], bytes: Bytes(copying: searched)),
      ]
      if let distances {
        let values = [Float](repeating: 1, count: distances)
        arrays.append(
          EncodedArray("distances", .float32, shape: [distances, 1], bytes: Bytes(copying: values)))
      }
      return try NearestClasses(
        EncodedArtifact(
          kind: "nearest-classes", fields: .object(["classes": .integer(classes)]), arrays: arrays))
    }
    #expect(try read(3, [2, 2]).rows == 2)
    #expect(try read(3, [2, 2], searched: [0, 1, 0, 1]).elected(by: 1) == [-1, 0, -1, 2])
    for searched: [UInt8] in [[1], [1, 1, 1], [1, 2]] {
      #expect(throws: Diagnostic.self) { try read(3, [2, 2], searched: searched) }
    }
    for (classes, shape, distances) in [(2, [2, 2], nil), (3, [4], nil), (3, [3, 2], nil), (3, [2, 2], 4)] {
      #expect(throws: Diagnostic.self) { try read(classes, shape, distances: distances) }
    }
    // Neighbours that belong to other predictions.
    let fitted: [String: any Artifact] = [
      "predictions": Predictions(classes: [0, 0], names: ["a", "b"]), "neighbors": try read(3, [2, 2]),
    ]
    let error = try #require(throws: Diagnostic.self) {
      try probe(1, "euclidean", "uniform").slice.run(fitted, in: StageContext())
    }
    #expect(
      error.description
        == "error[corruptObject]: the stored neighbours are not those of the stored predictions")
  }

  @Test func aFitRowIsItsOwnNeighbour() throws {
    let table = try LearnerCase("digits").thinned(by: 3)
    #expect(try run(table.features, table.labels, nil, k: 1) == table.labels.indices)
  }

  private let line = Features(Matrix([[0], [1], [3], [10], [2]]))
  private let classes = Labels(strings: ["b", "a", "a", "b", "b"])
  private let allButLast = RowMask([true, true, true, true, false])

  @Test func fitRowsAreNotPredictedUnlessAskedFor() throws {
    #expect(try run(line, classes, allButLast, k: 3) == [-1, -1, -1, -1, 0])
    #expect(try run(line, classes, allButLast, k: 3, predict: .all) == [0, 0, 0, 0, 0])
    // Where no row is held out, there is nothing else to predict.
    let everyRow = RowMask([true, true, true, true, true])
    #expect(try run(line, classes, everyRow, k: 1) == classes.indices)
    #expect(try run(line, classes, nil, k: 1) == classes.indices)
  }

  @Test func measuringRowsThatWereNotPredictedIsAnError() throws {
    let predictions = Predictions(
      classes: try run(line, classes, allButLast, k: 3), names: classes.names)
    let error = try #require(throws: Diagnostic.self) {
      try Accuracy(parameters: NoParameters()).run(
        .init(predictions: predictions, labels: classes, fitRows: nil), in: StageContext())
    }
    #expect(
      error.description == """
        error[tooFewRows]: a row that is to be measured was not predicted
          row: 0
          hint: measure on the rows that the probe's splitter held out, or let the probe predict all rows
        """)
  }

  @Test func ofEqualVotesTheFirstClassWins() throws {
    #expect(try run(line, classes, allButLast, k: 4, predict: .all).suffix(2) == [0, 0])
  }

  @Test func aNeighbourAtDistanceZeroDecides() throws {
    #expect(
      try run(line, classes, allButLast, k: 3, weights: .distance, predict: .all) == [1, 0, 0, 1, 0])
    #expect(try run(line, classes, allButLast, k: 3, predict: .all) == [0, 0, 0, 0, 0])
  }

  @Test func aRowOfZerosHasACosine() throws {
    let features = Features(Matrix([[1, 0], [0, 1], [0, 0], [5, 1]]))
    let labels = Labels(strings: ["x", "y", "x", "y"])
    let fitRows = RowMask([true, true, false, false])
    // The zero row is at distance 1 from both: the first comes first.
    #expect(try run(features, labels, fitRows, k: 1, metric: .cosine) == [-1, -1, 0, 0])
  }

  @Test func moreNeighboursThanFitRowsAreRefused() throws {
    let error = try #require(throws: Diagnostic.self) { try run(line, classes, allButLast, k: 5) }
    #expect(
      error.description == """
        error[tooFewRows]: there are fewer fit rows than neighbours
          k:        5
          fit rows: 4 of 5
          hint: lower `k`
        """)
  }
}
