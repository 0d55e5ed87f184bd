public import Artifacts
public import Diagnostics

/// The error that a stage throws: the one shape of all errors.
public typealias StageError = Diagnostic

/// A pure function with parameters from input artifacts to output artifacts.
///
/// The same parameters, inputs and seed give the same bytes, at any number of threads and on every run: results are
/// found again by a key that is made of these alone.
public protocol Stage: Sendable {
  /// The parameters; with nothing given they are complete.
  associatedtype Parameters: StageParameters
  /// What goes in.
  associatedtype Input: Ports
  /// What comes out.
  associatedtype Output: Ports

  /// The name that configs use, in lower case with hyphens.
  static var name: String { get }
  /// What the stage does, in one sentence.
  static var summary: String { get }
  /// Which slots it can fill.
  static var kind: StageKind { get }
  /// Raised whenever results change.
  static var revision: Int { get }
  /// What the laws may assume of the stage.
  static var traits: Set<StageTrait> { get }

  /// A stage with its parameters.
  init(parameters: Parameters)
  /// The parameters that it was made with.
  var parameters: Parameters { get }
  /// Whether the result depends on the seed; such a stage is repeated for every replicate.
  var isRandom: Bool { get }
  /// The optional outputs that these parameters do not give.
  var absentOutputs: Set<String> { get }
  /// The number of folds that a splitter makes with these parameters.
  var foldCount: Int { get }

  /// Computes the outputs.
  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output
}

extension Stage {
  public static var traits: Set<StageTrait> { [] }
  public var isRandom: Bool { false }
  public var absentOutputs: Set<String> { [] }
  public var foldCount: Int { 1 }
}

/// What a stage declares about itself, for the laws.
public enum StageTrait: String, Sendable, CaseIterable {
  /// Permuting the rows of the input permutes the rows of the output.
  case rowWise
  /// Fits on the fit rows only: moving held-out rows does not move what other rows become.
  case fitsOnFitRows
  /// Takes features of two columns only.
  case planar
  /// Costs so much, or says so much, that it is computed only where a config names it.
  case onRequest
}

/// A stage that reads files: its key is the digest of the content that it reads.
public protocol SourceStage: Stage where Input == NoPorts {
  /// The files and data sets that are read, with paths as the parameters give them.
  var sources: [SourceDescription] { get }
  /// The digest of the content that is read, independent of how the files store it.
  func fingerprint() throws(StageError) -> Digest
  /// A copy whose relative paths start from `folder`.
  func resolved(against folder: String) -> Self
}

/// One file that a source reads, and which parts of it.
public struct SourceDescription: Sendable, Equatable {
  /// The path of the file.
  public var file: String
  /// What is read from it, as text that is the same for the same parts.
  public var parts: String

  /// Describes a file and the parts that are read.
  public init(file: String, parts: String) {
    self.file = file
    self.parts = parts
  }
}

/// A stage that measures: it gives one number with a direction.
public protocol MeasureStage: Stage where Output == MeasureOutput {
  /// What the number is and which way is better.
  static var metric: Metric { get }
}

extension MeasureStage {
  public static var kind: StageKind { .measure }
}

/// The output of every measure.
public struct MeasureOutput: Ports {
  /// The number.
  public var measurement: Measurement

  /// Makes the output from the number.
  public init(_ value: Double) { measurement = Measurement(value) }
}

/// What a number means.
public struct Metric: Sendable, Equatable {
  /// Which way is better.
  public enum Direction: String, Sendable { case higher, lower, neither }
  /// Which way is better.
  public var better: Direction
  /// The smallest and the largest possible value, if bounded.
  public var range: ClosedRange<Double>?

  /// Describes a metric.
  public init(better: Direction, range: ClosedRange<Double>? = nil) {
    self.better = better
    self.range = range
  }
}
