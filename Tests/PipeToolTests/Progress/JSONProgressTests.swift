import Diagnostics
import Execution
import Foundation
import Planning
import Testing

@testable import PipeTool

/// The events of `--progress json`, against the page that describes them.
@Suite struct JSONProgressTests {
  private static let error = Diagnostic(.rankDeficient, "the covariance is singular")
  private static let damage = Diagnostic(.corruptObject, "a stored result is not what was written")

  /// A run in which everything happens.
  private func lines() throws -> [String] {
    let plan = try #require(SamplePlan.plan)
    let recorder = Recorder()
    let progress = JSONProgress(recorder.context())
    progress.start(plan)
    recorder.move(to: 0.125)
    progress.recovered(plan.nodes[0], Self.damage)
    recorder.move(to: 0.25)
    progress.started(plan.nodes[1])
    recorder.move(to: 4.5)
    progress.ended(plan.nodes[0], .cached)
    progress.ended(plan.nodes[1], .ran(seconds: 4.2))
    progress.ended(plan.nodes[3], .cutOff(because: nil))
    recorder.move(to: 5)
    progress.ended(plan.nodes[2], .failed(Self.error, log: ["a line"]))
    progress.ended(plan.nodes[4], .blocked(by: plan.nodes[2].id))
    progress.ended(plan.nodes[4], .notRun)
    progress.ended()
    return recorder.lines
  }

  private func members(_ line: String) throws -> [JSON.Member] {
    try #require(JSON.parse(SourceText(file: "event", line)).members)
  }

  /// What the page says of an event.
  private struct Page {
    var fields: [String] = []
    var types: [String] = []
    var example = ""
  }

  /// The events of the page, in its order.
  private func pages() throws -> [(event: String, page: Page)] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/pipe/pipe.docc/Progress.md")
    var pages: [(event: String, page: Page)] = []
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      if line.hasPrefix("### ") {
        pages.append((String(line.dropFirst(4)), Page()))
      } else if line.hasPrefix("| `"), !pages.isEmpty {
        let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        pages[pages.count - 1].page.fields.append(cells[0].replacing("`", with: ""))
        pages[pages.count - 1].page.types.append(cells[1])
      } else if line.hasPrefix("    {") {
        pages[pages.count - 1].page.example = line.trimmingCharacters(in: .whitespaces)
      }
    }
    return pages
  }

  @Test func thePageListsExactlyTheEventsAndFieldsThatAreWritten() throws {
    let pages = try pages()
    let events = try lines().map(members)
    #expect(Set(events.map { $0[0].value.string }) == Set(pages.map(\.event)))
    #expect(pages.count == 9)
    for event in events {
      let name = try #require(event[0].value.string)
      let page = try #require(pages.first { $0.event == name }).page
      #expect(event.map(\.key) == page.fields, "\(name)")
      for (member, type) in zip(event, page.types) {
        let kind =
          switch member.value.value {
          case .string: "string"
          case .integer: "whole number"
          case .number: "number"
          case .null: "null"
          default: "something else"
          }
        #expect(type.contains(kind), "\(name).\(member.key)")
      }
    }
  }

  @Test func theExamplesOfThePageAreWhatIsWritten() throws {
    let lines = try lines().filter { !$0.contains("\"node-cached\"") }
    let examples = try pages().map(\.page.example)
    for line in lines { #expect(examples.contains(line), "not on the page: \(line)") }
    let cached = try #require(examples.first { $0.contains("\"node-cached\"") })
    #expect(try self.lines().contains(cached))
  }

  @Test func theNumbersOfANoOpAddUp() throws {
    let plan = try #require(SamplePlan.plan)
    let recorder = Recorder()
    let progress = JSONProgress(recorder.context())
    progress.start(plan, toRun: [], predicted: [])
    progress.ended(plan.nodes[3], .cached)
    recorder.move(to: 0.0000004)
    progress.ended()
    #expect(
      recorder.lines == [
        #"{"event":"run-started","time":0.0,"config":"sample","nodes":5,"toRun":0,"jobs":2,"#
          + #""predictedSeconds":null,"predictedNodes":0}"#,
        #"{"event":"node-cached","time":0.0,"node":3,"name":"score · fit · seed 0","stage":"score","#
          + #""done":0,"toRun":0}"#,
        #"{"event":"run-ended","time":0.0,"outcome":"done","seconds":0.0,"ran":0,"cached":5,"cutOff":0,"#
          + #""failed":0,"blocked":0,"notRun":0}"#,
      ])
  }

  @Test func anInterruptedRunSaysSo() throws {
    let plan = try #require(SamplePlan.plan)
    let recorder = Recorder()
    let progress = JSONProgress(recorder.context())
    progress.start(plan)
    progress.started(plan.nodes[0])
    recorder.interrupt()
    progress.ended()
    let last = try #require(recorder.lines.last)
    #expect(last.contains(#""outcome":"interrupted""#) && last.hasSuffix(#""notRun":5}"#))
  }
}
