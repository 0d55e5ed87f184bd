import RunRecords

/// The results of a small comparison: three reductions with two probes and a clusterer, over five seeds.
enum Sample {
  static let metrics = [
    MetricDirection(metric: "accuracy", better: .higher), MetricDirection(metric: "nmi", better: .higher),
    MetricDirection(metric: "error", better: .lower), MetricDirection(metric: "clusters", better: .neither),
  ]

  static let specification = TableSpecification(
    name: "main", rows: ["reduce"], columns: ["probe", "cluster"], metrics: ["accuracy", "nmi"],
    marksBest: true)

  static func choice(_ slot: String, _ stage: String, _ swept: KeyValuePairs<String, String> = [:])
    -> Choice
  {
    Choice(slot: slot, stage: stage, swept: swept.map { .init(path: $0.key, value: $0.value) })
  }

  static func results(
    _ choices: [Choice], _ metric: String, _ values: [Double?], seeded: Bool = true
  ) -> [MeasuredValue] {
    values.enumerated().map { index, value in
      let key = "\(choices) \(metric) \(index)"
      return MeasuredValue(
        choices: choices, seed: seeded ? index + 1 : nil, fold: nil, metric: metric, value: value, key: key)
    }
  }

  static let reductions = [
    choice("reduce", "pca", ["components": "2"]), choice("reduce", "pca", ["components": "32"]),
    choice("reduce", "kernel-pca", ["kernel.rbf.gamma": "0.005", "components": "2"]),
  ]

  static var comparison: [MeasuredValue] {
    let whiten = choice("whiten", "standardize")
    let base = [0.61, 0.93, 0.66]
    let wobble = [0.004, -0.003, 0.001, 0.0, -0.002]
    var results: [MeasuredValue] = []
    for (reduction, level) in zip(reductions, base) {
      let nmi = wobble.map { level - 0.2 - 2 * $0 }
      results += self.results([whiten, reduction, choice("cluster", "k-means")], "nmi", nmi)
      let logistic = wobble.map { level + $0 }
      results += self.results([whiten, reduction, choice("probe", "logistic")], "accuracy", logistic)
      let neighbors = wobble.map { level + 0.01 - $0 }
      results += self.results(
        [whiten, reduction, choice("probe", "nearest-neighbors")], "accuracy", neighbors)
    }
    return results
  }
}
