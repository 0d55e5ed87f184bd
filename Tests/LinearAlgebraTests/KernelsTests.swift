import CKernels
import LinearAlgebra
import Testing

#if canImport(Glibc)
  import Glibc
#endif

private let lengths = [0, 1, 5, 15, 16, 17, 33, 100]

@Suite struct KernelsTests {
  private func values(_ count: Int, seed: UInt64, scale: Double = 1) -> [Float] {
    var stream = RandomStream(seed: seed)
    return (0..<count).map { _ in Float(scale * stream.normal()) }
  }

  @Test(arguments: lengths) func sumsAreThoseOfTheNaiveLoop(count: Int) {
    let (x, y) = (values(count, seed: 1), values(count, seed: 2))
    let product = dot(count, { Double(x[$0]) }, { Double(y[$0]) })
    #expect(abs(kernel_dot(x, y, count) - product.value) <= 1e-15 * product.scale)
    let norm = dot(count, { Double(x[$0]) }, { Double(x[$0]) })
    #expect(abs(kernel_squared_norm(x, count) - norm.value) <= 1e-15 * norm.scale)
    let difference = { Double(x[$0]) - Double(y[$0]) }
    let distance = dot(count, difference, difference)
    #expect(abs(kernel_squared_distance(x, y, count) - distance.value) <= 1e-15 * distance.scale)
  }

  @Test func cosinesAreThoseOfTheLibrary() {
    for (count, scale) in [(1, 1.0), (17, 3.0), (1000, 0.3), (1000, 40), (200, 1e6), (50, 1e12)] {
      let (x, phases) = (values(count, seed: 5, scale: scale), values(count, seed: 6))
      var found = x
      kernel_cosine_turns(&found, phases, 0.5, count)
      for index in 0..<count {
        // The sum is rounded; what follows is exact, however many turns there are.
        let turns = Double(x[index] + phases[index])
        let expected = 0.5 * cos(2 * Double.pi * turns.remainder(dividingBy: 1))
        #expect(abs(Double(found[index]) - expected) <= 1.5e-7)
      }
    }
  }

  @Test(arguments: lengths) func updatesAreThoseOfTheNaiveLoop(count: Int) {
    let (x, y) = (values(count, seed: 1), values(count, seed: 2))
    // A power of two: both ways of rounding agree.
    var single = y
    kernel_axpy(&single, 0.5, x, count)
    var double = y.map { Double($0) }
    kernel_axpy_double(&double, 0.5, x, count)
    var sums = double
    kernel_accumulate(&sums, x, count)
    let means = y.map { Double($0) / 3 }
    var centred = x
    kernel_subtract(&centred, x, means, count)
    for index in 0..<count {
      let (left, right) = (x[index], y[index])
      let sum = Double(left) / 2 + Double(right)
      #expect(single[index] == left / 2 + right)
      #expect(double[index] == sum)
      #expect(sums[index] == sum + Double(left))
      #expect(centred[index] == Float(Double(left) - means[index]))
    }
  }

