import Foundation
import Testing

/// Folders that cannot be written and disks that are full.
@Suite struct BadPlacesTests {
  @Test(arguments: ["data.h5", "data.h5/runs"]) func runsThatCannotBeWrittenAreRefused(_ folder: String)
    throws
  {
    let sandbox = try Sandbox()
    let ended = try sandbox.run("--runs", folder)
    #expect(ended.code == 2)
    #expect(
      ended.errors == """
        error[notWritable]: cannot write `\(folder)`: not a directory
          hint: give another folder with `--runs DIR`

        """)
    #expect(try sandbox.isUntouched())
  }

  @Test(arguments: ["data.h5", "data.h5/store"]) func aStoreThatCannotBeMadeIsRefused(_ folder: String) throws
  {
    let sandbox = try Sandbox()
    let ended = try sandbox.run("--store", folder)
    #expect(ended.code == 2)
    #expect(ended.errors.hasPrefix("error[storeUnusable]: the store cannot be used: "))
    #expect(ended.errors.hasSuffix("  hint: give another folder with `--store DIR`\n"))
    #expect(sandbox.runFolders == [])
  }

  @Test func aFullDiskEndsTheRunWithAnErrorAndHarmsNothing() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("--store", "whole", "--runs", "reference").code == 0)
    // Limits in blocks of 512 bytes: from where nothing fits to where nearly everything does.
    for limit in [0, 1, 4, 8, 16, 24] {
      let ended = try sandbox.shell(
        "ulimit -f \(limit); exec \"$PIPE\" run small.json --progress none")
      #expect([0, 1, 2].contains(ended.code), "\(limit): \(ended.code) \(ended.errors)")
      if ended.code != 0 {
        // What is printed goes to files here, which the limit holds for as well.
        if limit > 1 { #expect(ended.errors.contains("error["), "\(limit): \(ended.errors)") }
      }
      for folder in sandbox.runFolders where sandbox.exists("runs/\(folder)/manifest.json") {
        #expect(throws: Never.self, "\(limit)") { try sandbox.manifest(folder) }
      }
      if sandbox.exists(".pipe/store/format") {
        #expect(try sandbox.pipe("store", "verify").code == 0, "\(limit)")
      }
    }
    #expect(try sandbox.run().code == 0)
    #expect(sandbox.bytes("runs/latest/results.csv") == sandbox.bytes("reference/latest/results.csv"))
  }
}
