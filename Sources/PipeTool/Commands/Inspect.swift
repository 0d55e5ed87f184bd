import Diagnostics
import HDF5

/// `pipe inspect FILE.h5`: what stands in an HDF5 file.
enum Inspect: Command {
  static let name = "inspect"
  static let summary = "list the groups, data sets and attributes of an HDF5 file"
  static let operands = "FILE.h5"
  static let operandCount = 1...1
  static let options: [Option] = [.json]

  static func run(_ arguments: Arguments, _ tool: Tool) throws -> ExitCode {
    let listing = try HDF5File(reading: arguments.operands[0]).list()
    tool.print(arguments.has(.json) ? json(listing).text(pretty: true) : text(listing))
    return .done
  }

  private static func text(_ listing: HDF5Listing) -> String {
    var lines: [String] = []
    for object in listing.objects {
      lines.append("\(object.path)  \(object.kind.words)")
      lines += object.attributes.map { "    @\($0.name) = \($0.text)" }
    }
    if !listing.isComplete { lines.append("… and more: the list ends here") }
    return lines.joined(separator: "\n")
  }

  private static func json(_ listing: HDF5Listing) -> JSON {
    .object([
      "complete": .bool(listing.isComplete),
      "objects": .array(
        listing.objects.map { object in
          .object([
            "path": .string(object.path), "kind": .string(object.kind.words),
            "attributes": .object(object.attributes.map { JSON.Member($0.name, .string($0.text)) }),
          ])
        }),
    ])
  }
}
