import Diagnostics
import Execution
import Planning
import Testing

@testable import PipeTool

/// Progress as lines.
@Suite struct LineProgressTests {
  private static let error = Diagnostic(.rankDeficient, "the covariance is singular")

  @Test func everyNodeHasALine() throws {
    let plan = try #require(SamplePlan.plan)
    let recorder = Recorder()
    let progress = LineProgress(.nodes, recorder.context())
    progress.start(plan)
    for node in plan.nodes.prefix(3) { progress.started(node) }
    progress.ended(plan.nodes[0], .ran(seconds: 0.0312))
    progress.ended(plan.nodes[1], .cached)
    progress.ended(plan.nodes[2], .failed(Self.error, log: []))
    progress.ended(plan.nodes[3], .cutOff(because: nil))
    progress.ended(plan.nodes[4], .blocked(by: plan.nodes[2].id))
    progress.ended()
    #expect(
      recorder.text == """
        sample: 5 of 5 nodes to run, at least 5 s on 2 threads
        [1/5] load: ran in 0.031 s
        [2/5] fit · seed 0: taken from the store
        [3/5] fit · seed 1: failed: the covariance is singular
        [4/5] score · fit · seed 0: cut off, what goes in has the same bytes as before
        [5/5] score · fit · seed 1: blocked, fit · seed 1 failed

        """)
  }

  @Test func whatIsReadFromTheStoreHasNoLine() throws {
    let plan = try #require(SamplePlan.plan)
    let recorder = Recorder()
    let progress = LineProgress(.nodes, recorder.context())
    progress.start(plan, toRun: [4], predicted: [0.25])
    progress.ended(plan.nodes[2], .cached)
    progress.started(plan.nodes[4])
    progress.ended(plan.nodes[4], .ran(seconds: 12.3))
    progress.ended()
    #expect(
      recorder.text == """
        sample: 1 of 5 nodes to run, about 1 s on 2 threads
        [1/1] score · fit · seed 1: ran in 12 s

        """)
  }

  @Test func aLogOfAShortRunStaysEmpty() throws {
    let plan = try #require(SamplePlan.plan)
    let recorder = Recorder()
    let progress = LineProgress(.summary, recorder.context())
    progress.start(plan)
    progress.ended(plan.nodes[2], .failed(Self.error, log: []))
    recorder.move(to: 0.9)
    progress.tick()
    progress.ended()
    #expect(recorder.text == "")
    // Of a stored result that was computed again no end of a run tells.
    progress.recovered(plan.nodes[0], Diagnostic(.corruptObject, "bad bytes"))
    #expect(recorder.text == "warning: load: stored result set aside and computed again (bad bytes)\n")
  }

  @Test func aLogHasFewLines() throws {
    let plan = try #require(SamplePlan.plan)
    let recorder = Recorder()
    let progress = LineProgress(.summary, recorder.context())
    progress.start(plan)
    progress.started(plan.nodes[0])
    progress.ended(plan.nodes[0], .ran(seconds: 0.5))
    for node in plan.nodes[1...2] { progress.started(node) }
    for time in stride(from: 0.2, through: 5, by: 0.2) {
      recorder.move(to: time)
      progress.tick()
    }
    recorder.move(to: 5.1)
    progress.ended(plan.nodes[2], .failed(Self.error, log: []))
    progress.ended(plan.nodes[4], .blocked(by: plan.nodes[2].id))
    progress.tick()
    recorder.interrupt()
    progress.tick()
    progress.tick()
    recorder.move(to: 6)
    progress.ended()
    #expect(
      recorder.text == """
        sample: 5 of 5 nodes to run, at least 5 s on 2 threads
        5 s: 1 of 5 done, at least 1 s left; running: fit · seed 0 (5 s) and 1 more
        failed: fit · seed 1: the covariance is singular
        interrupting: finishing at a safe point; Ctrl-C again ends at once
        6 s: 1 of 5 done, 1 failed, 1 blocked, at least 1 s left; running: fit · seed 0 (6 s)

        """)
  }

  @Test func aLogOfHoursHasALineAMinute() throws {
    let plan = try #require(SamplePlan.plan)
    let recorder = Recorder()
    let progress = LineProgress(.summary, recorder.context())
    progress.start(plan)
    progress.started(plan.nodes[0])
    for time in 1...3600 * 3 {
      recorder.move(to: Double(time))
      progress.tick()
    }
    // The head, 11 in the first minute, 36 to the tenth, 170 after it.
    #expect(recorder.lines.count == 1 + 11 + 36 + 170)
    let last = "2 h 59 min: 0 of 5 done, at least 18 min 30 s left; running: load (2 h 59 min)"
    #expect(recorder.lines.last == last)
  }

  @Test func manyFailuresAreCounted() throws {
    let plan = try #require(SamplePlan.plan)
    var notes = FailureNotes()
    let lines = (0..<1000).compactMap { _ in notes.failed(plan.nodes[1], Self.error) }
    #expect(lines.count == 20)
    #expect(lines[0] == "failed: fit · seed 0: the covariance is singular")
    #expect(lines[19].hasSuffix("\nfurther failures are counted here and told at the end"))
  }
}