  @Test(arguments: lengths.dropFirst()) func argMinTakesTheFirstOfTheLeast(count: Int) {
    let products = values(count, seed: 3)
    let offsets = values(count, seed: 4, scale: 0.1)
    var index: Int32 = -1
    let least = kernel_row_argmin(products, offsets, count, &index)
    let scores = (0..<count).map { offsets[$0] - 2 * products[$0] }
    #expect(least == scores.min())
    #expect(Int(index) == scores.firstIndex(of: least))
    // Equal scores: the first.
    let zeros = [Float](repeating: 0, count: count)
    #expect(kernel_row_argmin(zeros, zeros, count, &index) == 0 && index == 0)
    var late = zeros
    late[count - 1] = 1
    #expect(kernel_row_argmin(late, zeros, count, &index) == -2 && Int(index) == count - 1)
    late[0] = .nan
    if count > 1 { #expect(kernel_row_argmin(late, zeros, count, &index) == -2 && Int(index) == count - 1) }
  }

  @Test(arguments: lengths) func distancesFromProductsAreNeverNegative(count: Int) {
    var row = values(count, seed: 5)
    let (norms, products) = (values(count, seed: 6).map { $0 * $0 }, row)
    kernel_distances_from_products(&row, 0.25, norms, count)
    for (index, distance) in row.enumerated() {
      let (norm, product) = (Double(norms[index]), Double(products[index]))
      let exact = max(0, 0.25 + norm - 2 * product)
      let scale = 0.25 + norm + 2 * abs(product)
      #expect(abs(Double(distance) - exact) <= 3e-7 * scale)
    }
    #expect(row.allSatisfy { $0 >= 0 })
  }

  @Test(arguments: lengths) func findsTheScoresWithinALimit(count: Int) {
    let products = values(count, seed: 7)
    let offsets = [Float](repeating: 0.5, count: count)
    let scales = [Float](repeating: 2, count: count)
    var scores = [Float](repeating: .nan, count: count)
    var indices = [Int32](repeating: -1, count: count)
    let found = kernel_scores_within(products, offsets, scales, count, 0.5, &scores, &indices)
    let expected = products.indices.filter { 0.5 - 2 * products[$0] <= 0.5 }
    let expectedScores = expected.map { 0.5 - 2 * products[$0] }
    #expect(indices.prefix(found).map { Int($0) } == expected)
    #expect(Array(scores.prefix(found)) == expectedScores)
  }

  @Test func exponentialsAreExactToThreeTenMillionths() {
    var inputs = stride(from: Float(-87.3), through: 88.7, by: 0.0173).map { $0 }
    inputs += values(500, seed: 8, scale: 1e-3)
    var outputs = inputs
    kernel_exp_scaled(&outputs, 1, outputs.count)
    var worst = 0.0
    for (input, output) in zip(inputs, outputs) {
      worst = max(worst, abs(Double(output) / exp(Double(input)) - 1))
    }
    #expect(worst <= 3e-7)
  }

  @Test func exponentialsOfExtremes() {
    var row: [Float] = [0, -0.0, -87.34, -1000, -.infinity, 88.7228, 88.73, .infinity, .nan]
    kernel_exp_scaled(&row, 1, row.count)
    #expect(row[0...1] == [1, 1])
    #expect(row[2...4] == [0, 0, 0])
    #expect(row[5].isFinite && row[5] > 3.4e38)
    #expect(row[6...7] == [.infinity, .infinity])
    #expect(row[8].isNaN)
    var scaled: [Float] = [2, 4]
    kernel_exp_scaled(&scaled, -0.5, 2)
    #expect(abs(scaled[0] - 0.36787944) < 1e-7 && abs(scaled[1] - 0.13533528) < 1e-7)
  }

  @Test(arguments: lengths.dropFirst()) func softmaxSumsToOne(count: Int) {
    for offset in [Float(0), 1000, -1000] {
      let logits = values(count, seed: 9, scale: 5).map { $0 + offset }
      var row = logits
      let logSum = kernel_softmax(&row, count)
      let highest = Double(logits.max() ?? 0)
      let sum = logits.map { exp(Double($0) - highest) }.reduce(0, +)
      let exact = highest + log(sum)
      #expect(abs(logSum - exact) <= 1e-6)
      for (logit, probability) in zip(logits, row) {
        let expected = exp(Double(logit) - exact)
        #expect(abs(Double(probability) - expected) <= 2e-6 * expected)
      }
    }
  }

  @Test func theLeastOfSomeScoresAreKeptInTheirOrder() {
    for (count, rank, values) in [
      (1, 1, 5), (40, 7, 1000), (40, 40, 3), (300, 28, 100_000), (300, 28, 4), (900, 70, 50),
      (900, 899, 100_000),
      (700, 300, 2),
    ] {
      let all = randomMatrix(1, count, seed: UInt64(count + rank + values)).elements.map {
        abs($0) > 2.5 ? Float.infinity : ($0 * Float(values)).rounded()
      }
      let order = all.indices.sorted { (all[$0], $0) < (all[$1], $1) }.prefix(rank)
      var (scores, indices) = (all, (0..<Int32(count)).map { $0 })
      var scratch = [Float](repeating: 0, count: count)
      let last = kernel_keep_least(&scores, &indices, count, rank, &scratch)
      #expect(last == all[order[rank - 1]])
      #expect(indices.prefix(rank).map { Int($0) } == order.sorted())
      #expect(scores.prefix(rank).elementsEqual(order.sorted().map { all[$0] }))
    }
  }
}
