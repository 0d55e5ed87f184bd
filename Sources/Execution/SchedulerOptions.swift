extension Scheduler {
  /// What a run needs besides its plan.
  public struct Options: Sendable {
    /// How many threads may be busy.
    public var jobs: Int
    /// Bytes that running stages and held results may take together.
    public var memory = Int.max
    /// Seconds after which a stage is ended, where its config says nothing else; nil for no limit.
    public var timeout: Double?
    /// Whether the first failure ends the run; otherwise everything that does not depend on it goes on.
    public var endsAtFailure = false
    /// Whether every result is stored, also those that are cheaper to compute again.
    public var keepsEverything = false
    /// What the inputs were when their digests were taken; a source that finds another file fails.
    public var inputs: InputFingerprints?
    /// Asks for an early end.
    public var interruption: Interruption
    /// Is told what happens.
    public var observer: (any ProgressObserver)?

    /// Makes options.
    public init(
      jobs: Int, interruption: Interruption = Interruption(), observer: (any ProgressObserver)? = nil
    ) {
      self.jobs = jobs
      self.interruption = interruption
      self.observer = observer
    }
  }
}
