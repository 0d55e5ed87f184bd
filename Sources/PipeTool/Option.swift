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

  static let set = Option(
    name: "--set", value: "PATH=VALUE", help: "change a value of the config; may stand several times",
    repeats: true)
  static let jobs = Option(
    name: "--jobs", short: "-j", value: "N", help: "how many threads may be busy (default: all cores)")
  static let store = Option(
    name: "--store", value: "DIR", help: "where results are kept (default: .pipe/store)")
  static let runs = Option(name: "--runs", value: "DIR", help: "where runs are recorded (default: runs)")
  static let progress = Option(
    name: "--progress", value: "HOW", help: "auto, plain, json or none (default: auto)")
  static let quiet = Option(name: "--quiet", short: "-q", help: "print errors only")
  static let json = Option(name: "--json", help: "print JSON")
  static let depth = Option(
    name: "--depth", value: "N", help: "how many nodes above to follow the causes (default: all)")
  static let dryRun = Option(name: "--dry-run", help: "say what would be done, and do nothing")
  static let format = Option(
    name: "--format", value: "FORMAT", help: "text, markdown, csv, latex, json or html (default: text)")
  static let help = Option(name: "--help", short: "-h", help: "show this help")
}
