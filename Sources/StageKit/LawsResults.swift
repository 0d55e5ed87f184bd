import Artifacts
import Diagnostics
import LinearAlgebra

/// The laws of results.
extension LawChecker {
  typealias Artifacts = [String: any Artifact]

  /// What a run came to.
  typealias Outcome = Result<Artifacts, Diagnostic>

  /// Runs the stage on many inputs.
  func checkResults() {
    guard let stage = try? configured() else { return }
    if stage.isSource {
      if given.members?.isEmpty == false { checkSource(stage) }
      return
    }
    do throws(Diagnostic) {
      let inputs = try standard.artifacts(for: type.inputs)
      checkRepetition(stage, inputs)
      checkSeed(stage, inputs)
      checkSharing(inputs)
      var wide = standard
      wide.rows = manyRows
      let many = try wide.artifacts(for: type.inputs)
      checkThreads(stage, many)
      checkSafePoints(stage, many)
      checkRows(stage, inputs)
      checkNotFinite(stage, inputs)
      checkLengths(stage, inputs)
    } catch {
      return report("\(error)")
    }
    checkUnusualInputs(stage)
    checkEveryCase()
  }

  /// What a stage is tried on.
  private var standard: LawInputs {
    LawInputs(columns: type.traits.contains(.planar) ? 2 : 6, derive: derive)
  }

  func run(_ stage: ConfiguredStage, _ inputs: Artifacts, seed: UInt64 = 1) -> Outcome {
    do throws(Diagnostic) {
      return .success(try stage.run(inputs, in: StageContext(seed: seed)))
    } catch {
      return .failure(error)
    }
  }

  private func checkSource(_ stage: ConfiguredStage) {
    do throws(Diagnostic) {
      if try stage.fingerprint() != stage.fingerprint() {
        report("its fingerprint changes from call to call")
      }
    } catch {
      return report("it has no fingerprint: \(error)")
    }
    if stage.sources.isEmpty { report("it is a source that names no file") }
    checkRepetition(stage, [:])
    checkThreads(stage, [:])
    checkSafePoints(stage, [:])
  }

  /// The same inputs give the same bytes, are unchanged, and all declared outputs come.
  private func checkRepetition(_ stage: ConfiguredStage, _ inputs: Artifacts) {
    let before = inputs.mapValues(\.digest)
    let first = run(stage, inputs)
    guard case .success(let outputs) = first else {
      if case .failure(let error) = first { report("it fails on the standard inputs: \(error)") }
      return
    }
    if inputs.mapValues(\.digest) != before { report("it changes its inputs") }
    compare(run(stage, inputs), with: outputs, "a second run")
    checkOutputs(outputs, of: stage)
    checkFinite(first, "on the standard inputs")
  }

  private func checkOutputs(_ outputs: Artifacts, of stage: ConfiguredStage) {
    for port in type.outputs {
      let isAbsent = stage.absentOutputs.contains(port.name)
      if isAbsent, !port.isOptional { report("its output `\(port.name)` cannot be absent") }
      if isAbsent != (outputs[port.name] == nil) {
        report(
          "its output `\(port.name)` \(isAbsent ? "comes though" : "is missing and not") declared absent")
      }
    }
    for (name, artifact) in outputs {
      do throws(Diagnostic) {
        if try Swift.type(of: artifact).init(artifact.encoded).digest != artifact.digest {
          report("its output `\(name)` changes in the store")
        }
      } catch {
        report("its output `\(name)` cannot be read back: \(error)")
      }
    }
  }

  private func checkSeed(_ stage: ConfiguredStage, _ inputs: Artifacts) {
    guard case .success(let first) = run(stage, inputs) else { return }
    let digests = first.mapValues(\.digest)
    let others = (UInt64(2)...(stage.isRandom ? 16 : 2)).lazy.map { self.run(stage, inputs, seed: $0) }
    let differs = others.contains { outcome in
      guard case .success(let outputs) = outcome else { return true }
      return outputs.mapValues(\.digest) != digests
    }
    if stage.isRandom && !differs { report("it is declared random, but the seed changes nothing") }
    if !stage.isRandom && differs { report("the seed changes its result, but it is not declared random") }
  }

