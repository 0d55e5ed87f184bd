public import Artifacts

extension Handle where Flowing == Features {
  /// Applies every measure that fits, also those that compare with what a reference stage makes of the same rows.
  ///
  /// Besides what ``measured(against:)`` gives, measures find the reference's features as `reference` and, where it has
  /// one, its spectrum as `spectrumOfReference`.
  public func measured(
    beside reference: Handle<Features>, against labels: Handle<Labels>? = nil
  ) -> Outcome {
    let node = reference.source.node
    let spectrum = FlowSource(node: node, port: "spectrum")
    return Outcome(
      subject: source.node,
      extras: measured(against: labels).extras
        + [("reference", reference.source), ("spectrumOfReference", spectrum)])
  }
}
