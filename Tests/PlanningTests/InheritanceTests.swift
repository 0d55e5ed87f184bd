import Diagnostics
import Foundation
import PipelineDSL
import Planning
import StageKit
import Testing

/// Configs that extend others.
@Suite struct InheritanceTests {
  /// A folder with some configs, that goes with the test.
  private final class Folder: Sendable {
    let path = NSTemporaryDirectory() + "/inheritance-" + UUID().uuidString

    init(_ files: KeyValuePairs<String, String>) throws {
      for (name, text) in files {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func config(_ name: String = "a.json", changes: [String] = []) throws -> Config {
      try Config.read("\(path)/\(name)", changes: changes)
    }

    /// The message of what is wrong, without the folder.
    func error(_ name: String = "a.json") -> String {
      do {
        _ = try Fakes.plan(config(name))
        return "fine"
      } catch { return "\(error)".replacingOccurrences(of: path + "/", with: "") }
    }
  }

  static let base = """
    {
      "title": "Base", "pipeline": "compare", "seeds": 3,
      "data": { "source": { "file": "d/x.h5" } },
      "reduce": { "reduce": { "components": 8, "kernel": { "rbf": { "gamma": 2 } }, "ridge": { "each": [0, 1] } } },
      "cluster": ["cluster", { "cluster": { "clusters": 5 } }],
      "tables": { "main": { "rows": ["reduce"], "metrics": ["spread"] }, "other": { "metrics": ["spread"] } }
    }
    """

  private func merged(_ members: String) throws -> JSON {
    let folder = try Folder(["base.json": Self.base, "a.json": "{ \"extends\": \"base.json\", \(members) }"])
    return try folder.config().json
  }

  @Test func membersStandOverThoseOfTheBase() throws {
    let json = try merged(#""seeds": [4, 5], "title": "Mine", "metrics": ["spread"]"#)
    #expect(json["extends"] == nil)
    #expect(json["seeds"] == [4, 5] && json["title"] == "Mine" && json["pipeline"] == "compare")
    #expect(json["data"] == .object(["source": .object(["file": "d/x.h5"])]))
    #expect(
      json.members?.map(\.key) == [
        "title", "pipeline", "seeds", "data", "reduce", "cluster", "tables", "metrics",
      ])
  }

  @Test func theSameStageIsMergedParameterByParameter() throws {
    func reduce(_ text: String) throws -> JSON? { try merged("\"reduce\": \(text)")["reduce"] }
    let each = JSON.object(["each": [0, 1]])
    let gamma = JSON.object(["rbf": .object(["gamma": 2])])
    #expect(
      try reduce(#"{ "reduce": { "components": 4, "solver": "quick" } }"#)
        == .object([
          "reduce": .object(["components": 4, "kernel": gamma, "ridge": each, "solver": "quick"])
        ]))
    #expect(
      try reduce(#"{ "reduce": { "kernel": { "rbf": { "width": 3 } }, "ridge": { "range": [0, 1, 3] } } }"#)
        == .object([
          "reduce": .object([
            "components": 8, "kernel": .object(["rbf": .object(["gamma": 2, "width": 3])]),
            "ridge": .object(["range": [0, 1, 3]]),
          ])
        ]))
    #expect(
      try reduce(#"{ "reduce": { "kernel": "linear", "ridge": { "each": [2] } } }"#)
        == .object([
          "reduce": .object(["components": 8, "kernel": "linear", "ridge": .object(["each": [2]])])
        ]))
  }

  @Test func howAStageIsRunIsMergedBesideIt() throws {
    #expect(
      try merged(#""data": { "source": { "labelled": false }, "timeout": 60 }"#)["data"]
        == .object([
          "source": .object(["file": "d/x.h5", "labelled": false]), "timeout": 60,
        ]))
  }

  @Test func anotherStageAndListsReplace() throws {
    #expect(try merged(#""reduce": "none""#)["reduce"] == "none")
    #expect(
      try merged(#""reduce": { "other": { "components": 4 } }"#)["reduce"]
        == .object(["other": .object(["components": 4])]))
    #expect(
      try merged(#""reduce": [{ "reduce": {} }], "cluster": []"#)["reduce"]
        == [.object(["reduce": .object([])])])
    #expect(try merged(#""cluster": []"#)["cluster"] == [])
  }

  @Test func tablesAreMergedByNameAndMember() throws {
    let json = try merged(
      #""tables": { "main": { "rows": ["cluster"], "best": true }, "new": { "metrics": ["hits"] } }"#)
    #expect(
      json["tables"]
        == .object([
          "main": .object(["rows": ["cluster"], "metrics": ["spread"], "best": true]),
          "other": .object(["metrics": ["spread"]]), "new": .object(["metrics": ["hits"]]),
        ]))
  }

  @Test func valuesKnowTheFileTheyComeFrom() throws {
    let folder = try Folder([
      "base.json": Self.base,
      "a.json": """
      {
        "extends": "base.json", "seeds": 2,
        "reduce": { "reduce": { "components": 4 } }
      }
      """,
    ])
    let config = try folder.config(changes: ["cluster.0.clusters=7", "seed=9"])
    let origins = Dictionary(uniqueKeysWithValues: config.origins.map { ($0.path, $0.origin) })
    #expect(origins["seeds"] == "a.json:2" && origins["pipeline"] == "base.json:2")
    #expect(origins["reduce.reduce.components"] == "a.json:3")
    #expect(origins["reduce.reduce.kernel.rbf.gamma"] == "base.json:4")
    #expect(origins["seed"] == "command line" && origins["extends"] == nil)
    #expect(config.name == "a" && config.title == "Base")
  }

  @Test func pathsStartAtTheFileThatGivesThem() throws {
    let folder = try Folder([
      "top/a.json": #"{ "extends": "../mid/b.json", "reduce": ["none"] }"#,
      "mid/b.json": #"{ "extends": "deep/base.json", "seeds": 1 }"#, "mid/deep/base.json": Self.base,
    ])
    func file(_ changes: String...) throws -> (given: JSON?, read: String?) {
      let source = try Fakes.plan(folder.config("top/a.json", changes: changes)).nodes[0].stage
      return (source.parameters["file"], source.sources.first?.file)
    }
    let inherited = try file()
    #expect(inherited.given == "../mid/deep/d/x.h5")
    #expect(inherited.read == "\(folder.path)/top/../mid/deep/d/x.h5")
    let changed = try file("data.source.file=y.h5")
    #expect(changed.given == "y.h5" && changed.read == "\(folder.path)/top/y.h5")
  }

  @Test func errorsNameTheFileThatIsWrong() throws {
    let folder = try Folder([
      "base.json": Self.base,
      "a.json": #"{ "extends": "base.json", "reduce": { "reduce": { "ridgee": 1 } } }"#,
      "b.json": #"{ "extends": "a.json", "reduce": { "reduce": { "ridgee": 1 } }, "sedes": 1 }"#,
      "broken.json": "{ \"extends\": \"half.json\" }", "half.json": "{ \"title\" }",
    ])
    #expect(
      folder.error("b.json") == """
        error[unknownKey]: there is no parameter `ridgee`
          --> b.json:1:48
           |
         1 | { "extends": "a.json", "reduce": { "reduce": { "ridgee": 1 } }, "sedes": 1 }
           |                                                ^^^^^^^^
          allowed: components, ridge, kernel, solver, powers
          hint: did you mean `ridge`?

        error[unknownKey]: there is no slot or setting `sedes`
          --> b.json:1:65
           |
         1 | { "extends": "a.json", "reduce": { "reduce": { "ridgee": 1 } }, "sedes": 1 }
           |                                                                 ^^^^^^^
          slots:    data, split, whiten, reduce, cluster, probe
          settings: $schema, extends, title, pipeline, seeds, seed, metrics, tables, claims, zip, skip, provenance
          hint: did you mean `seeds`?
        """)
    #expect(
      folder.error("broken.json") == """
        error[badSyntax]: not valid JSON: a `:` should follow the name
          --> half.json:1:11
           |
         1 | { "title" }
           |           ^
        """)
  }