  private func checkThreads(_ stage: ConfiguredStage, _ inputs: Artifacts) {
    guard case .success(let serial) = run(stage, inputs) else { return }
    for threads in [1, 2, 3, 8] {
      let pool = WorkerPool(threads: threads)
      let outcome = pool.run { run(stage, inputs) }
      pool.shutdown()
      compare(outcome, with: serial, "a run on \(threads) threads")
    }
  }

  private func compare(_ outcome: Outcome, with expected: Artifacts, _ what: String) {
    switch outcome {
    case .failure(let error): report("\(what) fails: \(error)")
    case .success(let outputs):
      for (name, artifact) in expected where outputs[name]?.digest != artifact.digest {
        report("\(what) gives other bytes at `\(name)`")
      }
    }
  }

  /// Reports a result with a number that is not finite, and an error that is a fault of the program.
  func checkFinite(_ outcome: Outcome, _ when: String) {
    switch outcome {
    case .failure(let error):
      if error.code == .internalFault { report("\(when) it fails by a fault of the program: \(error)") }
    case .success(let outputs):
      for (name, artifact) in outputs where !artifact.encoded.isFinite {
        report("\(when) its output `\(name)` is not finite")
      }
    }
  }

  /// No rows, one row, constant columns and the like give a result or a named error.
  private func checkUnusualInputs(_ stage: ConfiguredStage) {
    let unusual: KeyValuePairs<String, LawInputs> = [
      "with 0 rows": LawInputs(rows: 0), "with 1 row": LawInputs(rows: 1),
      "with 2 rows": LawInputs(rows: 2), "with 0 columns": LawInputs(columns: 0),
      "with 1 column": LawInputs(columns: 1), "with a constant column": LawInputs(constant: 1..<2),
      "with every row the same": LawInputs(constant: 0..<6),
      "with fewer rows than columns": LawInputs(rows: 5, columns: 12),
      "with one class": LawInputs(classes: 1), "with every row fitted on": LawInputs(mask: .every),
      "with every row held out": LawInputs(mask: .none),
    ]
    for (when, base) in unusual {
      var inputs = base
      inputs.derive = derive
      if base.columns == LawInputs().columns { inputs.columns = standard.columns }
      // What a derivation refuses is no matter of the stage.
      guard let artifacts = try? inputs.artifacts(for: type.inputs) else { continue }
      checkFinite(run(stage, artifacts), when)
    }
    if let required = try? standard.artifacts(for: type.inputs, withOptional: false) {
      checkFinite(run(stage, required), "without its optional inputs")
    }
  }

  /// Each case of a choice gives a result or a named error.
  private func checkEveryCase() {
    guard let inputs = try? standard.artifacts(for: type.inputs) else { return }
    for parameter in type.schema {
      guard case .choice(let cases) = parameter.shape else { continue }
      for option in cases {
        let member = JSON.Member(parameter.name, .string(option.name))
        guard let stage = try? configured(with: [member]) else { continue }
        checkFinite(run(stage, inputs), "with \(parameter.name) \(option.name)")
      }
    }
  }
}

extension EncodedArtifact {
  /// Whether every number of its arrays is finite.
  fileprivate var isFinite: Bool {
    arrays.allSatisfy { array in
      array.bytes.withUnsafeBytes { bytes in
        switch array.scalar {
        case .float32: bytes.bindMemory(to: Float.self).allSatisfy(\.isFinite)
        case .float64: bytes.bindMemory(to: Double.self).allSatisfy(\.isFinite)
        case .int32, .int64, .uint8: true
        }
      }
    }
  }
}
