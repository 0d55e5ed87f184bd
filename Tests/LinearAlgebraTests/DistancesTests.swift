import LinearAlgebra
import Testing

private func distance(_ a: Matrix<Float>, _ i: Int, _ b: Matrix<Float>, _ j: Int) -> Double {
  var sum = 0.0
  for column in 0..<a.columns {
    let difference = Double(a[i, column]) - Double(b[j, column])
    sum += difference * difference
  }
  return sum
}

@Suite struct DistancesTests {
  @Test(
    arguments: [
      [0, 3, 2], [3, 0, 2], [1, 1, 1], [1, 9, 4], [9, 1, 4], [20, 30, 1], [300, 40, 20], [270, 1100, 12],
    ],
    [0.0, 1000])
  func squaredDistancesAreThoseOfTheNaiveLoop(shape: [Int], offset: Double) {
    onThreads(3) {
      let a = randomMatrix(shape[0], shape[2], seed: 1, offset: offset)
      let b = randomMatrix(shape[1], shape[2], seed: 2, offset: offset)
      let step = a.rows * b.rows > 20_000 ? 97 : 1
      expectClose(squaredDistances(a, b), rows: a.rows, columns: b.rows, tolerance: 2e-6, step: step) {
        (distance(a, $0, b, $1), Double(4 * shape[2] + 10))
      }
      let among = squaredDistances(among: b)
      #expect(among == among.transposed)
      #expect((0..<b.rows).allSatisfy { among[$0, $0] == 0 })
      expectClose(among, rows: b.rows, columns: b.rows, tolerance: 2e-6, step: b.rows > 100 ? 997 : 1) {
        (distance(b, $0, b, $1), Double(4 * shape[2] + 10))
      }
    }
  }

  @Test(
    arguments: [[0, 3, 2], [1, 1, 1], [1, 9, 4], [9, 1, 4], [700, 40, 20], [300, 1100, 12]], [0.0, 1000])
  func nearestIsThatOfTheNaiveLoop(shape: [Int], offset: Double) {
    onThreads(3) {
      let a = randomMatrix(shape[0], shape[2], seed: 1, offset: offset)
      let b = randomMatrix(shape[1], shape[2], seed: 2, offset: offset)
      let (index, squared) = nearest(rows: a, to: b)
      #expect(index.count == a.rows && squared.count == a.rows)
      for row in stride(from: 0, to: a.rows, by: a.rows > 100 ? 7 : 1) {
        let distances = (0..<b.rows).map { distance(a, row, b, $0) }
        let least = distances.min() ?? .nan
        #expect(distances[Int(index[row])] <= least + 2e-6 * (least + Double(shape[2])))
        #expect(abs(Double(squared[row]) - distances[Int(index[row])]) <= 2e-6 * (least + 1))
      }
    }
  }

  @Test func nearestTakesTheFirstOfEquals() {
    let centroids = Matrix<Float>(rows: 1200, columns: 2, repeating: 1)
    let (index, squared) = nearest(rows: randomMatrix(20, 2), to: centroids)
    #expect(index == [Int32](repeating: 0, count: 20))
    #expect(squared.allSatisfy { $0 > 0 })
  }

  @Test func bytesDoNotDependOnTheNumberOfThreads() {
    let a = randomMatrix(2100, 30, seed: 3, offset: 2)
    let b = randomMatrix(120, 30, seed: 4, offset: 2)
    expectSameAtAnyNumberOfThreads { squaredDistances(a, b).bytes }
    expectSameAtAnyNumberOfThreads { squaredDistances(among: b).bytes }
    expectSameAtAnyNumberOfThreads { nearest(rows: a, to: b).index }
    expectSameAtAnyNumberOfThreads { nearest(rows: a, to: b).squaredDistance }
    expectSameAtAnyNumberOfThreads { a.squaredRowNorms() }
  }

  @Test func rowKernelsWorkOnEveryRow() {
    var rows = Matrix<Float>([[0, 0], [1, 1], [-2, -2]])
    #expect(rows.squaredRowNorms() == [0, 2, 8])
    var copy = rows
    let logarithms = copy.softmaxRows()
    #expect(copy == Matrix(rows: 3, columns: 2, repeating: 0.5))
    #expect(zip(logarithms, [0, 1, -2]).allSatisfy { abs($0 - $1 - 0.6931471805599453) < 1e-7 })
    rows.exponentiate(scale: 0)
    #expect(rows == Matrix(rows: 3, columns: 2, repeating: 1))
    var empty = Matrix<Float>(rows: 0, columns: 2)
    #expect(empty.softmaxRows().isEmpty)
  }
}
