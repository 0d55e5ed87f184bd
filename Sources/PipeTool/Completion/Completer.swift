import PipelineDSL
import Glibc
import PipelineDSL
import Planning
import StageKit

/// Finds the words that can stand at the cursor of a command line.
///
/// The shells' scripts call the program for every completion, and the program reads the same declarations as the parser
/// and the help, so that the three cannot differ.
struct Completer {
  /// A word with what it means.
  struct Candidate: Equatable {
    var word: String
    var about = ""
  }

  private let tool: Tool
  private let commands: [any Command.Type]

  init(_ tool: Tool, _ commands: [any Command.Type]) {
    self.tool = tool
    self.commands = commands
  }

  /// The answer to a shell: `files` or `words`, then a candidate a line with a tab before its meaning.
  func answer(_ words: [String], cursor: Int) -> String {
    let line = CommandLineWords(words, cursor: cursor, commands)
    let (candidates, areFiles) = candidates(line)
    let texts = candidates.map { $0.about.isEmpty ? $0.word : "\($0.word)\t\($0.about)" }
    return ([areFiles ? "files" : "words"] + texts).joined(separator: "\n")
  }

  private func candidates(_ line: CommandLineWords) -> ([Candidate], areFiles: Bool) {
    let (placeholder, before) = wanted(line)
    guard let placeholder else { return (matching(line.typed, options(line)), false) }
    var areFiles = false
    let all: [Candidate]
    switch placeholder {
    case .file, .folder:
      areFiles = true
      all = files(line.typed, placeholder)
    case .run: all = runs(line)
    case .node, .stage: all = tool.stages.stages.map { Candidate(word: $0.name, about: $0.summary) }
    case .pipeline:
      all = tool.pipelines.pipelines.map { Candidate(word: $0.name, about: $0.summary) }
    case .command: all = commands.map { Candidate(word: $0.name, about: $0.summary) }
    case .choice(let words): all = words.map { Candidate(word: $0) }
    case .free: all = []
    }
    let found = matching(line.typed, all).map { Candidate(word: before + $0.word, about: $0.about) }
    return (found, areFiles)
  }

  /// What is to stand at the cursor, nil for an option, and what of the word is there already.
  private func wanted(_ line: CommandLineWords) -> (Placeholder?, before: String) {
    switch line.place {
    case .value(let option, let before): return (Placeholder(valueOf: option), before)
    case .word: break
    }
    if line.typed.hasPrefix("-"), !line.hasOnlyOperands { return (nil, "") }
    if line.isHelp { return (line.operands.isEmpty ? .command : .free, "") }
    guard let command = line.command else { return (line.operands.isEmpty ? .command : .free, "") }
    return (Placeholder(after: line.operands, in: command.operands), "")
  }

  private func options(_ line: CommandLineWords) -> [Candidate] {
    guard let command = line.command else {
      return [
        Candidate(word: "--help", about: Option.help.help),
        Candidate(word: "--version", about: "print the version"),
      ]
    }
    return (command.options + [.help]).map { Candidate(word: $0.name, about: $0.help) }
  }

  private func matching(_ typed: String, _ all: [Candidate]) -> [Candidate] {
    all.filter { $0.word.hasPrefix(typed) }
  }

  // MARK: What lies on the disk

  /// The runs, newest first; a run can be named by its folder too.
  private func runs(_ line: CommandLineWords) -> [Candidate] {
    if line.typed.contains("/") { return files(line.typed, .folder) }
    let folder = line.values[Option.runs.name] ?? "runs"
    let names = Completer.names(in: folder).filter { !$0.hasPrefix(".") && $0 != "latest" }
    let folders = names.filter { Completer.isFolder("\(folder)/\($0)") }.sorted(by: >)
    return folders.isEmpty ? [] : (["latest"] + folders).map { Candidate(word: $0) }
  }

  /// The files that go on as what is typed; folders end with a slash.
  private func files(_ typed: String, _ placeholder: Placeholder) -> [Candidate] {
    let end = typed.lastIndex(of: "/").map { typed.index(after: $0) } ?? typed.startIndex
    let (folder, start) = (String(typed[..<end]), typed[end...])
    let path = Completer.expanded(folder.isEmpty ? "." : folder)
    var found: [Candidate] = []
    for name in Completer.names(in: path).sorted() {
      guard name.hasPrefix(start), start.hasPrefix(".") || !name.hasPrefix(".") else { continue }
      // A name with a line break cannot be handed over in a line.
      guard !name.contains(where: { $0.isNewline || $0 == "\t" }) else { continue }
      if Completer.isFolder("\(path)/\(name)") {
        found.append(Candidate(word: "\(folder)\(name)/"))
      } else if case .file(let endings) = placeholder,
        endings.isEmpty || endings.contains(where: name.hasSuffix)
      {
        found.append(Candidate(word: folder + name))
      }
    }
    return found
  }

  private static func expanded(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = getenv("HOME") else { return path }
    return String(cString: home) + path.dropFirst()
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
