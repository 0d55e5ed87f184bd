/// What can stand in a place of a command line, as the word that stands for it in the help says.
enum Placeholder: Equatable {
  /// A file with one of these endings; any file if there are none.
  case file(endings: [String])
  case folder
  /// A recorded run.
  case run
  /// A node of a plan, which its stage names.
  case node
  case stage
  case pipeline
  case command
  /// One of these words.
  case choice([String])
  /// Something that cannot be known, such as a number.
  case free

  /// Reads a word of a help text: `CONFIG…`, `[RUN]`, `FILE.h5`, `bash`.
  init(_ text: some StringProtocol) {
    let word = String(text.filter { $0 != "[" && $0 != "]" && $0 != "…" })
    switch word {
    case "CONFIG": self = .file(endings: [".json"])
    case "FILE.h5": self = .file(endings: [".h5", ".hdf5"])
    case "FILE": self = .file(endings: [])
    case "DIR": self = .folder
    case "RUN": self = .run
    case "NODE": self = .node
    case "STAGE": self = .stage
    case "PIPELINE": self = .pipeline
    default: self = word.isEmpty || word.contains(where: \.isUppercase) ? .free : .choice([word])
    }
  }

  /// What stands in the place of an operand, by the operands before it.
  ///
  /// - Parameter operands: the operands as the help shows them: a sequence whose last may be repeated (`CONFIG…`), or
  ///   several of them with `|` between (`stat|pin RUN`).
  init(after given: [String], in operands: String) {
    let sequences = operands.split(separator: "|").map { $0.split(separator: " ") }
    guard sequences.count > 1 else {
      self = Placeholder(after: given.count, in: sequences.first ?? [])
      return
    }
    if let first = given.first {
      self = Placeholder(after: given.count, in: sequences.first { $0.first.map(String.init) == first } ?? [])
    } else {
      self = .choice(sequences.compactMap { $0.first.map(String.init) })
    }
  }

  private init(after count: Int, in sequence: [Substring]) {
    if count < sequence.count {
      self = Placeholder(sequence[count])
    } else if let last = sequence.last, last.contains("…") {
      self = Placeholder(last)
    } else {
      self = .free
    }
  }

  /// What the value of an option can be.
  init(valueOf option: Option) {
    self = option.choices.isEmpty ? Placeholder(option.value ?? "") : .choice(option.choices)
  }
}
