/// An option of a command, as the parser, the help and the completions see it.
struct Option: Sendable {
  /// The name with its hyphens.
  let name: String
  /// A one-letter form.
  var short: String?
  /// What stands for its value in the help; nil for an option without one.
  var value: String?
  /// What it does.
  let help: String
  /// Whether it may stand several times.
  var repeats = false
  /// The words that its value can be; empty if it can be anything.
  var choices: [String] = []

  static let set = Option(
    name: "--set", value: "PATH=VALUE", help: "change a value of the config; may stand several times",
    repeats: true)
  static let jobs = Option(
    name: "--jobs", short: "-j", value: "N", help: "how many threads may be busy (default: all cores)")
  static let memory = Option(
    name: "--memory", value: "SIZE",
    help: "what stages and held results may take together, such as 8G (default: 80 % of what there is)")
  static let keepGoing = Option(
    name: "--keep-going", help: "after a failure go on with what does not depend on it (the default)")
  static let failFast = Option(name: "--fail-fast", help: "end the run at the first failure")
  static let timeout = Option(
    name: "--timeout", value: "SECONDS", help: "end a stage that takes longer; 90, 90s, 15m or 2h")
  static let keepAll = Option(
    name: "--keep-all", help: "store every result, also those that are quicker to compute again than to read")
  static let store = Option(
    name: "--store", value: "DIR", help: "where results are kept (default: .pipe/store)")
  static let storeLimit = Option(
    name: "--store-limit", value: "SIZE",
    help: "give up stored results above this size (20G, 500M), those first that save least")
  static let runs = Option(name: "--runs", value: "DIR", help: "where runs are recorded (default: runs)")
  static let progress = Option(
    name: "--progress", value: "HOW", help: "auto, plain, json or none (default: auto)",
    choices: ProgressMode.allCases.map(\.rawValue))
  static let quiet = Option(name: "--quiet", short: "-q", help: "print errors only")
  static let json = Option(name: "--json", help: "print JSON")
  static let depth = Option(
    name: "--depth", value: "N", help: "how many nodes above to follow the causes (default: all)")
  static let reasons = Option(name: "--reasons", help: "print why each node ran, by stage and reason")
  static let strict = Option(
    name: "--strict", help: "end with exit code 3 unless every claim of the config holds")
  static let dryRun = Option(name: "--dry-run", help: "say what would be done, and do nothing")
  static let format = Option(
    name: "--format", value: "FORMAT", help: "text, markdown, csv, latex, json or html (default: text)",
    choices: TableCommand.Form.allCases.map(\.rawValue))
  static let help = Option(name: "--help", short: "-h", help: "show this help")
}
