import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Divides the rows into folds, each of which is held out once.
///
/// - Plain: blocks of rows, the first n mod k of which have one row more.
/// - Stratified (where there are labels): sizes of folds and the rows of a class in each fold differ by at most one.
/// - Grouped: a group lies in one fold. Groups are dealt out from the largest to the smallest, each to the fold that
///   holds least of the group's classes, Σ_c n_cf g_c / n_c², or least rows where it is not stratified as well.
///
/// Shuffling changes which rows of a class, or which of equally large groups, fall into which fold.
///
/// - Shapes: `features` n × d, `labels` n, `groups` n → `folds` n.
/// - Fits on: nothing; the values of the features are not read.
/// - Cost: O(n + g (log g + k c)) time for g groups, k folds and c classes.
/// - Errors: `lengthMismatch`; `tooFewRows` if there are fewer rows or groups than folds; `emptyClass` if a class has
///   fewer rows than there are folds; `missingPort` if it is grouped and there are no groups.
/// - Source: not shuffled, the folds are those of scikit-learn's `KFold` and `StratifiedKFold`; grouped, the method is
///   that of `GroupKFold` and `StratifiedGroupKFold`.
struct KFold: Stage {
  struct Parameters: StageParameters {
    @Parameter("Number of folds.", .range(2...1000))
    var folds = 5
    @Parameter("Whether each class is divided in proportion, where there are labels.")
    var stratified = true
    @Parameter("Whether rows of one group stay together.")
    var grouped = false
    @Parameter("Whether rows are dealt out at random and not in their order.")
    var shuffled = true
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels?
    var groups: Labels?
  }
  struct Output: Ports {
    var folds: Folds
  }

  static let name = "k-fold"
  static let summary = "Divides the rows into folds, each of which is held out once."
  static let kind = StageKind.splitter
  static let revision = 1

  let parameters: Parameters
  var isRandom: Bool { parameters.shuffled }
  var foldCount: Int { parameters.folds }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let rows = input.features.rows
    if let labels = input.labels { try requireRows(labels, input.features) }
    if let groups = input.groups {
      try requireEqualRows(groups.rows, of: "groups", toBe: rows, as: "features")
    }
    try requireAsMany(rows, "rows")
    let classes = parameters.stratified ? input.labels : nil
    if let classes { try requireClasses(classes) }
    let random = parameters.shuffled ? RandomStream(seed: context.seed) : nil
    let folds: [Int32]
    if parameters.grouped {
      guard let groups = input.groups else {
        throw Diagnostic(
          .missingPort, "the folds should be grouped, but the data have no groups",
          hint: "let the loader read `groups`, or set `grouped` to false")
      }
      folds = try grouped(groups, classes, random)
    } else {
      folds = byClass(classes ?? Labels(indices: Array(repeating: 0, count: rows), names: ["all"]), random)
    }
    return Output(folds: Folds(heldOutIn: folds, count: parameters.folds))
  }

  private func requireAsMany(_ count: Int, _ what: String) throws(StageError) {
    guard count < parameters.folds else { return }
    throw Diagnostic(
      .tooFewRows, "there are fewer \(what) than folds",
      fields: [what: "\(count)", "folds": "\(parameters.folds)"], hint: "lower `folds`")
  }

  private func requireClasses(_ labels: Labels) throws(StageError) {
    let counts = labels.rowCounts
    guard let small = counts.firstIndex(where: { $0 > 0 && $0 < parameters.folds }) else { return }
    throw Diagnostic(
      .emptyClass, "class `\(labels.names[small])` has fewer rows than there are folds",
      fields: ["rows of the class": "\(counts[small])", "folds": "\(parameters.folds)"],
      hint: "lower `folds`, or set `stratified` to false")
  }

  /// Each class in blocks, where the sizes of the blocks are those of dealing all rows out class after class.
  private func byClass(_ labels: Labels, _ random: RandomStream?) -> [Int32] {
    let count = parameters.folds
    var members = [[Int]](repeating: [], count: labels.classCount)
    var order: [Int] = []
    for (row, index) in labels.indices.enumerated() {
      if members[Int(index)].isEmpty { order.append(Int(index)) }
      members[Int(index)].append(row)
    }
    var folds = [Int32](repeating: 0, count: labels.rows)
    var dealt = 0
    for index in order {
      if var stream = random?.substream(UInt64(index)) { stream.shuffle(&members[index]) }
      let size = members[index].count
      var start = 0
      for fold in 0..<count {
        // The first position of the class that is dealt to this fold.
        let first = (fold - dealt % count + count) % count
        let share = first < size ? (size - first - 1) / count + 1 : 0
        for row in members[index][start..<start + share] { folds[row] = Int32(fold) }
        start += share
      }
      dealt += size
    }
    return folds
  }

  private func grouped(_ groups: Labels, _ labels: Labels?, _ random: RandomStream?) throws(StageError)
    -> [Int32]
  {
    let classes = labels?.classCount ?? 1
    let classOf = labels?.indices ?? Array(repeating: 0, count: groups.rows)
    let sizes = groups.rowCounts
    var order = sizes.indices.filter { sizes[$0] > 0 }
    try requireAsMany(order.count, "groups")
    if var stream = random { stream.shuffle(&order) }
    order = order.enumerated().sorted { (-sizes[$0.element], $0.offset) < (-sizes[$1.element], $1.offset) }
      .map(\.element)
    var counts = [Int](repeating: 0, count: groups.classCount * classes)
    for (group, index) in zip(groups.indices, classOf) { counts[Int(group) * classes + Int(index)] += 1 }
    let totals = labels?.rowCounts ?? [groups.rows]
    var held = [Int](repeating: 0, count: parameters.folds * classes)
    var heldRows = [Int](repeating: 0, count: parameters.folds)
    var foldOf = [Int32](repeating: 0, count: groups.classCount)
    for group in order {
      let present = (0..<classes).filter { counts[group * classes + $0] > 0 }
      /// How much of the group's classes a fold holds.
      func load(_ fold: Int) -> Double {
        present.reduce(0) { sum, index in
          let share = Double(held[fold * classes + index]) / Double(totals[index])
          return sum + share * Double(counts[group * classes + index]) / Double(totals[index])
        }
      }
      let loads = (0..<parameters.folds).map { (load($0), heldRows[$0]) }
      let fold = loads.indices.min { loads[$0] < loads[$1] } ?? 0
      foldOf[group] = Int32(fold)
      heldRows[fold] += sizes[group]
      for index in present { held[fold * classes + index] += counts[group * classes + index] }
    }
    return groups.indices.map { foldOf[Int($0)] }
  }
}
