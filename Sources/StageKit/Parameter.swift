public import Diagnostics

/// A named value of a stage: its default, its limits and its help in one place.
///
///     @Parameter("Ridge as a fraction of the largest eigenvalue; 0 refuses singular data.", .range(0...1))
///     var ridge = 1e-6
///
/// Checks, help, the JSON Schema and the bad values that the tests try all come from this declaration.
@propertyWrapper
public struct Parameter<Value: ParameterValue>: Codable, Sendable {
  /// The value: the default until a config gives another.
  public var wrappedValue: Value
  /// What the value means, in a sentence with its unit.
  let help: String
  /// What the value must keep to.
  let limits: [Limit]

  /// Declares a parameter with its default, its meaning and its limits.
  public init(wrappedValue: Value, _ help: String, _ limits: Limit...) {
    self.wrappedValue = wrappedValue
    self.help = help
    self.limits = limits
  }

  /// Takes the value from the config, or keeps the default.
  public init(from decoder: any Decoder) throws {
    guard let decoder = decoder as? ParameterDecoder, var declared = decoder.declared as? Parameter<Value>
    else {
      throw Diagnostic(.internalFault, "parameters are read by their schema only")
    }
    if let given = decoder.given {
      declared.wrappedValue = try Value.read(given, decoder.report)
      for limit in declared.limits {
        if let broken = limit.violation(of: declared.wrappedValue.json, name: decoder.path) {
          throw broken.at(given.location)
        }
      }
    }
    self = declared
  }

  /// Parameters are listed by their group, not written one by one.
  public func encode(to encoder: any Encoder) throws {
    throw Diagnostic(.internalFault, "parameters are listed by their group only")
  }
}

/// A parameter whose value type is hidden.
protocol AnyParameter: Sendable {
  var help: String { get }
  var limits: [Limit] { get }
  var json: JSON { get }
  var shape: ValueShape { get }
  var entersKey: Bool { get }
}

extension Parameter: AnyParameter {
  var json: JSON { wrappedValue.json }
  var shape: ValueShape { Value.shape }
  var entersKey: Bool { Value.entersKey }
}

/// A set of parameters: every stored property is a `@Parameter`, and the value with nothing given is complete.
public protocol ParameterGroup: Sendable, Codable {
  /// The defaults.
  init()
  /// What must hold between several parameters; a message for each that does not.
  var conflicts: [String] { get }
}

extension ParameterGroup {
  /// Nothing has to hold between several parameters.
  public var conflicts: [String] { [] }
}

/// The parameters of a stage.
public typealias StageParameters = ParameterGroup

/// The parameters of a stage that has none.
public struct NoParameters: ParameterGroup {
  /// The only value.
  public init() {}
}

extension ParameterGroup {
  /// The parameters with their names, in the order of their declaration.
  var parameters: [(name: String, parameter: any AnyParameter)] {
    let listing = ParameterListing()
    do { try encode(to: listing) } catch {
      preconditionFailure("every stored property of \(Self.self) must be a @Parameter")
    }
    return listing.parameters
  }

  /// The complete parameters in canonical form.
  public var json: JSON {
    .object(parameters.map { JSON.Member($0.name, $0.parameter.json) })
  }

  /// The parameters that can change a result, in canonical form: without the names of files and data sets.
  public var keyJSON: JSON { canonical.key }

  /// `json` and `keyJSON` by one walk over the properties.
  var canonical: (all: JSON, key: JSON) {
    let declared = parameters
    let members = declared.map { JSON.Member($0.name, $0.parameter.json) }
    if declared.allSatisfy(\.parameter.entersKey) { return (.object(members), .object(members)) }
    let entering = zip(declared, members).filter { $0.0.parameter.entersKey }.map(\.1)
    return (.object(members), .object(entering))
  }

  /// Reads parameters; what is not given takes its default.
  ///
  /// - Throws: every problem together: unknown names, wrong types, values out of range, conflicts.
  public static func read(_ json: JSON) throws(Diagnostics) -> Self {
    let report = ParameterReport()
    do {
      let group = try read(json, report)
      if report.problems.isEmpty { return group }
    } catch {
      report.add(error)
    }
    throw Diagnostics(report.problems)
  }

  /// Reads parameters into a report that others add to as well; the path leads to this group.
  static func read(_ json: JSON, _ report: ParameterReport) throws -> Self {
    let defaults = Self()
    let declared = defaults.parameters
    guard let members = json.members else {
      throw Diagnostic(
        .wrongType, "parameters should be an object, not \(json.typeName)",
        fields: ["allowed": ValueShape.names(declared.map(\.name))], at: json.location)
    }
    for member in members where !declared.contains(where: { $0.name == member.key }) {
      report.add(
        Diagnostic(
          .unknownKey, "there is no parameter `\(member.key)`",
          fields: ["allowed": ValueShape.names(declared.map(\.name))],
          hint: suggestion(for: member.key, among: declared.map(\.name)),
          at: (member.keyPlace ?? member.value.place)?.location))
    }
    let group = try Self(from: ParameterDecoder(declared: declared, members: members, report: report))
    for conflict in group.conflicts {
      report.add(Diagnostic(.outOfRange, conflict, at: json.location))
    }
    return group
  }
}

/// Gathers the problems of one reading.
public final class ParameterReport {
  /// The problems so far.
  public private(set) var problems: [Diagnostic] = []

  /// Starts with no problem.
  public init() {}

  /// Adds an error, or each of several.
  public func add(_ error: any Error) {
    switch error {
    case let one as Diagnostic: problems.append(one)
    case let several as Diagnostics: problems += several.all
    default: problems.append(Diagnostic(.internalFault, "\(error)"))
    }
  }
}
