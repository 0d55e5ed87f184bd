// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Arithmetic stays optimised in debug builds: tests run the real numerical work.
let fast: [SwiftSetting] = strict + [.unsafeFlags(["-O"])]

/// One module of the architecture: its sources and, where it has any, its tests.
func module(
  _ name: String, path: String? = nil, imports: [String] = [], settings: [SwiftSetting] = strict,
  tests testImports: [String]? = [], resources: [Resource] = []
) -> [Target] {
  let dependencies = imports.map(Target.Dependency.init(stringLiteral:))
  let source = Target.target(
    name: name, dependencies: dependencies, path: path, swiftSettings: settings)
  guard let testImports else { return [source] }
  let tests = Target.testTarget(
    name: name + "Tests",
    dependencies: [.init(stringLiteral: name)] + dependencies
      + testImports.map(Target.Dependency.init(stringLiteral:)),
    resources: resources, swiftSettings: strict)
  return [source, tests]
}

/// The tools of the benchmarks in Tests/Benchmarks, which ask for them: nobody else waits for their building.
let benchmarks: [Target] =
  Context.environment["PIPE_BENCHMARKS"] == nil
  ? []
  : [
    .executableTarget(
      name: "engine-benchmark",
      dependencies: [
        "PipeTool", "Pipelines", "Stages", "StageKit", "PipelineDSL", "Store", "Artifacts", "LinearAlgebra",
        "Diagnostics",
      ],
      path: "Tests/Benchmarks/Engine/Tool", swiftSettings: strict),
    .executableTarget(
      name: "methods-benchmark",
      dependencies: ["Stages", "StageKit", "Artifacts", "LinearAlgebra", "Diagnostics"],
      path: "Tests/Benchmarks/Methods/Tool", swiftSettings: strict),
  ]

let package = Package(
  name: "pipe",
  products: [
    .library(name: "PipeKit", targets: ["PipeKit"]),
    .executable(name: "pipe", targets: ["pipe"]),
  ],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CHDF5", cSettings: [.unsafeFlags(["-I/usr/include/hdf5/serial"])]),
    .target(name: "COpenBLAS", cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])]),
  ]
    + module("Diagnostics")
    + module("LinearAlgebra", imports: ["COpenBLAS", "CKernels"], settings: fast)
    + module("HDF5", imports: ["CHDF5", "Diagnostics"], settings: fast, resources: [.copy("Fixtures")])
    + module(
      "Artifacts", imports: ["LinearAlgebra", "Diagnostics", "CCrypto", "CKernels", "CZstd"], settings: fast)
    + module("Store", imports: ["Artifacts", "Diagnostics"], tests: ["LinearAlgebra", "StoreTestSupport"])
    + module("StageKit", imports: ["Artifacts", "LinearAlgebra", "Diagnostics"])
    + module("PipelineDSL", imports: ["StageKit", "Artifacts", "Diagnostics"])
    + module(
      "Stages", imports: ["StageKit", "LinearAlgebra", "Artifacts", "HDF5", "Diagnostics"], settings: fast,
      resources: [.copy("Fixtures"), .copy("Golden")])
    + module("Pipelines", path: "pipelines", imports: ["PipelineDSL", "Stages", "StageKit", "Artifacts"])
    + module("RunRecords", imports: ["Artifacts", "Diagnostics"])
    + module("Planning", imports: ["RunRecords", "PipelineDSL", "StageKit", "Artifacts", "Diagnostics"])
    + module(
      "Execution",
      imports: ["Planning", "Store", "RunRecords", "StageKit", "Artifacts", "LinearAlgebra", "Diagnostics"],
      tests: ["StoreTestSupport"])
    + module("Reporting", imports: ["RunRecords", "Artifacts", "Diagnostics"])
    + module(
      "PipeTool",
      imports: [
        "Reporting", "Execution", "Planning", "RunRecords", "Store", "PipelineDSL", "StageKit", "Artifacts",
        "HDF5",
        "LinearAlgebra", "Diagnostics",
      ], resources: [.copy("Snapshots")])
    + module("PipeKit", imports: ["PipeTool", "StageKit", "PipelineDSL"], tests: nil)
    + [
      .target(
        name: "StoreTestSupport", dependencies: ["Store"], path: "Tests/StoreTestSupport",
        swiftSettings: strict),
      .executableTarget(
        name: "pipe", dependencies: ["PipeTool", "Pipelines", "Stages", "StageKit", "PipelineDSL"],
        exclude: ["pipe.docc"], swiftSettings: strict),
      .testTarget(
        name: "PipeTests", dependencies: ["pipe", "Artifacts", "Diagnostics", "HDF5", "LinearAlgebra"],
        swiftSettings: strict),
    ] + benchmarks,
  swiftLanguageModes: [.v6]
)
