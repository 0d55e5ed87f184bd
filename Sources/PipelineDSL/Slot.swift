public import StageKit

/// A place that a config fills with one stage.
///
///     @Slot var data: Loader
///     @Slot var split: Splitter = .holdout
@propertyWrapper
public struct Slot<Choice: SlotStage>: Sendable {
  let name = SlotName()
  let standard: Choice?

  /// A slot that the config must fill.
  public init() { standard = nil }

  /// A slot with a stage that is used where the config says nothing.
  public init(wrappedValue: Choice) { standard = wrappedValue }

  /// Whatever the config puts there.
  public var wrappedValue: Choice { Choice(.slot(name.text)) }
}

/// A place that a config fills with one stage or several alternatives, each of which is tried.
///
///     @Slots var reduce: [Reducer]
///     @Slots var whiten: [Normalizer] = [.none]
@propertyWrapper
public struct Slots<Choice: SlotStage>: Sendable {
  let name = SlotName()
  let standard: [Choice]?

  /// A slot that the config must fill.
  public init() { standard = nil }

  /// A slot with alternatives that are used where the config says nothing; `[]` leaves out all that hangs on it.
  public init(wrappedValue: [Choice]) { standard = wrappedValue }

  /// One element that stands for each alternative in turn.
  public var wrappedValue: [Choice] { [Choice(.slot(name.text))] }
}

/// The name of a slot, which is that of the pipeline's property: set once, when the pipeline is read.
final class SlotName: @unchecked Sendable {
  fileprivate(set) var text = ""
}

/// A slot as the planner, the help and the schema see it.
public struct SlotDeclaration: Sendable {
  /// The name that configs use.
  public let name: String
  /// The stages that can fill it.
  public let kind: StageKind
  /// Whether a list of alternatives may stand there.
  public let allowsSeveral: Bool
  /// The stages that fill it where the config says nothing; nil if the config must fill it.
  public let standard: [String]?
}

/// A slot whose types are hidden.
protocol AnySlot {
  func declare(as name: String) -> SlotDeclaration
}

extension Slot: AnySlot {
  func declare(as name: String) -> SlotDeclaration {
    self.name.text = name
    return SlotDeclaration(
      name: name, kind: Choice.kind, allowsSeveral: false, standard: standard.map { [$0.standardName] })
  }
}

extension Slots: AnySlot {
  func declare(as name: String) -> SlotDeclaration {
    self.name.text = name
    return SlotDeclaration(
      name: name, kind: Choice.kind, allowsSeveral: true, standard: standard?.map(\.standardName))
  }
}
