import Testing

@testable import Reporting

@Suite struct NumberTests {
  private func text(_ means: [Double], _ deviation: Double? = nil) -> [String] {
    let cells = means.map { ResultTable.Cell(mean: $0, deviation: deviation, count: 2) }
    let format = NumberFormat(cells)
    return means.map { mean in
      let text = format.texts(mean, deviation)
      return text.mean + (text.deviation.map { " ± \($0)" } ?? "")
    }
  }

  @Test func takesSensibleDigits() {
    #expect(text([0.95, 0.0004, 1]) == ["0.950", "0.000", "1.000"])
    #expect(text([0.00123456]) == ["0.001235"])
    #expect(text([1234.56, 0.5], 0.25) == ["1234.6 ± 0.2", "0.5000 ± 0.2500"])
    #expect(text([-1.5, 12.346]) == ["-1.500", "12.35"])
    #expect(text([3, 12]) == ["3", "12"])
    #expect(text([3, 12], 0.5) == ["3.000 ± 0.500", "12.00 ± 0.50"])
    #expect(text([1.5e-9, 2.5e12]) == ["1.500e-09", "2.500e+12"])
    #expect(text([.infinity, -.infinity, .nan]) == ["inf", "−inf", "nan"])
  }

  @Test func saysTimesForPeople() {
    let times = [0, 0.0044, 0.00996, 0.31, 0.996, 2.1, 99.96, 185, 9600, .nan]
    #expect(
      times.map(duration) == [
        "0 ms", "4 ms", "0.01 s", "0.31 s", "1.0 s", "2.1 s", "1 min 40 s", "3 min 05 s", "2 h 40 min",
        "0 ms",
      ])
  }

  /// Values of SciPy 1.17.1: `scipy.stats.t.sf(t, df) * 2` and `scipy.special.betainc(a, b, x)`.
  @Test func agreesWithSciPy() {
    let tails: [(t: Double, freedom: Double, p: Double)] = [
      (0.1, 1, 0.936548965138893),
      (2.776, 4, 0.05002277831997642),
      (-2.0, 4, 0.11611652351681556),
      (12.0, 9, 7.699886222985653e-07),
      (0.5, 30, 0.6207230048851272),
      (3.3, 99, 0.001344764746399179),
      (1.2, 1000, 0.23042355232446712),
      (40, 4, 2.3340163226012678e-06),
    ]
    for (t, freedom, p) in tails { #expect(abs(studentTail(t, freedom: freedom) - p) <= 1e-11 * p) }
    let paired = pairedTest([0.01, -0.02, 0.03, 0.015, 0.02]) ?? .nan
    #expect(abs(paired - 0.26176016347784736) <= 1e-12)
    #expect(abs(incompleteBeta(0.3, 2.5, 7) - 0.6412224629717214) <= 1e-13)
  }

  @Test func testsDifferences() throws {
    #expect(pairedTest([1]) == nil)
    #expect(pairedTest([0, 0, 0]) == 1)
    #expect(pairedTest([0.1, 0.1]) == 0)
    #expect(pairedTest([.infinity, 1]) == nil)
    // One degree of freedom is Cauchy's distribution: P(|T| ≥ 1) = 1/2.
    #expect(abs(studentTail(1, freedom: 1) - 0.5) < 1e-14)
  }

  @Test func meanOfEqualNumbersIsExact() {
    #expect(mean([0.1, 0.1, 0.1]) == 0.1)
    #expect(standardDeviation([0.1, 0.1, 0.1]) == 0)
    #expect(standardDeviation([1]) == nil)
  }
}
