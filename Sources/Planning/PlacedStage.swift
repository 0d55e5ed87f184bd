import Diagnostics
import StageKit

/// A stage that is put into plans, with all that is the same for its nodes.
final class PlacedStage: Sendable {
  let stage: ConfiguredStage
  let records: KeyComponents.OwnRecords
  /// What the names of its nodes begin with.
  let label: String
  /// Where it stands in the config.
  let location: SourceLocation?
  /// The input ports, in the order of their names.
  let inputs: [Port]
  /// The output ports that it gives with these parameters.
  let outputs: [Port]
  let isRandom: Bool
  let conduct: Conduct

  convenience init(
    _ stage: ConfiguredStage, label: String? = nil, at location: SourceLocation? = nil,
    conduct: Conduct = Conduct()
  ) {
    let records = KeyComponents.OwnRecords(
      stage: stage.name, revision: stage.type.revision, parameters: stage.keyParameters)
    self.init(stage, records, label: label ?? stage.name, at: location, conduct: conduct)
  }

  init(
    _ stage: ConfiguredStage, _ records: KeyComponents.OwnRecords, label: String,
    at location: SourceLocation?,
    conduct: Conduct = Conduct()
  ) {
    self.stage = stage
    self.records = records
    self.label = label
    self.location = location
    inputs = stage.type.inputsByName
    outputs = stage.outputs
    isRandom = stage.isRandom
    self.conduct = conduct
  }

  /// The same stage with the digest of what it reads.
  func with(_ records: KeyComponents.OwnRecords) -> PlacedStage {
    PlacedStage(stage, records, label: label, at: location, conduct: conduct)
  }
}
