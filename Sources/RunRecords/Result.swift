/// One measured number with the place in the experiment that it belongs to.
public struct Result: Sendable, Equatable {
  /// One slot's choice: which stage fills it, and the swept parameters with their values.
  public struct Choice: Sendable, Equatable, Hashable {
    /// The slot, as the config names it.
    public var slot: String
    /// The stage that fills it; `none` where the slot passes its input on.
    public var stage: String
    /// The swept parameters: dotted path within the stage, such as `kernel.rbf.gamma`, and value as JSON
    /// text.
    public var swept: [Swept]

    /// Makes a choice.
    public init(slot: String, stage: String, swept: [Swept] = []) {
      self.slot = slot
      self.stage = stage
      self.swept = swept
    }
  }

  /// A swept parameter's value.
  public struct Swept: Sendable, Equatable, Hashable {
    /// The dotted path within the stage.
    public var path: String
    /// The value as compact JSON text.
    public var value: String

    /// Makes a swept value.
    public init(path: String, value: String) {
      self.path = path
      self.value = value
    }
  }

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

  /// Makes a result.
  public init(choices: [Choice], seed: Int?, fold: Int?, metric: String, value: Double?, key: String) {
    self.choices = choices
    self.seed = seed
    self.fold = fold
    self.metric = metric
    self.value = value
    self.key = key
  }
}
