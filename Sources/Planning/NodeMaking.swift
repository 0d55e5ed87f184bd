import Artifacts
import Diagnostics
import StageKit

/// Adds nodes to the plan, those with equal keys once.
extension Expansion {
  /// Adds the copies of a stage that its inputs call for.
  func addFan(_ placed: PlacedStage, _ connections: [Connection], _ spot: Spot) -> Fan? {
    var (folds, hasFolds, isSeeded) = (1, false, placed.isRandom)
    for connection in connections {
      folds = max(folds, connection.fan.folds)
      hasFolds = hasFolds || connection.fan.hasFolds
      isSeeded = isSeeded || connection.fan.isSeeded
    }
    var fan = Fan(
      folds: folds, replicates: isSeeded ? request.seeds.count : 1, hasFolds: hasFolds, isSeeded: isSeeded)
    for fold in 0..<fan.folds {
      for replicate in 0..<fan.replicates {
        let edges = connections.map { connection in
          Plan.Edge(
            port: connection.port, node: connection.fan.node(fold: fold, replicate: replicate),
            output: connection.output.name)
        }
        let seed = request.seeds[replicate]
        let suffix = NodeNames.Suffix(
          choices: spot.names, place: spot.place, fold: hasFolds ? Int32(truncatingIfNeeded: fold) : nil,
          seed: isSeeded ? seed : nil)
        guard let node = addNode(placed, edges, replicate: seed, suffix) else { return nil }
        fan.append(node)
      }
    }
    return fan
  }

  private func addNode(
    _ placed: PlacedStage, _ edges: [Plan.Edge], replicate: Int, _ suffix: NodeNames.Suffix
  ) -> Plan.NodeID? {
    var placed = placed
    if placed.stage.isSource {
      guard let source = source(placed) else { return nil }
      placed = source
    }
    let components = KeyComponents(
      placed.records, seed: placed.isRandom ? seed(of: placed, edges, replicate: replicate) : nil,
      sorted: edges.map {
        KeyComponents.Input(port: $0.port, key: plan.nodes[$0.node.index].key, output: $0.output)
      })
    let key = components.key(&bytes)
    let id = Plan.NodeID(index: plan.nodes.count)
    if let same = byKey[key] { return same }
    byKey[key] = id
    plan.nodes.append(
      Plan.Node(id: id, inputs: edges, key: key, components: components, placed: placed, suffix: suffix))
    return id
  }

  private func seed(of placed: PlacedStage, _ edges: [Plan.Edge], replicate: Int) -> UInt64 {
    let inputs = edges.map { (port: $0.port, lineage: lineage(of: $0.node), output: $0.output) }
    return KeyComponents.seed(
      run: request.runSeed, stage: placed.stage.type.name, inputs: inputs, replicate: replicate)
  }

  /// Taken only where something random needs it: of most nodes never.
  private func lineage(of id: Plan.NodeID) -> Digest {
    if let known = lineages[id] { return known }
    let node = plan.nodes[id.index]
    var inputs: [Digest] = []
    for edge in node.inputs { inputs.append(lineage(of: edge.node)) }
    let own = node.components.lineage(inputs, &bytes)
    lineages[id] = own
    return own
  }

  /// A source with the digest of what it reads.
  private func source(_ placed: PlacedStage) -> PlacedStage? {
    let identity = placed.stage.type.name + placed.stage.parameters.text()
    if let known = sources[identity] { return known }
    do throws(Diagnostic) {
      let source = placed.with(placed.records.with(content: try fingerprint(placed.stage)))
      sources[identity] = source
      return source
    } catch {
      report.add(withProvenance(error, of: placed).at(placed.location))
      return nil
    }
  }

  /// Tells of data that are not there where they come from, if the config says so.
  private func withProvenance(_ error: Diagnostic, of placed: PlacedStage) -> Diagnostic {
    guard error.code == .missingData, let file = placed.stage.sources.first?.file.split(separator: "/").last,
      let text = plan.config.json["provenance"]?[String(file)]?.string
    else { return error }
    return error.with("comes from", text)
  }

  /// Takes out of the plan what no measured number needs: what only skipped cells would have.
  func dropUnneeded() {
    var isNeeded = [Bool](repeating: false, count: plan.nodes.count)
    for measured in plan.measured { isNeeded[measured.node.index] = true }
    for index in plan.nodes.indices.reversed() where isNeeded[index] {
      for edge in plan.nodes[index].inputs { isNeeded[edge.node.index] = true }
      for edge in plan.nodes[index].alone?.inputs ?? [] { isNeeded[edge.node.index] = true }
    }
    guard isNeeded.contains(false) else { return }
    var moved: [Plan.NodeID] = []
    moved.reserveCapacity(plan.nodes.count)
    for index in plan.nodes.indices {
      let place = Plan.NodeID(index: moved.last.map { isNeeded[index - 1] ? $0.index + 1 : $0.index } ?? 0)
      moved.append(place)
      guard isNeeded[index], place.index < index else { continue }
      // Swapped, not copied: a copy counts a reference for every field.
      plan.nodes.swapAt(place.index, index)
      plan.nodes[place.index].move(to: moved)
    }
    plan.nodes.removeLast(isNeeded.count { !$0 })
    for index in plan.measured.indices {
      plan.measured[index].node = moved[plan.measured[index].node.index]
    }
  }
}

extension Plan.Node {
  /// Takes the place that it and the nodes before it have moved to.
  mutating func move(to moved: [Plan.NodeID]) {
    id = moved[id.index]
    for edge in inputs.indices { inputs[edge].move(to: moved) }
    for edge in alone?.inputs.indices ?? 0..<0 { alone?.inputs[edge].move(to: moved) }
  }
}

extension Plan.Edge {
  fileprivate mutating func move(to moved: [Plan.NodeID]) { node = moved[node.index] }
}
