import Artifacts
import Diagnostics
import Planning
import StageKit
import Store
import Synchronization

/// What becomes of results: stored, or only handed on.
extension Scheduler {
  /// Outputs of this size and less have their digest taken even if they are not stored, so that a node that gives the
  /// same bytes as before is found out.
  private static let largestHashed = 1 << 20

  /// Stores what a stage gave if that pays, and hands it on; if it cannot be stored, the run ends.
  func keep(_ outputs: [String: any Artifact], of node: Plan.Node, _ seconds: Double) {
    let encoded = outputs.sorted { $0.key < $1.key }.map { (port: $0.key, artifact: $0.value.encoded) }
    let bytes = encoded.reduce(0) { $0 + $1.artifact.byteCount }
    do throws(Diagnostic) {
      let secondsAgain = state.withLock { seconds + secondsForInputs(of: node.id, $0) }
      var digests: [Digest]?
      if isKept(node.id, secondsAgain, bytes) {
        let start = ContinuousClock.now
        let entry = try store.put(
          node.key, outputs: encoded, components: node.components.json, seconds: seconds,
          stage: node.stage.name)
        storingCost.withLock { $0.wrote(bytes, in: (ContinuousClock.now - start) / .seconds(1)) }
        digests = entry.outputs.map(\.digest)
        state.withLock { state in
          state.nodes[node.id.index].take(entry)
          state.nodes[node.id.index].secondsAgain = storingCost.withLock { $0.secondsToRead(bytes) }
        }
      } else {
        let outputs =
          bytes > Self.largestHashed
          ? []
          : encoded.map {
            RunReport.Output(port: $0.port, digest: $0.artifact.digest, byteCount: $0.artifact.byteCount)
          }
        if !outputs.isEmpty { digests = outputs.map(\.digest) }
        state.withLock { state in
          state.nodes[node.id.index].secondsAgain = secondsAgain
          state.nodes[node.id.index].digests = outputs
        }
      }
      findSameBytes(node, digests)
      succeed(node.id, outputs, bytes: bytes, .ran(seconds: seconds))
    } catch {
      isEnding.store(true, ordering: .relaxed)
      state.withLock { $0.fatal = $0.fatal ?? error }
      fail(node.id, error, log: [])
    }
  }

  /// Seconds to have the inputs of a node again.
  private func secondsForInputs(of id: Plan.NodeID, _ state: borrowing RunState) -> Double {
    var sum = 0.0
    for input in Set(edges(of: id, state).map(\.node)) { sum += state.nodes[input.index].secondsAgain }
    return sum
  }

  /// Whether a result is stored: what the run is about always, the rest where computing it again, with all that is not
  /// stored above it, takes longer than writing and reading it.
  ///
  /// As long as other processes have the store open everything is stored, so that none computes what another has.
  private func isKept(_ id: Plan.NodeID, _ seconds: Double, _ bytes: Int) -> Bool {
    if options.keepsEverything || state.withLock({ $0.nodes[id.index].isTarget }) { return true }
    return storingCost.withLock { $0.isWorth(seconds, bytes: bytes) } || store.isShared
  }
}

/// What storing costs on this machine, as measured.
struct StoringCost: Equatable {
  /// Seconds for a record, however small its result.
  static let secondsPerRecord = 50e-6
  var writtenBytesPerSecond = 150e6
  var readBytesPerSecond = 400e6

  /// Whether computing takes longer than writing and reading.
  func isWorth(_ seconds: Double, bytes: Int) -> Bool {
    seconds > 2 * Self.secondsPerRecord + Double(bytes) / writtenBytesPerSecond + secondsToRead(bytes)
  }

  func secondsToRead(_ bytes: Int) -> Double { Double(bytes) / readBytesPerSecond }

  mutating func wrote(_ bytes: Int, in seconds: Double) {
    Self.learn(&writtenBytesPerSecond, bytes, seconds)
  }

  mutating func read(_ bytes: Int, in seconds: Double) { Self.learn(&readBytesPerSecond, bytes, seconds) }

  /// Small results say nothing about the rate; a single strange time changes it little.
  private static func learn(_ rate: inout Double, _ bytes: Int, _ seconds: Double) {
    guard bytes >= 1 << 16, seconds > 0 else { return }
    let seen = min(max(Double(bytes) / seconds, 1e6), 1e11)
    rate = 1 / (0.8 / rate + 0.2 / seen)
  }
}
