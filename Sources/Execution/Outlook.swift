import Planning
import StageKit
import Store

extension Preview {
  /// What earlier runs say of a node that would run.
  struct Outlook {
    /// How long it would take by itself.
    var seconds: Double?
    /// Whether its result would be kept.
    var isKept: Bool?
  }

  /// What the history of the store says of the nodes that would run.
  static func outlooks(_ plan: Plan, _ toRun: [Plan.NodeID], _ store: Store) -> [Plan.NodeID: Outlook] {
    let history = History(store)
    let forecast = Execution.Forecast(plan, toRun, store, history)
    let cost = StoringCost(history)
    let targets = Set(plan.measured.map(\.node))
    var outlooks: [Plan.NodeID: Outlook] = [:]
    // Seconds to have a result again: by reading what is kept, by computing what is not and all that leads to it.
    var again: [Plan.NodeID: Double] = [:]
    for id in toRun {
      let prediction = forecast[id]
      var outlook = Outlook(seconds: prediction.seconds)
      let above = Set(plan[id].inputs.map(\.node)).reduce(0) { $0 + (again[$1] ?? 0) }
      if targets.contains(id) {
        outlook.isKept = true
      } else if let seconds = prediction.seconds, let bytes = prediction.outputBytes {
        outlook.isKept = cost.isWorth(seconds + above, bytes: bytes)
      }
      if outlook.isKept != true { again[id] = (prediction.seconds ?? 0) + above }
      outlooks[id] = outlook
    }
    return outlooks
  }
}
