import LinearAlgebra
import Testing

@Suite struct MarginKernelsTests {
  private static let classes: [Int32] = [0, 1, 2, 3]
  private static let listed = [3, 1]
  private static let panels = 2
  private static let stiffness: [Float] = [0.7, 1.3]
  private static let intercepts: [Float] = [0.2, -0.1]
  /// Rows of four classes, the last five padding.
  private let classOf = (0..<32).map { Int32($0 < 27 ? $0 % 4 : -1) }
  private let products: [Float]
  private let multipliers: [Float]

  init() {
    var random = RandomStream(seed: 3)
    products = (0..<32 * 2).map { _ in Float(2 * random.normal()) }
    // Rows of padding have no multiplier.
    multipliers = (0..<128).map { (place: Int) -> Float in
      let row = place / 64 * 16 + place % 16
      return row < 27 ? Float(place % 3) / 2 : 0
    }
  }

  private func sign(_ row: Int, _ problem: Int) -> Float {
    classOf[row] < 0 ? 0 : Int(classOf[row]) == Self.listed[problem] ? 1 : -1
  }

  private func product(_ row: Int, _ problem: Int) -> Int { (row / 16 * 2 + problem) * 16 + row % 16 }
  private func pressure(_ row: Int, _ problem: Int) -> Int {
    (row / 16 * 4 + Self.listed[problem]) * 16 + row % 16
  }

  /// The pressure by its definition.
  private func expected(_ row: Int, _ problem: Int, multiplied: Bool) -> Float {
    let margin = sign(row, problem) * (products[product(row, problem)] + Self.intercepts[problem])
    let multiplier = multiplied ? multipliers[pressure(row, problem)] : 0
    return multiplier + Self.stiffness[problem] * (1 - margin)
  }

  private struct Found {
    var residuals: [Float]
    var pressures: [Float]
    var sums: [MarginKernels.Sums]
  }

  private func residuals(_ kernels: MarginKernels, multiplied: Bool) -> Found {
    var found = Found(residuals: products, pressures: [Float](repeating: .nan, count: 128), sums: [])
    found.sums = multipliers.withUnsafeBufferPointer { multipliers in
      kernels.residuals(
        &found.residuals, panels: Self.panels, intercepts: Self.intercepts, classOf: classOf,
        multipliers: multiplied ? multipliers.baseAddress : nil, stiffness: Self.stiffness,
        pressures: &found.pressures)
    }
    return found
  }

  @Test(arguments: [Float.infinity, 0.9]) func residualsAreThoseOfTheDefinition(cap: Float) {
    let kernels = MarginKernels(classes: Self.classes, listed: Self.listed, cap: cap)
    let multiplied = cap.isFinite
    let found = residuals(kernels, multiplied: multiplied)
    for problem in 0..<2 {
      var sums = MarginKernels.Sums.zero
      for row in 0..<27 {
        let pressure = expected(row, problem, multiplied: multiplied)
        let residual = min(max(pressure, 0), cap)
        let margin = sign(row, problem) * (products[product(row, problem)] + Self.intercepts[problem])
        #expect(abs(found.pressures[self.pressure(row, problem)] - pressure) < 1e-5)
        #expect(abs(found.residuals[product(row, problem)] - sign(row, problem) * residual) < 1e-5)
        sums.value += Double(residual * (pressure - residual / 2))
        sums.residuals += Double(residual)
        sums.lack += Double(max(0, 1 - margin))
        sums.bent += pressure > 0 && pressure < cap ? 1 : 0
      }
      for row in 27..<32 { #expect(found.residuals[product(row, problem)] == 0) }
      let close = found.sums[problem]
      #expect(abs(close.value - sums.value) < 1e-4 && abs(close.lack - sums.lack) < 1e-4)
      #expect(abs(close.residuals - sums.residuals) < 1e-4 && close.bent == sums.bent)
    }
  }

  @Test func onlyBentRowsAreKept() {
    let kernels = MarginKernels(classes: Self.classes, listed: Self.listed, cap: 0.9)
    let pressures = residuals(kernels, multiplied: false).pressures
    var masked = products
    kernels.masked(&masked, panels: Self.panels, intercepts: Self.intercepts, pressures: pressures)
    for problem in 0..<2 {
      for row in 0..<32 {
        let pressure = pressures[pressure(row, problem)]
        let kept = products[product(row, problem)] + Self.intercepts[problem]
        #expect(masked[product(row, problem)] == (pressure > 0 && pressure < 0.9 ? kept : 0))
      }
    }
  }

  @Test func slopesAreThoseAfterTheStep() {
    let kernels = MarginKernels(classes: Self.classes, listed: Self.listed, cap: 0.9)
    let pressures = residuals(kernels, multiplied: false).pressures
    var directions = products.map { 0.3 * $0 }
    kernels.shifted(&directions, panels: Self.panels, intercepts: [0.5, 0.5])
    let steps: [Float] = [0.4, 0.8]
    let found = kernels.slopes(
      directions, panels: Self.panels, classOf: classOf, pressures: pressures, steps: steps)
    for problem in 0..<2 {
      var (slope, bend) = (0.0, 0.0)
      for row in 0..<27 {
        let direction = sign(row, problem) * (0.3 * products[product(row, problem)] + 0.5)
        let pressure = pressures[pressure(row, problem)] - steps[problem] * direction
        slope += Double(min(max(pressure, 0), 0.9) * direction)
        bend += pressure > 0 && pressure < 0.9 ? Double(direction * direction) : 0
      }
      #expect(abs(found[problem].slope - slope) < 1e-4 && abs(found[problem].bend - bend) < 1e-4)
    }
  }

  @Test func multipliersAreCutPressures() {
    let kernels = MarginKernels(classes: Self.classes, listed: Self.listed, cap: 0.9)
    let pressures = residuals(kernels, multiplied: false).pressures
    var made = [Float](repeating: -1, count: 128)
    kernels.multipliers(pressures, panels: Self.panels, into: &made)
    for row in 0..<32 {
      for problem in 0..<4 {
        let place = (row / 16 * 4 + problem) * 16 + row % 16
        let isListed = Self.listed.contains(problem)
        #expect(made[place] == (isListed ? min(max(pressures[place], 0), 0.9) : -1))
      }
    }
  }
}
