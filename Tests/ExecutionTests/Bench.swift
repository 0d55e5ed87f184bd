import Artifacts
import Diagnostics
import Execution
import Foundation
import RunRecords
import StageKit
import Store

@testable import Planning

/// A plan of fake stages that is put together by hand, in a folder that goes with the test.
struct Bench {
  let lab: Lab
  let folder: Folder
  var plan: Plan

  /// Starts with an empty plan.
  ///
  /// - Parameter folder: that of another bench, to go on with its store.
  init(_ lab: Lab = .make(), folder: Folder? = nil) throws {
    self.lab = lab
    self.folder = folder ?? Folder()
    let config = try Config(SourceText(file: "configs/bench.json", "{}"))
    plan = Plan(config: config, pipeline: "bench", seeds: [0])
  }

  /// Adds a stage that mixes what the nodes give.
  @discardableResult
  mutating func mix(
    _ inputs: [Int] = [], number: Int? = nil, size: Int = 0, tuning: Double = 1, content: Digest? = nil,
    measured: Bool = false, revised: Bool = false,
    conduct: Conduct = Conduct()
  ) throws -> Int {
    let number = number ?? plan.nodes.count
    let parameters = JSON.object([
      "lab": .integer(lab.number), "number": .integer(number), "size": .integer(size),
      "tuning": .number(tuning),
    ])
    let node = add(
      try StageType(revised ? Remix.self : Mix.self).configured(parameters),
      zip(["a", "b", "c"], inputs).map { ($0, $1, "out") },
      content: content, conduct: conduct)
    if measured { measure(node, "mix") }
    return node
  }

  /// Adds a measure of a node.
  @discardableResult
  mutating func weigh(_ input: Int) throws -> Int {
    let parameters = JSON.object(["lab": .integer(lab.number), "number": .integer(plan.nodes.count)])
    let node = add(try StageType(Weigh.self).configured(parameters), [("a", input, "out")])
    measure(node, "weigh")
    return node
  }

  @discardableResult
  mutating func add(
    _ stage: ConfiguredStage, _ inputs: [(port: String, node: Int, output: String)], content: Digest? = nil,
    conduct: Conduct = Conduct()
  ) -> Int {
    let index = plan.nodes.count
    let own = KeyComponents.OwnRecords(
      stage: stage.type.name, revision: stage.type.revision, parameters: stage.keyParameters)
    let components = KeyComponents(
      own, seed: nil, inputs: inputs.map { ($0.port, plan.nodes[$0.node].key, $0.output) }, content: content)
    plan.nodes.append(
      Plan.Node(
        id: Plan.NodeID(index: index), stage: stage,
        inputs: inputs.map {
          Plan.Edge(port: $0.port, node: Plan.NodeID(index: $0.node), output: $0.output)
        },
        seed: nil, key: components.key, components: components, name: "\(stage.type.name) \(index)",
        location: SourceLocation(file: "configs/bench.json", line: index + 1, column: 1, text: ""),
        conduct: conduct))
    return index
  }

  private mutating func measure(_ node: Int, _ metric: String) {
    plan.measured.append(
      Plan.PlannedMeasurement(
        choices: [Choice(slot: "mix", stage: String(node))], seed: nil, fold: nil, metric: metric,
        node: Plan.NodeID(index: node)))
  }

  func store(readOnly: Bool = false) throws -> Store {
    try Store(at: folder.path + "/store", readOnly: readOnly)
  }

  /// Runs the plan and waits until everything is on the disk.
  @discardableResult
  func run(
    jobs: Int = 2, _ store: Store? = nil, _ interruption: Interruption = Interruption(),
    with change: (inout Scheduler.Options) -> Void = { $0.keepsEverything = true }
  ) throws -> RunReport {
    let store = try store ?? self.store()
    var options = Scheduler.Options(jobs: jobs, interruption: interruption)
    change(&options)
    let report = try Scheduler(plan, store: store, options: options).run()
    try store.flush()
    return report
  }

  func manifest(_ report: RunReport) -> Manifest {
    let builder = ManifestBuilder(plan, report)
    return Manifest(
      deterministic: builder.deterministic,
      volatile: builder.volatile(
        run: "run", started: .now(), seconds: 0, commandLine: [], versions: Versions(tool: "1", swift: "6")))
  }
}

extension RunReport {
  /// How each node ended, in a word.
  var ends: [String] {
    outcomes.map { outcome in
      switch outcome {
      case .ran: "ran"
      case .cached: "cached"
      case .cutOff: "cut off"
      case .failed(let error, _): "failed: \(error.headline)"
      case .blocked(let cause): "blocked by \(cause.index)"
      case .notRun: "not run"
      }
    }
  }

  /// The digests of what each node gave.
  var digests: [[Digest]] { outputs.map { $0.map(\.digest) } }
}

/// A folder that goes with the test.
final class Folder: Sendable {
  let path = NSTemporaryDirectory() + "/execution-" + UUID().uuidString

  init() { try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Every object file of the store.
  var objects: [String] {
    let root = path + "/store"
    let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasPrefix("objects/") }.map { root + "/" + $0 }.filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted()
  }

  /// Changes a byte in the middle of a file.
  func damage(_ file: String) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: file))
    data[data.count / 2] ^= 0x55
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
    try data.write(to: URL(fileURLWithPath: file))
  }
}
