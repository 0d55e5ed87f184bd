import Diagnostics

/// The laws of parameters.
extension LawChecker {
  /// Defaults resolve, parameters survive text, unknown keys and bad values are refused.
  func checkParameters() {
    do throws(Diagnostics) {
      _ = try type.configured(.object([]))
      checkRoundTrip(try configured(with: placeholders))
    } catch {
      return report("its defaults do not resolve: \(error)")
    }
    check(type.schema, as: "parameter") { .object([$0]) }
    let complete = Set(type.schema.map(\.name))
    if complete.count != type.schema.count { report("two of its parameters have one name") }
  }

  /// Something for every path that a test gave nothing for: a path has no default that could be read.
  private var placeholders: [JSON.Member] {
    type.schema.filter { $0.defaultValue == .string("") && given[$0.name] == nil }
      .map { JSON.Member($0.name, .string("placeholder")) }
  }

  private func checkRoundTrip(_ stage: ConfiguredStage) {
    let text = stage.parameters.text()
    do throws(Diagnostics) {
      let read = try type.configured(JSON.parse(SourceText(file: "parameters", text)), folder: folder)
      if read.parameters.text() != text {
        report("its parameters change on the way through text: \(text) became \(read.parameters.text())")
      }
    } catch {
      report("its own complete parameters are refused: \(text): \(error)")
    }
  }

  /// The laws of a group of parameters; `wrap` puts one member at its place in the stage's parameters.
  private func check(_ schema: [ParameterSchema], as noun: String, wrap: (JSON.Member) -> JSON) {
    let known = schema.map(\.name)
    let wrong = (known.first ?? "something") + "x"
    expect(.unknownKey, for: wrap(JSON.Member(wrong, .integer(1))), near: known.first)
    for parameter in schema {
      if parameter.help.isEmpty { report("its \(noun) `\(parameter.name)` has no help") }
      func put(_ value: JSON) -> JSON { wrap(JSON.Member(parameter.name, value)) }
      expect(nil, for: put(.object([JSON.Member("nonsense", .integer(1))])))
      for limit in parameter.limits {
        for value in limit.badValues(for: parameter.shape) {
          expectRefusal(of: value, limit, parameter.shape, put)
        }
      }
      checkCases(parameter.shape, put)
    }
  }

  private func expectRefusal(of value: JSON, _ limit: Limit, _ shape: ValueShape, _ put: (JSON) -> JSON) {
    switch (limit, shape.unwrapped) {
    case (.length, _): expect(nil, for: put(value))
    case (.notEmpty, _): expect(.outOfRange, for: put(value))
    case (_, .list): expect(.outOfRange, for: put(.array([value])))
    default: expect(.outOfRange, for: put(value))
    }
  }

  /// Each case of a choice resolves by its name alone and survives text, and its fields keep the laws.
  private func checkCases(_ shape: ValueShape, _ put: (JSON) -> JSON) {
    switch shape {
    case .optional(let inner): checkCases(inner, put)
    case .list(let inner): checkCases(inner) { put(.array([$0])) }
    case .choice(let cases):
      for option in cases {
        checkCase(put(.string(option.name)))
        guard !option.fields.isEmpty else { continue }
        check(option.fields, as: "field") { field in
          put(.object([JSON.Member(option.name, .object([field]))]))
        }
      }
    case .bool, .integer, .number, .locator: break
    }
  }

  private func checkCase(_ parameters: JSON) {
    do throws(Diagnostics) {
      checkRoundTrip(try configured(with: (parameters.members ?? []) + placeholders))
    } catch {
      // What must hold between several parameters may rule a case out.
      if error.all.contains(where: { $0.code != .outOfRange }) {
        report("the case \(parameters.text()) does not resolve: \(error)")
      }
    }
  }

  private func expect(_ code: DiagnosticCode?, for parameters: JSON, near name: String? = nil) {
    do throws(Diagnostics) {
      _ = try configured(with: parameters.members ?? [])
      report("it accepts \(parameters.text())")
    } catch {
      guard let code else { return }
      guard let found = error.all.first(where: { $0.code == code }) else {
        return report("it refuses \(parameters.text()) by another error than \(code.rawValue): \(error)")
      }
      if let name, found.hint?.contains("`\(name)`") != true {
        report("it does not name `\(name)` for \(parameters.text())")
      }
    }
  }
}

extension ValueShape {
  /// The shape of the value where there is one.
  fileprivate var unwrapped: ValueShape {
    if case .optional(let inner) = self { inner.unwrapped } else { self }
  }
}
