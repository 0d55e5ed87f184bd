import Foundation

/// How a program ended and what it printed.
struct Ended {
  /// The exit code; 128 and more for a signal.
  let code: Int32
  let output: String
  let errors: String

  /// The lines of the output that say how a run went.
  var outcome: String { output.split(separator: "\n").dropFirst().first.map(String.init) ?? "" }
}

/// A program that was started in a sandbox.
final class Running {
  /// The built program, beside the program that runs the tests.
  static let program: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return (tests as NSString).deletingLastPathComponent + "/pipe"
  }()

  private let process: pid_t
  private let sandbox: Sandbox
  private let name = UUID().uuidString
  private var status: Int32?

  init(
    _ program: String, _ arguments: [String], in sandbox: Sandbox, environment: [String: String],
    errors: String? = nil
  ) throws {
    self.sandbox = sandbox
    var all = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    all["NO_COLOR"] = "1"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for (descriptor, ending) in [(Int32(1), "out"), (2, "err")] {
      let path = descriptor == 2 ? errors : nil
      let flags = path == nil ? O_WRONLY | O_CREAT | O_TRUNC | O_APPEND : O_RDWR | O_NOCTTY
      posix_spawn_file_actions_addopen(
        &actions, descriptor, path ?? "\(sandbox.path).\(name).\(ending)", flags, 0o644)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ] { sigaddset(&defaults, signal) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    // Threads that run tests may have signals blocked, and the mask is inherited.
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    // The shell changes to the folder and becomes the program.
    let shell = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", sandbox.path, program]
    var words = (shell + arguments).map { strdup($0) } + [nil]
    var variables = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for copy in words + variables { free(copy) } }
    var identifier: pid_t = 0
    let result = posix_spawn(&identifier, shell[0], &actions, &attributes, &words, &variables)
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .ENOENT) }
    process = identifier
  }

  deinit {
    if status == nil {
      kill(process, SIGKILL)
      _ = wait()
    }
    for ending in ["out", "err"] { unlink("\(sandbox.path).\(name).\(ending)") }
  }

  func send(_ signal: Int32) { kill(process, signal) }

  /// What was printed as errors so far.
  var errors: String { text("err") }

  /// Waits for the end.
  func wait() -> Ended {
    var raw: Int32 = 0
    if let status {
      raw = status
    } else {
      while waitpid(process, &raw, 0) < 0 && errno == EINTR {}
      status = raw
    }
    let signal = raw & 0x7f
    return Ended(
      code: signal == 0 ? (raw >> 8) & 0xff : 128 + signal, output: text("out"), errors: text("err"))
  }

  private func text(_ ending: String) -> String {
    let data = FileManager.default.contents(atPath: "\(sandbox.path).\(name).\(ending)") ?? Data()
    return String(decoding: data, as: UTF8.self)
  }
}
