import Artifacts
import Diagnostics
import PipelineDSL
import RunRecords
import StageKit

/// Puts measures behind whatever they fit.
extension Expansion {
  func measure(_ measured: PipelineGraph.Measured, _ measures: [PlacedStage]) {
    let subject = expanded[measured.node.index]
    // What is given besides may hang on slots that the stage does not.
    let all = measured.slots(expanded.map(\.slots))
    let names = names(over: all)
    var found = cells[all] ?? []
    rules.forEach(over: all) { choice, place in
      guard case .stage(let fan, let placed, let connections) = subject.instance(at: choice) else { return }
      var available: [Connection] = []
      for extra in measured.extras {
        if case .given(let connection) = resolve(extra.source, at: choice, port: extra.port) {
          available.append(connection)
        }
      }
      // What is given goes before what went into the stage.
      available += placed.outputs.map { Connection(port: $0.name, fan: fan, output: $0) } + connections
      let spot = Spot(choice: choice, names: names, place: place)
      let choices = all.map { slots[$0].alternatives[choice[$0]].choice }
      for measure in measures {
        guard let inputs = inputs(of: measure, among: available) else { continue }
        metricsFound.insert(measure.stage.type.name)
        found.insert(place)
        add(measure, inputs, spot, choices)
      }
    }
    cells[all] = found
  }

  /// The measures that the config asks for, or all that are cheap.
  func measures() -> [PlacedStage] {
    let asked =
      request.metrics
      ?? stages.stages(of: .measure).filter { !$0.traits.contains(.onRequest) }.map {
        Request.Metric(name: $0.name)
      }
    return asked.compactMap { metric in
      do throws(Diagnostics) {
        return try (stages[metric.name]?.configured(metric.parameters)).map { PlacedStage($0) }
      } catch {
        report.add(error)
        return nil
      }
    }
  }

  private func inputs(of measure: PlacedStage, among available: [Connection]) -> [Connection]? {
    var taken: [Connection] = []
    taken.reserveCapacity(measure.inputs.count)
    for port in measure.inputs {
      if let found = available.first(where: { $0.port == port.name && $0.output.type == port.type }) {
        taken.append(found)
      } else if !port.isOptional {
        return nil
      }
    }
    return taken
  }

  private func add(
    _ measure: PlacedStage, _ inputs: [Connection], _ spot: Spot, _ choices: [Choice]
  ) {
    guard let fan = addFan(measure, inputs, spot) else { return }
    for fold in 0..<fan.folds {
      for replicate in 0..<fan.replicates {
        plan.measured.append(
          Plan.PlannedMeasurement(
            choices: choices, seed: fan.isSeeded ? request.seeds[replicate] : nil,
            fold: fan.hasFolds ? fold : nil, metric: measure.stage.type.name,
            node: fan.node(fold: fold, replicate: replicate)))
      }
    }
  }

  func requireMeasurements() {
    if plan.measured.isEmpty, let skip = plan.config.json["skip"] {
      report.add(
        Diagnostic(
          .badConfig, "`skip` leaves nothing that is measured",
          hint: "take a pattern out, or add a member to it, so that it matches less", at: skip.location))
      return
    }
    for metric in request.metrics ?? [] where !metricsFound.contains(metric.name) {
      let needs =
        stages[metric.name]?.inputs.map { "\($0.name) (\($0.type.kind))" }.joined(separator: ", ") ?? ""
      report.add(
        Diagnostic(
          .missingPort, "nothing in this experiment can be measured by `\(metric.name)`",
          fields: ["needs": needs],
          hint: "fill the slot whose stages give this", at: metric.location))
    }
    if plan.measured.isEmpty, report.problems.isEmpty {
      report.add(
        Diagnostic(
          .badConfig, "nothing in this experiment is measured, so nothing would run",
          fields: [
            "slots": slots.map { "\($0.declaration.name) (\($0.alternatives.count))" }.joined(separator: ", ")
          ],
          hint: "fill a slot whose stages give what a metric takes",
          at: plan.config.json["pipeline"]?.location))
    }
  }
}
