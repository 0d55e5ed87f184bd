import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit
import Synchronization
import Testing

@testable import Stages

/// Interrupts a run when it asks for the n-th time whether it is.
private final class Interrupter: Sendable {
  private let count = Atomic<Int>(0)
  private let number: Int

  init(at number: Int) { self.number = number }

  var asked: Int { count.load(ordering: .relaxed) }
  var hasInterrupted: Bool { asked >= number }

  var context: StageContext {
    StageContext(seed: 1, isCancelled: { self.count.add(1, ordering: .relaxed).newValue >= self.number })
  }
}

/// A stage, its parameters, and how often it asks on 900 rows at least.
private let cases: [(stage: any Stage.Type, parameters: String, asks: Int)] = [
  (KMeans.self, #"{"clusters": 5, "starts": 2}"#, 20),
  (Logistic.self, #"{}"#, 20),
  (NearestNeighbors.self, #"{}"#, 8),
  (PCA.self, #"{}"#, 5), (PCA.self, #"{"solver": "gram"}"#, 5), (PCA.self, #"{"solver": "randomized"}"#, 3),
  (Whiten.self, #"{}"#, 5),
  (KernelPCA.self, #"{"solver": "iterative"}"#, 50),
  (KernelPCA.self, #"{"solver": "iterative", "kernel": "linear"}"#, 50),
  (KernelPCA.self, #"{"solver": "iterative", "kernel": "polynomial"}"#, 50),
  (KernelPCA.self, #"{"solver": "iterative", "kernel": "laplacian"}"#, 50),
  (KernelPCA.self, #"{"solver": "iterative", "kernel": "cosine"}"#, 50),
  (KernelPCA.self, #"{"solver": "dense", "kernel": "sigmoid"}"#, 20),
  (KernelPCA.self, #"{"solver": "dense", "kernel": "laplacian"}"#, 20),
  (KernelPCA.self, #"{"solver": "dense"}"#, 20),
  (Silhouette.self, #"{}"#, 4),
  (HungarianAccuracy.self, #"{}"#, 3),
]

@Suite struct SafePointTests {
  private static let inputs: [String: any Artifact] = {
    let rows = 900
    var random = RandomStream(seed: 3)
    let values = (0..<rows * 12).map { Float(random.normal() + 2 * Double($0 / 12 % 3 * ($0 % 12))) }
    return [
      "features": Features(Matrix(rows: rows, columns: 12, elements: values)),
      "labels": Labels(integers: (0..<rows).map { $0 % 3 }),
      "fitRows": RowMask((0..<rows).map { $0 % 9 != 8 }),
      "assignment": Assignment(clusters: (0..<rows).map { Int32($0 % 4) }, count: 4),
    ]
  }()

  private static func run(_ index: Int, _ interrupter: Interrupter) throws -> [String: any Artifact] {
    let type = StageType(cases[index].stage)
    let stage = try type.configured(JSON.parse(SourceText(file: "parameters", cases[index].parameters)))
    let ports = inputs.filter { input in type.inputs.contains { $0.name == input.key } }
    return try stage.run(ports, in: interrupter.context)
  }

  @Test(arguments: cases.indices) func aStageEndsAtAnyOfItsSafePoints(index: Int) throws {
    let name = "\(cases[index].stage.name) \(cases[index].parameters)"
    let calm = Interrupter(at: .max)
    _ = try Self.run(index, calm)
    #expect(calm.asked >= cases[index].asks, "\(name) asks \(calm.asked) times")
    for share in 0...6 {
      let number = 1 + share * (calm.asked - 1) / 6
      let interrupter = Interrupter(at: number)
      do {
        _ = try Self.run(index, interrupter)
        // Who waits for LAPACK asks more often the longer it takes: it may have come to its end unasked.
        #expect(!interrupter.hasInterrupted, "\(name) at \(number) of \(calm.asked)")
      } catch let error as Diagnostic {
        #expect(error.description == "error[cancelled]: the run was interrupted", "\(name) at \(number)")
      }
    }
  }
}
