public import Diagnostics

/// What is predicted for each row after each step of a stream that brings classes one after the other.
public struct StepPredictions: Artifact, Equatable {
  /// The predicted classes as indices into `names`, rows × steps; −1 where a row was not predicted.
  public let classes: [Int32]
  /// The number of steps.
  public let steps: Int
  /// The step in which each class comes, from 0; −1 for a class that never does.
  public let stepOf: [Int32]
  /// The names of the classes, those of the labels that were learnt.
  public let names: [String]

  /// Makes predictions of some steps, row after row.
  public init(classes: [Int32], steps: Int, stepOf: [Int32], names: [String]) {
    precondition(Self.isSound(classes, steps, stepOf, names))
    (self.classes, self.steps, self.stepOf, self.names) = (classes, steps, stepOf, names)
  }

  private static func isSound(_ classes: [Int32], _ steps: Int, _ stepOf: [Int32], _ names: [String]) -> Bool
  {
    steps > 0 && classes.count % steps == 0 && stepOf.count == names.count
      && classes.allSatisfy { $0 >= -1 && $0 < names.count } && stepOf.allSatisfy { $0 >= -1 && $0 < steps }
  }

  /// The number of rows.
  public var rows: Int { classes.count / steps }

  /// The class that is predicted for a row after a step.
  public subscript(row: Int, step: Int) -> Int32 { classes[row * steps + step] }

  public static let kind = "step predictions"
  public static var empty: StepPredictions { StepPredictions(classes: [], steps: 1, stepOf: [], names: []) }

  public var encoded: EncodedArtifact {
    EncodedArtifact(
      kind: Self.kind, fields: .object(["names": .array(names.map(JSON.string))]),
      arrays: [
        EncodedArray("classes", .int32, shape: [rows, steps], bytes: Bytes(copying: classes)),
        EncodedArray("steps", .int32, shape: [names.count], bytes: Bytes(copying: stepOf)),
      ])
  }

  public init(_ encoded: EncodedArtifact) throws(Diagnostic) {
    try Self.expect(encoded)
    guard let names = encoded.fields["names"]?.items?.compactMap(\.string) else {
      throw encoded.malformed("names")
    }
    let array = try encoded.array("classes", .int32, rank: 2)
    let classes = array.bytes.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    let stepOf = try encoded.int32s("steps")
    guard Self.isSound(classes, array.shape[1], stepOf, names) else { throw encoded.malformed("predictions") }
    self.init(classes: classes, steps: array.shape[1], stepOf: stepOf, names: names)
  }
}
