/// One slot's choice: which stage fills it, and the swept parameters with their values.
public struct Choice: Sendable, Equatable, Hashable {
  /// The slot, as the config names it.
  public var slot: String
  /// The stage that fills it; `none` where the slot passes its input on.
  public var stage: String
  /// The swept parameters.
  public var swept: [Swept]

  /// A swept parameter's value.
  public struct Swept: Sendable, Equatable, Hashable {
    /// The dotted path within the stage, such as `kernel.rbf.gamma`.
    public var path: String
    /// The value as compact JSON text.
    public var value: String

    /// Makes a swept value.
    public init(path: String, value: String) {
      self.path = path
      self.value = value
    }
  }

  /// Makes a choice.
  public init(slot: String, stage: String, swept: [Swept] = []) {
    self.slot = slot
    self.stage = stage
    self.swept = swept
  }
}

/// One measured number with the place in the experiment that it belongs to.
public struct MeasuredValue: Sendable, Equatable {
  /// The choices of the slots that lead to the number, in the order of the pipeline's slots.
  public var choices: [Choice]
  /// The replicate, if anything above the number is random.
  public var seed: Int?
  /// The fold, if the splitter makes more than one.
  public var fold: Int?
  /// The metric's name.
  public var metric: String
  /// The number; nil where a stage failed or was blocked.
  public var value: Double?
  /// The key of the measuring node.
  public var key: String

  /// Makes a measured value.
  public init(choices: [Choice], seed: Int?, fold: Int?, metric: String, value: Double?, key: String) {
    self.choices = choices
    self.seed = seed
    self.fold = fold
    self.metric = metric
    self.value = value
    self.key = key
  }
}

/// The combinations of choices that some results belong to.
public struct DistinctChoices: Sendable {
  /// Each combination once, in the order of its first appearance.
  public private(set) var all: [[Choice]] = []
  /// Which of them each result belongs to.
  public private(set) var numbers: [Int] = []

  /// Finds the combinations.
  public init(_ results: [MeasuredValue]) {
    numbers.reserveCapacity(results.count)
    var known: [[Choice]: Int] = [:]
    var latest: Int?
    for result in results {
      // Results of one combination stand together and share their choices: that is seen at once.
      if let latest, all[latest] == result.choices {
        numbers.append(latest)
        continue
      }
      let number = known[result.choices] ?? all.count
      if number == all.count {
        known[result.choices] = number
        all.append(result.choices)
      }
      numbers.append(number)
      latest = number
    }
  }
}
