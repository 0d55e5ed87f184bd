import Foundation
import Testing

/// The completion of command lines, in a real shell.
@Suite struct CompletionTests {
  /// What bash offers when the last of some words is completed.
  private func complete(_ sandbox: Sandbox, _ words: String...) throws -> [String] {
    let quoted = words.map { "'\($0.replacing("'", with: "'\\''"))'" }.joined(separator: " ")
    let script = """
      set -eu
      source <("$PIPE" completions bash)
      COMP_WORDS=("$PIPE" \(quoted))
      COMP_CWORD=\(words.count)
      # Outside a real completion, bash has no options to change.
      _pipe || true
      complete -p pipe >/dev/null
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    try sandbox.write(script, to: "complete.sh")
    let ended = try sandbox.shell("bash complete.sh")
    #expect(ended.code == 0, "\(ended.errors)")
    try sandbox.remove("complete.sh")
    return ended.output.split(separator: "\n").map(String.init)
  }

  @Test func bashCompletesCommandsOptionsFilesRunsAndStages() throws {
    let sandbox = try Sandbox()
    #expect(try complete(sandbox, "").starts(with: ["run", "plan", "explain"]))
    #expect(try complete(sandbox, "comp") == ["completions"])
    #expect(try complete(sandbox, "run", "--pro") == ["--progress"])
    #expect(try complete(sandbox, "run", "--progress", "") == ["auto", "plain", "json", "none"])
    #expect(try complete(sandbox, "run", "--progress", "=", "p") == ["plain"])
    #expect(try complete(sandbox, "run", "") == ["small.json"])
    #expect(try complete(sandbox, "inspect", "") == ["data.h5"])
    #expect(try complete(sandbox, "stages", "kernel") == ["kernel-pca"])
    #expect(try complete(sandbox, "pipelines", "p") == ["probe-table"])
    #expect(try complete(sandbox, "explain", "small.json", "mini") == ["mini-batch-k-means"])
    #expect(try complete(sandbox, "show", "") == [])
    #expect(try sandbox.run("--runs", "elsewhere").code == 0)
    let name = try #require(
      FileManager.default.contentsOfDirectory(atPath: sandbox.file("elsewhere")).first { $0 != "latest" })
    #expect(try complete(sandbox, "show", "--runs", "elsewhere", "") == ["latest", name])
    #expect(try complete(sandbox, "show", "--runs", "else") == ["elsewhere"])
  }

  @Test func everyShellHasAScriptAndNoOther() throws {
    let sandbox = try Sandbox(config: nil, data: false)
    for shell in ["bash", "zsh", "fish"] {
      let ended = try sandbox.pipe("completions", shell)
      #expect(ended.code == 0 && ended.output.contains("--complete"))
    }
    #expect(
      try sandbox.pipe("completions", "bsh").errors == """
        error[badUsage]: there are no completions for `bsh`
          shells: bash, zsh, fish
          hint: did you mean `bash`?

        """)
  }
}
