import Foundation
import PipelineDSL
import StageKit
import Testing

@testable import PipeTool

/// What can stand at the cursor.
@Suite struct CompleterTests {
  private func answer(_ words: [String], cursor: Int? = nil) -> [String] {
    let tool = Tool(stages: { StageCatalog([]) }, pipelines: PipelineCatalog([]))
    let words = ["pipe"] + words
    let answer = Completer(tool, PipeTool.commands).answer(words, cursor: cursor ?? words.count - 1)
    return answer.split(separator: "\n").map { String($0.split(separator: "\t")[0]) }
  }

  @Test func everyCommandAndEveryOptionIsOffered() {
    #expect(answer([""]) == ["words"] + PipeTool.commands.map { $0.name })
    for command in PipeTool.commands {
      #expect(answer([command.name, "-"]) == ["words"] + command.options.map(\.name) + ["--help"])
    }
    #expect(answer(["-"]) == ["words", "--help", "--version"])
    #expect(answer(["help", "st"]) == ["words", "stages", "store"])
    #expect(answer(["nothing", "x"]) == ["words"])
  }

  @Test func meaningsStandBehindATab() {
    let tool = Tool(stages: { StageCatalog([]) }, pipelines: PipelineCatalog([]))
    let answer = Completer(tool, PipeTool.commands).answer(["pipe", "sch"], cursor: 1)
    #expect(answer == "words\nschema\tprint the JSON Schema of configs, for editors")
  }

  @Test func everyChoiceThatIsOfferedIsTaken() throws {
    for word in answer(["run", "--progress", ""]).dropFirst() {
      #expect(ProgressMode(rawValue: word) != nil)
    }
    #expect(
      answer(["table", "--format="]) == ["words"] + TableCommand.Form.allCases.map { "--format=\($0)" })
    #expect(answer(["table", "--format=l"]) == ["words", "--format=latex"])
    #expect(answer(["table", "--format", "=", "l"]) == ["words", "latex"])
    #expect(answer(["table", "--format", "="], cursor: 3).count == 1 + TableCommand.Form.allCases.count)
    #expect(answer(["store", "p"]) == ["words", "pin", "path"])
    #expect(answer(["store", "stat", ""]) == ["words"])
    #expect(answer(["completions", ""]) == ["words", "bash", "zsh", "fish"])
    #expect(answer(["run", "-j", ""]) == ["words"] && answer(["run", "--quiet=", ""]).first == "files")
  }

  @Test func wordsAfterTheCursorDoNotCount() {
    #expect(answer(["sto", "stat", "--store"], cursor: 1) == ["words", "store"])
    #expect(answer([], cursor: 7) == ["words"] + PipeTool.commands.map { $0.name })
    #expect(answer(["run"], cursor: -3).first == "words")
  }

  @Test func filesAreOfferedByTheirEndings() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "complete-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: "\(folder)/my runs/a", withIntermediateDirectories: true)
    for name in ["b.json", "a config.json", "data.h5", "notes.txt", ".hidden.json"] {
      try Data().write(to: URL(filePath: "\(folder)/\(name)"))
    }
    #expect(
      answer(["run", "\(folder)/"])
        == ["files"] + ["a config.json", "b.json", "my runs/"].map { "\(folder)/\($0)" })
    #expect(answer(["run", "b.json", "\(folder)/b"]) == ["files", "\(folder)/b.json"])
    #expect(answer(["run", "\(folder)/.h"]) == ["files", "\(folder)/.hidden.json"])
    #expect(answer(["run", "\(folder)/a\\ c"]) == ["files", "\(folder)/a config.json"])
    #expect(answer(["run", "\"\(folder)/a c"]) == ["files", "\(folder)/a config.json"])
    #expect(answer(["inspect", "\(folder)/"]) == ["files", "\(folder)/data.h5", "\(folder)/my runs/"])
    #expect(answer(["run", "--store=\(folder)/m"]) == ["files", "--store=\(folder)/my runs/"])
    #expect(answer(["show", "--runs", "\(folder)/my\\ runs", ""]) == ["words", "latest", "a"])
    #expect(answer(["table", "--runs=\(folder)/my runs", "a", ""]) == ["words", "latest", "a"])
    #expect(answer(["show", "\(folder)/nowhere/"]) == ["words"])
  }

  @Test(arguments: [
    ("CONFIG…", 3, Placeholder.file(endings: [".json"])), ("CONFIG [NODE]", 1, .node),
    ("CONFIG [NODE]", 2, .free),
    ("RUN RUN", 1, .run), ("RUN CELL", 1, .free), ("", 0, .free),
    ("stat|pin RUN|path", 0, .choice(["stat", "pin", "path"])),
    ("x|y RUN…", 1, .free),
  ])
  func placeholdersAreReadFromTheHelp(_ operands: String, _ count: Int, _ placeholder: Placeholder) {
    #expect(Placeholder(after: Array(repeating: "x", count: count), in: operands) == placeholder)
    #expect(Placeholder(after: ["pin"], in: "stat|pin RUN|path") == .run)
  }
}
