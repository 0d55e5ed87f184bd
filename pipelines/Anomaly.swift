import PipelineDSL

/// Puts every detector behind the same normalisation, fitted on the same rows, and compares their scores with the truth.
struct Anomaly: Pipeline {
  static let name = "anomaly"
  static let summary = "Fits detectors on the fit rows and compares the scores of the others with the truth."

  @Slot var data: Loader
  @Slots var split: [Splitter] = [.holdout]
  @Slots var whiten: [Normalizer] = [.none]
  @Slots var detect: [Detector]

  var flow: some Flow {
    let table = data.table
    each(split, whiten, detect) { split, whiten, detect in
      let fold = split.fold(of: table)
      table.features.then(whiten, fit: fold).then(detect, fit: fold).measured(against: table.labels)
    }
  }
}
