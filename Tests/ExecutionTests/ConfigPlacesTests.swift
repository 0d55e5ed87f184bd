import Diagnostics
import Testing

@testable import Execution
@testable import Planning

@Suite struct ConfigPlacesTests {
  private static let text = """
    {
      "reduce": [
        { "pca": { "components": { "each": [
          2,
          8
        ] } } },
        { "kernel-pca": {
          "kernel": { "each": [
            { "rbf": { "gamma": 0.5 } },
            "linear"
          ] }
        } },
        "none"
      ],
      "cluster": { "k-means": { "clusters": { "range": [2, 4, 3] } } }
    }
    """

  /// Where a config gives a parameter its value, by the stage's place in its slot.
  private func place(
    _ path: String, _ value: JSON?, _ slot: String, _ index: Int? = nil, changes: [String] = []
  ) throws -> String? {
    let config = try Config(SourceText(file: "a.json", Self.text), changes: changes)
    let given = try #require(config.json[slot])
    let entry = try index.map { try #require(given.items?[$0]) } ?? given
    let stage = entry.members?.first?.keyPlace?.location ?? entry.location
    return ConfigPlaces(config).place(of: path.split(separator: ".").map(String.init), value, in: stage)
  }

  @Test func aSweptValueHasItsOwnLine() throws {
    #expect(try place("components", 2, "reduce", 0) == "a.json:4")
    #expect(try place("components", 8, "reduce", 0) == "a.json:5")
    #expect(try place("kernel.rbf.gamma", .number(0.5), "reduce", 1) == "a.json:9")
    #expect(try place("kernel", "linear", "reduce", 1) == "a.json:10")
    #expect(try place("clusters", 3, "cluster") == "a.json:15")
  }

  @Test func whatIsNotWrittenIsTheDefault() throws {
    #expect(try place("solver", "exact", "reduce", 0) == "default")
    #expect(try place("solver", "exact", "reduce", 2) == "default")
  }

  @Test func whatTheCommandLineGivesHasNoLine() throws {
    #expect(
      try place("components", 3, "reduce", 0, changes: ["reduce.pca.components=3"]) == "command line")
  }

  @Test func ofALongListThePlaceOfTheListIsEnough() throws {
    let list = (0..<1000).map(String.init).joined(separator: ",\n")
    let config = try Config(
      SourceText(file: "a.json", #"{ "reduce": { "pca": { "components": { "each": [\#(list)] } } } }"#))
    let stage = config.json["reduce"]?.members?.first?.keyPlace?.location
    #expect(ConfigPlaces(config).place(of: ["components"], 700, in: stage) == "a.json:1")
  }

  @Test func aStageThatIsNotInTheConfigIsNamedByItself() throws {
    let config = try Config(SourceText(file: "a.json", Self.text))
    let elsewhere = SourceLocation(file: "b.json", line: 7, column: 1, text: "")
    #expect(ConfigPlaces(config).place(of: ["components"], 2, in: elsewhere) == "b.json:7")
    #expect(ConfigPlaces(config).place(of: ["components"], 2, in: nil) == nil)
  }
}
