public import Diagnostics

/// An enum that a config names by case: `"zca"`.
public protocol PlainChoice: ParameterValue, CaseIterable, RawRepresentable where RawValue == String {}

extension PlainChoice {
  public static var shape: ValueShape {
    .choice(allCases.map { ValueShape.Case(name: $0.rawValue, fields: []) })
  }
  public var json: JSON { .string(rawValue) }
  public static func read(_ json: JSON, _ report: ParameterReport) throws -> Self {
    guard let name = json.string else { throw mismatch(json) }
    guard let value = Self(rawValue: name) else { throw unknownCase(name, allCases.map(\.rawValue), json) }
    return value
  }
}

/// An enum some of whose cases have fields: `{ "rbf": { "gamma": 0.02 } }`; a case alone by name takes its defaults.
///
///     enum Kernel: ParameterChoice {
///       case linear, rbf(RBF)
///       struct RBF: ParameterGroup {
///         @Parameter("Inverse width.", .above(0)) var gamma = 1.0
///       }
///       static let cases: [ChoiceCase<Kernel>] = [.plain("linear", .linear), .fields("rbf", Kernel.rbf)]
///       var chosen: ChosenCase { switch self { case .linear: "linear"; case .rbf(let rbf): ChosenCase("rbf", rbf) } }
///     }
public protocol ParameterChoice: ParameterValue {
  /// Every case, in the order in which the help lists them.
  static var cases: [ChoiceCase<Self>] { get }
  /// The case of this value with its fields.
  var chosen: ChosenCase { get }
}

/// A case as a value has it.
public struct ChosenCase: ExpressibleByStringLiteral {
  let name: String
  let fields: JSON

  /// A case with fields.
  public init(_ name: String, _ fields: some ParameterGroup) {
    self.name = name
    self.fields = fields.json
  }

  /// A plain case.
  public init(stringLiteral name: String) {
    self.name = name
    fields = .object([])
  }
}

/// How one case of a choice is read.
public struct ChoiceCase<Choice>: Sendable {
  let name: String
  let fields: @Sendable () -> [ParameterSchema]
  let read: @Sendable (JSON, ParameterReport) throws -> Choice

  /// A case without fields.
  public static func plain(_ name: String, _ value: Choice) -> ChoiceCase where Choice: Sendable {
    ChoiceCase(name: name, fields: { [] }) { json, report in
      _ = try NoParameters.read(json, report)
      return value
    }
  }

  /// A case with fields.
  public static func fields<Group: ParameterGroup>(
    _ name: String, _ make: @escaping @Sendable (Group) -> Choice
  ) -> ChoiceCase {
    ChoiceCase(name: name, fields: { Group.schema }) { json, report in make(try Group.read(json, report)) }
  }
}

extension ParameterChoice {
  /// Choices are equal if their canonical forms are.
  public static func == (a: Self, b: Self) -> Bool { a.json == b.json }

  public static var shape: ValueShape {
    .choice(cases.map { ValueShape.Case(name: $0.name, fields: $0.fields()) })
  }

  public var json: JSON {
    let chosen = chosen
    return .object([JSON.Member(chosen.name, chosen.fields)])
  }

  public static func read(_ json: JSON, _ report: ParameterReport) throws -> Self {
    let name: String
    var fields = JSON.object([])
    if let plain = json.string {
      name = plain
    } else if let members = json.members, members.count == 1 {
      name = members[0].key
      fields = members[0].value
    } else {
      throw Diagnostic(
        .wrongType, "one case should stand here, as \"name\" or { \"name\": { fields } }",
        fields: ["given": json.text(), "allowed": ValueShape.names(cases.map(\.name))], at: json.location)
    }
    guard let found = cases.first(where: { $0.name == name }) else {
      throw unknownCase(name, cases.map(\.name), json)
    }
    return try found.read(fields, report)
  }
}

private func unknownCase(_ name: String, _ allowed: [String], _ json: JSON) -> Diagnostic {
  let place = json.members?.first?.keyPlace ?? json.place
  return Diagnostic(
    .unknownName, "there is no case `\(name)`", fields: ["allowed": ValueShape.names(allowed)],
    hint: suggestion(for: name, among: allowed), at: place?.location)
}
