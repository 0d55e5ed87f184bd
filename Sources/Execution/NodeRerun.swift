public import Artifacts
public import Diagnostics
import LinearAlgebra
public import Planning
import StageKit
import Synchronization

/// Runs one node by itself, with inputs from wherever they come.
public struct NodeRerun: Sendable {
  /// How it ended.
  public struct Ending: Sendable {
    /// What the stage gave, by port; nil where it failed.
    public var outputs: [String: any Artifact]?
    /// The error that it ended in.
    public var error: Diagnostic?
    /// What it wrote into its log.
    public var log: [String]
    /// How long it took, in seconds.
    public var seconds: Double
  }

  private let node: Plan.Node
  private let threads: Int
  private let interruption: Interruption

  /// - Parameter threads: how many threads the stage may keep busy.
  public init(_ node: Plan.Node, threads: Int, interruption: Interruption) {
    self.node = node
    self.threads = threads
    self.interruption = interruption
  }

  /// Runs the stage on its inputs, by port; nothing is stored.
  ///
  /// - Throws: `libraryMissing`; what the stage throws is in the ending.
  public func run(_ inputs: [String: any Artifact]) throws(Diagnostic) -> Ending {
    do throws(LinearAlgebraError) { try BLAS.load() } catch {
      throw Diagnostic(
        .libraryMissing, "OpenBLAS cannot be loaded", fields: ["reason": "\(error)"],
        hint: "install it: apt-get install libopenblas-dev")
    }
    let pool = WorkerPool(threads: threads)
    defer { pool.shutdown() }
    let log = Mutex<[String]>([])
    let context = StageContext(
      seed: node.seed ?? 0, isCancelled: { [interruption] in interruption.isRequested },
      note: { line in log.withLock { $0.append(line) } })
    let start = ContinuousClock.now
    var ending = Ending(outputs: nil, error: nil, log: [], seconds: 0)
    pool.run {
      do throws(Diagnostic) { ending.outputs = try node.stage.run(inputs, in: context) } catch {
        ending.error = error
      }
    }
    ending.seconds = (ContinuousClock.now - start) / .seconds(1)
    ending.log = log.withLock { $0 }
    return ending
  }
}
