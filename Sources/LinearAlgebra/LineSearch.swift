/// A search along a direction for a point that satisfies the strong Wolfe conditions.
///
/// Nocedal and Wright, algorithms 3.5 and 3.6. Where rounding hides the decrease, a value that is equal within a few
/// units in the last place and a smaller slope are accepted (Hager and Zhang's approximate Wolfe condition).
struct LineSearch {
  private let start: Evaluation
  private let direction: [Double]
  private let slope: Double
  private let decrease = 1e-4
  private let curvature = 0.9
  /// The most evaluations in one search.
  private let limit = 25

  /// What a search found.
  struct Step {
    let evaluation: Evaluation
    /// Whether it satisfies the conditions; otherwise it is merely lower than the start.
    let isAcceptable: Bool
  }

  /// A point along the direction.
  private struct Trial {
    let length: Double
    let value: Double
    let slope: Double
    let evaluation: Evaluation?

    func step(isAcceptable: Bool) -> Step? {
      evaluation.map { Step(evaluation: $0, isAcceptable: isAcceptable) }
    }
  }

  /// A search from `start` along `direction`, where the function falls by `slope` for a unit of length.
  init(start: Evaluation, direction: [Double], slope: Double) {
    (self.start, self.direction, self.slope) = (start, direction, slope)
  }

  /// The point found, or nil where no step makes progress.
  func run(first: Double, _ problem: inout Evaluator) -> Step? {
    var previous = Trial(length: 0, value: start.value, slope: slope, evaluation: nil)
    var length = first
    var best: Trial?
    for count in 0..<limit {
      guard let trial = evaluate(length, &problem) else {
        // Beyond a wall: come back towards the last good point.
        length = previous.length + (length - previous.length) / 8
        if length - previous.length <= 1e-16 * max(1, length) { break }
        continue
      }
      if trial.value < (best?.value ?? start.value) { best = trial }
      if !isLowEnough(trial) || (count > 0 && trial.value >= previous.value && !isApproximate(trial)) {
        return zoom(low: previous, high: trial, count, best, &problem)
      }
      if abs(trial.slope) <= -curvature * slope { return trial.step(isAcceptable: true) }
      if trial.slope >= 0 { return zoom(low: trial, high: previous, count, best, &problem) }
      previous = trial
      length *= 4
    }
    return best?.step(isAcceptable: false)
  }

  /// Narrows an interval that holds an acceptable point; `low` is its better end.
  private func zoom(
    low: Trial, high: Trial, _ used: Int, _ best: Trial?, _ problem: inout Evaluator
  ) -> Step? {
    var (low, high, best) = (low, high, best)
    for _ in used..<limit {
      let width = abs(high.length - low.length)
      if width <= 1e-16 * max(low.length, high.length) { break }
      guard let trial = evaluate(interpolated(low, high), &problem) else {
        high = Trial(length: (low.length + high.length) / 2, value: .infinity, slope: 0, evaluation: nil)
        continue
      }
      if trial.value < (best?.value ?? start.value) { best = trial }
      let isWorse = trial.value >= low.value && !(isApproximate(trial) && low.length == 0)
      if !isLowEnough(trial) || isWorse {
        high = trial
      } else {
        if abs(trial.slope) <= -curvature * slope { return trial.step(isAcceptable: true) }
        if trial.slope * (high.length - low.length) >= 0 { high = low }
        low = trial
      }
    }
    return best?.step(isAcceptable: false)
  }

  private func evaluate(_ length: Double, _ problem: inout Evaluator) -> Trial? {
    let evaluation = problem.evaluate(combine(start.point, length, direction))
    guard evaluation.isFinite else { return nil }
    return Trial(
      length: length, value: evaluation.value, slope: dot(evaluation.gradient, direction),
      evaluation: evaluation)
  }

  private func isLowEnough(_ trial: Trial) -> Bool {
    trial.value <= start.value + decrease * trial.length * slope || isApproximate(trial)
  }

  /// Equal to the start within rounding, while the slope shows that the minimum along the line was approached.
  private func isApproximate(_ trial: Trial) -> Bool {
    trial.value <= start.value + 4 * start.value.ulp && trial.slope <= (2 * decrease - 1) * slope
      && trial.slope >= curvature * slope
  }

  /// The minimum of the cubic through both ends, kept away from them by a tenth of the interval.
  private func interpolated(_ low: Trial, _ high: Trial) -> Double {
    let width = high.length - low.length
    let middle = low.length + width / 2
    guard high.value.isFinite else { return middle }
    let first = low.slope + high.slope - 3 * (high.value - low.value) / width
    let square = first * first - low.slope * high.slope
    guard square >= 0 else { return middle }
    let second = width > 0 ? square.squareRoot() : -square.squareRoot()
    let fraction = 1 - (high.slope + second - first) / (high.slope - low.slope + 2 * second)
    guard fraction.isFinite else { return middle }
    return low.length + width * min(max(fraction, 0.1), 0.9)
  }
}
