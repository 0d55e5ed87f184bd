import Artifacts
import Diagnostics
import Glibc
import LinearAlgebra
import StageKit

/// Runs a stage within its time, again where a failure was only transient.
struct Attempt {
  var stage: ConfiguredStage
  var seed: UInt64
  /// Seconds that one attempt may take.
  var timeout: Double?
  /// How often a transient failure is tried again.
  var retries: Int
  var shouldStop: @Sendable () -> Bool
  var note: @Sendable (String) -> Void

  func run(
    _ inputs: [String: any Artifact], _ meter: MemoryMeter
  ) throws(Diagnostic) -> [String: any Artifact] {
    var attempts = 0
    while true {
      do throws(Diagnostic) { return try runOnce(inputs, meter) } catch {
        guard error.isTransient, attempts < retries, !shouldStop() else { throw error }
        attempts += 1
        note("attempt \(attempts) failed: \(error.headline)")
        // A tenth of a second, then twice as long each time.
        usleep(100_000 << UInt32(min(attempts - 1, 6)))
      }
    }
  }

  private func runOnce(
    _ inputs: [String: any Artifact], _ meter: MemoryMeter
  ) throws(Diagnostic) -> [String: any Artifact] {
    let deadline = timeout.map { ContinuousClock.now + .seconds($0) }
    let isLate: @Sendable () -> Bool = { deadline.map { ContinuousClock.now > $0 } ?? false }
    let context = StageContext(
      seed: seed, isCancelled: { [shouldStop] in shouldStop() || isLate() }, note: note)
    do throws(Diagnostic) {
      return try MemoryMeter.measure(meter) { () throws(Diagnostic) in try stage.run(inputs, in: context) }
    } catch {
      guard error.code == .cancelled, !shouldStop(), let timeout else { throw error }
      throw Diagnostic(
        .timedOut, "`\(stage.name)` took longer than its \(timeout) s",
        hint: "give it more time: --timeout SECONDS, or \"timeout\" beside the stage in the config")
    }
  }
}

extension Diagnostic {
  /// Whether the same may work a moment later: the system failed to read, which a share on a network does at times.
  var isTransient: Bool { code == .notReadable }
}
