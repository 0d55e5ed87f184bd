import PipelineDSL

/// Puts probes that learn from few rows on features of a frozen encoder, together with texts of the classes.
///
/// Features are prepared on all rows, as the encoder's part: nothing there sees a label.
struct FewShotTable: Pipeline {
  static let name = "few-shot"
  static let summary = "Compares probes that learn from few rows and from texts of the classes."

  @Slot var data: Loader
  @Slots var split: [Splitter] = [.standard("few-shot")]
  @Slots var reduce: [Reducer] = [.none]
  @Slots var whiten: [Normalizer] = [.standard("l2-normalize")]
  @Slot var texts: Prompter
  @Slots var probe: [Probe]

  var flow: some Flow {
    let table = data.table
    each(reduce, whiten) { reduce, whiten in
      let features = table.features.then(reduce).then(whiten)
      let texts = features.then(texts, labels: table.labels)
      each(split, probe) { split, probe in
        let fold = split.fold(of: table)
        features.then(probe, labels: table.labels, fit: fold, texts: texts).measured()
      }
    }
  }
}
