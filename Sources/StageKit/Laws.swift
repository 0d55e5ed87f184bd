public import Artifacts
public import Diagnostics
import LinearAlgebra

/// The laws that every stage keeps; one call checks them all.
///
///     #expect(Laws.check(KMeans.self) == [])
///
/// A stage is tried on small seeded inputs: Gaussian blobs of three classes with labels, groups, fit rows, folds, an
/// assignment, predictions and a spectrum, by the name or the type of its ports.
public enum Laws {
  /// Makes the inputs that the standard ones lack, from those by the name of their port.
  public typealias Derivation = ([String: any Artifact]) throws(Diagnostic) -> [String: any Artifact]

  /// The laws that a stage breaks, a sentence each; none for a good stage.
  ///
  /// A source without parameters is only checked for what it declares: give it a file to have it run.
  ///
  /// - Parameters:
  ///   - parameters: those under which it is run; defaults where nothing is given.
  ///   - folder: where relative paths start, for a source.
  ///   - manyRows: the rows of the input on which numbers of threads are compared.
  ///   - derive: gives inputs of types that have no standard input, such as distances, from the standard ones.
  public static func check(
    _ type: any Stage.Type, parameters: JSON = .object([]), folder: String = ".", manyRows: Int = 700,
    derive: @escaping Derivation = { _ in [:] }
  ) -> [String] {
    let checker = LawChecker(
      type: StageType(type), parameters: parameters, folder: folder, manyRows: manyRows, derive: derive)
    checker.checkDeclarations()
    checker.checkParameters()
    checker.checkResults()
    return checker.violations
  }
}

/// What went wrong while one stage is checked.
final class LawChecker {
  let type: StageType
  let given: JSON
  let folder: String
  let manyRows: Int
  let derive: Laws.Derivation
  private(set) var violations: [String] = []

  init(
    type: StageType, parameters: JSON, folder: String, manyRows: Int, derive: @escaping Laws.Derivation
  ) {
    self.type = type
    given = parameters
    self.folder = folder
    self.manyRows = manyRows
    self.derive = derive
  }

  /// Notes a broken law.
  func report(_ violation: String) {
    // An error of several lines ends in its hint.
    violations.append("`\(type.name)`: \(violation)\(violation.contains("\n") ? "" : ".")")
  }

  /// The stage with the parameters of the test and some of a law's own.
  func configured(with changes: [JSON.Member] = []) throws(Diagnostics) -> ConfiguredStage {
    let kept = (given.members ?? []).filter { member in !changes.contains { $0.key == member.key } }
    return try type.configured(.object(kept + changes), folder: folder)
  }

  /// Name, summary, revision and ports.
  func checkDeclarations() {
    let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789-")
    if type.name.isEmpty || !type.name.allSatisfy(allowed.contains) {
      report("its name should be lower-case words with hyphens")
    }
    if !type.summary.hasSuffix(".") || type.summary.first?.isUppercase != true {
      report("its summary should be a sentence: “\(type.summary)”")
    }
    if type.revision < 1 { report("its revision should count from 1") }
    checkInputs()
    checkOutputs()
    let fits = type.inputs.contains { $0.name == "fitRows" } && type.kind != .measure
    if fits, !type.traits.contains(.fitsOnFitRows) {
      report("it takes `fitRows` and should declare the trait `fitsOnFitRows`")
    }
  }

  private func checkInputs() {
    // A measure takes the ports of any stage.
    guard type.kind != .measure else { return }
    for port in type.inputs {
      if let offered = type.kind.offers.first(where: { $0.name == port.name }) {
        if offered.type != port.type {
          report(
            "its input `\(port.name)` takes \(port.type.kind), but a \(type.kind) is offered \(offered.type.kind)"
          )
        }
      } else if !port.isOptional {
        report("its input `\(port.name)` is not offered to a \(type.kind) and should be optional")
      }
    }
  }

  private func checkOutputs() {
    for expected in type.kind.gives {
      guard let port = type.outputs.first(where: { $0.name == expected.name }) else {
        if !expected.isOptional { report("it lacks the output `\(expected.name)` of a \(type.kind)") }
        continue
      }
      if port.type != expected.type {
        report(
          "its output `\(port.name)` gives \(port.type.kind), not the \(expected.type.kind) of a \(type.kind)"
        )
      }
      if port.isOptional && !expected.isOptional {
        report("its output `\(port.name)` should not be optional in a \(type.kind)")
      }
    }
    if type.outputs.isEmpty { report("it gives nothing") }
  }
}
