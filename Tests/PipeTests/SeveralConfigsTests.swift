import Testing

/// Several configs in one run.
@Suite struct SeveralConfigsTests {
  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.shell("mkdir configs").requireSuccess()
    try sandbox.write(
      Small.config(replacing: "data.h5", with: "../data.h5"), to: "configs/_base.json")
    try sandbox.write(#"{ "extends": "_base.json" }"#, to: "configs/one.json")
    try sandbox.write(
      #"""
      {
        "extends": "_base.json",
        "claims": [{ "say": "s", "check": { "metric": "nmi", "left": {}, "relation": ">=", "right": 2 } }]
      }
      """#, to: "configs/two.json")
    try sandbox.write(
      #"""
      {
        "extends": "_base.json", "provenance": { "absent.h5": "the moon" },
        "data": { "load-hdf5": { "file": "$PIPE_DATA/absent.h5", "labels": "labels" } }
      }
      """#, to: "configs/without.json")
    return sandbox
  }

  @Test func aFolderRunsAsOnePlan() throws {
    let sandbox = try sandbox()
    let ended = try sandbox.pipe("run", "configs/", "--keep-all")
    #expect(ended.code == 0, "\(ended.errors)")
    #expect(sandbox.runFolders.count == 2)
    for run in sandbox.runFolders { #expect(try sandbox.manifest(run).states.count == Small.nodes) }
    // What both need ran once.
    #expect(ended.output.contains("2 configs in "))
    #expect(ended.output.contains(" · ran \(Small.nodes) · cached 0 · left out 1 · 0 of 1 claims hold"))
    #expect(ended.output.contains("claim  s  does not hold ("))
    #expect(ended.output.contains("left out: configs/without.json\n  error[missingData]: "))
    #expect(ended.output.contains("comes from: the moon"))
    let again = try sandbox.pipe("run", "configs/one.json", "configs/two.json", "--strict")
    #expect(again.code == 3)
    #expect(again.output.contains(" · ran 0 · "))
  }

  @Test func dataThatAreNotThereAreAnErrorOfASingleConfig() throws {
    let sandbox = try sandbox()
    let unset = try sandbox.pipe("run", "configs/without.json")
    #expect(unset.code == 2)
    #expect(unset.errors.contains("the data set `absent.h5` is not shipped, and PIPE_DATA is not set"))
    let set = try sandbox.pipe("run", "configs/without.json", environment: ["PIPE_DATA": sandbox.path])
    #expect(set.code == 2)
    #expect(set.errors.contains("the data set `absent.h5` is not in the folder that PIPE_DATA names"))
  }

  @Test func dataAreFoundInTheirFolder() throws {
    let sandbox = try sandbox()
    try sandbox.shell("mkdir data && mv data.h5 data/absent.h5").requireSuccess()
    let ended = try sandbox.pipe(
      "run", "configs/without.json", environment: ["PIPE_DATA": sandbox.file("data")])
    #expect(ended.code == 0, "\(ended.errors)")
  }

  @Test func aFolderWithoutConfigsIsRefused() throws {
    let sandbox = try sandbox()
    try sandbox.shell("mkdir empty").requireSuccess()
    let ended = try sandbox.pipe("run", "empty")
    #expect(ended.code == 2)
    #expect(ended.errors.contains("there is no config in the folder `empty`"))
  }
}

extension Ended {
  fileprivate func requireSuccess() throws { try #require(code == 0, "\(errors)") }
}
