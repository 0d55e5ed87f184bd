import Artifacts
import Diagnostics
import LinearAlgebra
import PipelineDSL
import StageKit

/// A reducer that does nothing: what a node costs beside its work.
struct Tick: Stage {
  struct Parameters: StageParameters {
    @Parameter("Tells one from the others.") var number = 0
  }
  struct Input: Ports { var features: Features }
  struct Output: Ports {
    var embedding: Features
    var spectrum: Spectrum
  }

  static let name = "tick"
  static let summary = "Does nothing."
  static let kind = StageKind.reducer
  static let revision = 1
  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    Output(
      embedding: Features(Matrix(rows: 1, columns: 1, repeating: Float(parameters.number))),
      spectrum: Spectrum(values: [1], total: Double(1 + abs(parameters.number))))
  }
}

/// A normalizer that hands its input on.
struct PassOn: Stage {
  typealias Parameters = NoParameters
  struct Input: Ports { var features: Features }
  struct Output: Ports { var features: Features }

  static let name = "pass-on"
  static let summary = "Hands its input on."
  static let kind = StageKind.normalizer
  static let revision = 1
  let parameters: Parameters

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    Output(features: input.features)
  }
}

/// Two stages, one behind the other.
struct FewHops: Pipeline {
  static let name = "few-hops"
  static let summary = "Hands features on twice."
  @Slot var data: Loader
  @Slot var hop: Normalizer
  @Slot var reduce: Reducer

  var flow: some Flow { data.table.features.then(hop).then(hop).then(reduce).measured() }
}

/// As `FewHops`, many times.
struct ManyHops: Pipeline {
  static let name = "many-hops"
  static let summary = "Hands features on 102 times."
  @Slot var data: Loader
  @Slot var hop: Normalizer
  @Slot var reduce: Reducer

  var flow: some Flow {
    (0..<102).reduce(data.table.features) { features, _ in features.then(hop) }.then(reduce).measured()
  }
}
