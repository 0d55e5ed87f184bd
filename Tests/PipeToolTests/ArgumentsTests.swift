import Diagnostics
import Testing

@testable import PipeTool

/// How the words of a command line are sorted.
@Suite struct ArgumentsTests {
  @Test func optionsAndOperandsStandInAnyOrder() throws {
    let arguments = try Arguments(
      ["a.json", "-j", "4", "--set", "x=1", "b.json", "--set=y=2", "--quiet"], of: Run.self)
    #expect(arguments.operands == ["a.json", "b.json"])
    #expect(try arguments.count(of: .jobs, in: 1...8) == 4)
    #expect(arguments.values(of: .set) == ["x=1", "y=2"])
    #expect(arguments.has(.quiet))
    #expect(!arguments.has(.json))
    #expect(arguments.value(of: .store) == nil)
  }

  @Test func aShortOptionTakesItsValueWithoutASpace() throws {
    let arguments = try Arguments(["-j16", "a.json"], of: Run.self)
    #expect(try arguments.count(of: .jobs, in: 1...1024) == 16)
  }

  @Test func theLastOfSeveralValuesCounts() throws {
    let arguments = try Arguments(["a.json", "--store", "x", "--store", "y"], of: Run.self)
    #expect(arguments.value(of: .store) == "y")
  }

  @Test func whatFollowsTwoHyphensIsAnOperand() throws {
    let arguments = try Arguments(["--", "--set", "-"], of: Run.self)
    #expect(arguments.operands == ["--set", "-"])
    #expect(!arguments.has(.set))
  }

  @Test func aSingleHyphenIsAnOperand() throws {
    #expect(try Arguments(["-"], of: Run.self).operands == ["-"])
  }

  @Test func helpNeedsNoOperands() throws {
    #expect(try Arguments(["--help"], of: Run.self).has(.help))
  }

  @Test(arguments: ["0", "1025", "two", "", "1.5", "-1", "99999999999999999999"])
  func aBadNumberIsRefused(_ text: String) throws {
    let arguments = try Arguments(["a.json", "--jobs", text], of: Run.self)
    let error = #expect(throws: Diagnostic.self) { try arguments.count(of: .jobs, in: 1...1024) }
    #expect(
      error?.description == """
        error[badUsage]: `--jobs` takes a whole number from 1 to 1024
          given: \(text)
        """)
  }

  @Test(arguments: [["--json=yes", "a"], ["a", "--runs"], ["a", "--jbos", "1"], [], ["-x", "a"]])
  func badWordsAreRefused(_ words: [String]) {
    let error = #expect(throws: Diagnostic.self) { try Arguments(words, of: Run.self) }
    #expect(error?.code == .badUsage)
    #expect(error?.hint != nil || error?.fields.isEmpty == false)
  }
}

/// What holds for every command.
@Suite struct CommandListTests {
  @Test func namesAndOptionsAreDistinct() {
    let names = PipeTool.commands.map { $0.name }
    #expect(Set(names).count == names.count)
    for command in PipeTool.commands {
      let options = command.options + [.help]
      let words = options.map(\.name) + options.compactMap(\.short)
      #expect(Set(words).count == words.count, "\(command.name)")
    }
  }

  @Test func everyHelpTextFitsATerminal() {
    for command in PipeTool.commands {
      #expect(command.help.split(separator: "\n").allSatisfy { $0.count <= 120 }, "\(command.name)")
      #expect(!command.summary.hasSuffix("."), "\(command.name)")
      #expect(command.help.contains("\nusage: pipe \(command.name)"))
    }
  }
}