  @Test func whatCannotBeExtendedIsSaid() throws {
    let folder = try Folder([
      "none.json": #"{ "extends": "nothing.json" }"#, "number.json": #"{ "extends": 3 }"#,
      "list.json": #"{ "extends": "array.json" }"#, "array.json": "[]",
      "a.json": #"{ "extends": "sub/b.json" }"#, "sub/b.json": #"{ "extends": "../c.json" }"#,
      "c.json": #"{ "extends": "sub/../a.json" }"#, "self.json": #"{ "extends": "./self.json" }"#,
    ])
    #expect(
      folder.error("none.json") == """
        error[fileNotFound]: there is no such config
          --> none.json:1:14
           |
         1 | { "extends": "nothing.json" }
           |              ^^^^^^^^^^^^^^
          path: nothing.json
        """)
    #expect(
      folder.error("number.json") == """
        error[wrongType]: a whole number stands where the path of a config should
          --> number.json:1:14
           |
         1 | { "extends": 3 }
           |              ^
          given: 3
          hint: write "extends": "base.json"
        """)
    #expect(
      folder.error("list.json").hasPrefix("error[wrongType]: a config should be an object, not a list\n"))
    #expect(
      folder.error() == """
        error[badConfig]: `extends` leads back to where it came from
          --> sub/../c.json:1:14
           |
         1 | { "extends": "sub/../a.json" }
           |              ^^^^^^^^^^^^^^^
          chain: a.json → sub/b.json → sub/../c.json → sub/../sub/../a.json
          hint: take one `extends` out
        """)
    #expect(folder.error("self.json").contains("\n  chain: self.json → ./self.json\n"))
  }
}
