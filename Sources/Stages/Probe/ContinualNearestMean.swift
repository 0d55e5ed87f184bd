import Artifacts
import Diagnostics
import LinearAlgebra
import StageKit

/// Learns classes that come one after the other by running means, and predicts among those that came so far.
///
/// The classes of the fit rows are dealt into `tasks` of equal size (the first have one class more where that does not come
/// out even), in their order or a random one. Tasks come one after the other; of each the fit rows come one by one, in
/// their order, or in a random one, and each moves the mean of its class: μ ← μ + (x − μ) ÷ n. No row is kept. After each
/// task the held-out rows are predicted by the nearest mean of the classes that came so far, without being told the task.
/// Of equally near means the first class's counts.
///
/// Since a class's mean is moved by its own rows alone, the last predictions do not depend on the order, but for rounding.
///
/// - Shapes: `features` n × d, `labels` n of c classes, `fitRows` n → `predictions` n (after the last task; −1 for fit
///   rows, where others are held out), `steps` n × tasks.
/// - Units: none.
/// - Fits on: rows where `fitRows` is true, every row if absent; at least two classes among them.
/// - Cost: O(n c d) time, O(c d + n t) memory for t tasks.
/// - Errors: `lengthMismatch`, `tooFewRows`, `tooFewClasses` (also for more tasks than classes), `badShape`, `notFinite`.
/// - Source: Janson, Zhang, Aljundi, Elhoseiny, A Simple Baseline that Questions the Use of Pretrained-Models in Continual
///   Learning, 2022.
///
///     "probe": [ { "continual-nearest-mean": { "tasks": 5, "order": "random" } } ]
struct ContinualNearestMean: Stage {
  enum Order: String, PlainChoice { case given, random }
  struct Parameters: StageParameters {
    @Parameter("Number of tasks that the classes come in.", .range(1...1e6)) var tasks = 2
    @Parameter("The order of the classes and of the rows within a task.") var order = Order.given
    @Parameter("How far a row and a mean are apart.") var metric = RowMetric.euclidean
  }
  struct Input: Ports {
    var features: Features
    var labels: Labels
    var fitRows: RowMask?
  }
  struct Output: Ports {
    var predictions: Predictions
    var steps: StepPredictions
  }

  static let name = "continual-nearest-mean"
  static let summary = "Learns classes one after the other by running means, and predicts by the nearest."
  static let kind = StageKind.probe
  static let revision = 1
  static let traits: Set<StageTrait> = [.fitsOnFitRows]

  let parameters: Parameters
  var isRandom: Bool { parameters.order == .random }

  func run(_ input: Input, in context: StageContext) throws(StageError) -> Output {
    let (features, labels) = (input.features, input.labels)
    let classes = try FitClasses(features, labels, input.fitRows, for: "the nearest mean")
    guard parameters.tasks <= classes.count else {
      throw Diagnostic(
        .tooFewClasses, "there are more tasks than classes",
        fields: ["tasks": "\(parameters.tasks)", "classes of the fit rows": "\(classes.count)"],
        hint: "lower `tasks`")
    }
    let random = RandomStream(seed: context.seed)
    let tasks = deal(classes.count, random)
    let means = try runningMeans(features.matrix, classes, random, context)
    let others = input.fitRows?.heldOutRows ?? []
    let predicted = others.isEmpty ? Array(0..<features.rows) : others
    let found = try StepSearch(
      model: NearestMean.model(of: means, parameters.metric), taskOf: tasks, count: parameters.tasks
    ).run(features.matrix, rows: predicted, context)
    var steps = [Int32](repeating: -1, count: features.rows * parameters.tasks)
    var last = [Int32](repeating: -1, count: features.rows)
    for (place, row) in predicted.enumerated() {
      for task in 0..<parameters.tasks {
        steps[row * parameters.tasks + task] = classes.present[Int(found[place * parameters.tasks + task])]
      }
      last[row] = steps[(row + 1) * parameters.tasks - 1]
    }
    var stepOf = [Int32](repeating: -1, count: labels.classCount)
    for (position, index) in classes.present.enumerated() { stepOf[Int(index)] = Int32(tasks[position]) }
    return Output(
      predictions: Predictions(classes: last, names: labels.names),
      steps: StepPredictions(classes: steps, steps: parameters.tasks, stepOf: stepOf, names: labels.names))
  }

  /// The task of each class.
  private func deal(_ classes: Int, _ random: RandomStream) -> [Int] {
    var order = Array(0..<classes)
    if parameters.order == .random {
      var stream = random.substream(0)
      stream.shuffle(&order)
    }
    var tasks = [Int](repeating: 0, count: classes)
    let (size, rest) = classes.quotientAndRemainder(dividingBy: parameters.tasks)
    var start = 0
    for task in 0..<parameters.tasks {
      let end = start + size + (task < rest ? 1 : 0)
      for position in start..<end { tasks[order[position]] = task }
      start = end
    }
    return tasks
  }

  /// The mean of each class after all of its rows came: means of different classes do not meet, so they run side by side.
  private func runningMeans(
    _ matrix: Matrix<Float>, _ classes: FitClasses, _ random: RandomStream, _ context: StageContext
  ) throws(StageError) -> Matrix<Double> {
    let columns = matrix.columns
    var lists = classes.rowsByClass
    if parameters.order == .random {
      for index in lists.indices {
        var stream = random.substream(UInt64(index) + 1)
        stream.shuffle(&lists[index])
      }
    }
    let means = Buffer<Double>(repeating: 0, count: lists.count * columns)
    let stream = lists
    try parallelFor(stream.count, stoppingAt: context.safePoint) { index in
      let mean = means.base + index * columns
      matrix.withPointer { base in
        for (seen, row) in stream[index].enumerated() {
          let share = 1 / Double(seen + 1)
          let x = base + row * columns
          for column in 0..<columns { mean[column] += (Double(x[column]) - mean[column]) * share }
        }
      }
    }
    return Matrix(rows: lists.count, columns: columns, buffer: means)
  }
}

/// The best class of each row among those that came so far, task after task.
private struct StepSearch {
  let model: LinearModel
  /// The task of each class.
  let taskOf: [Int]
  /// The number of tasks.
  let count: Int

  /// Rows × tasks.
  func run(
    _ matrix: Matrix<Float>, rows: [Int], _ context: StageContext
  ) throws(StageError) -> [Int32] {
    let found = Buffer<Int32>(uninitialized: rows.count * count)
    let block = 1024
    for start in stride(from: 0, to: rows.count, by: block) {
      let part = Array(rows[start..<min(rows.count, start + block)])
      let data: Matrix<Double> = matrix.selecting(rows: part).converted()
      let scores = try product(
        LinearAlgebra.centered(data, means: model.means), transposed: model.weights,
        stoppingAt: context.safePoint)
      for row in part.indices { walk(scores, row, into: found.base + (start + row) * count) }
    }
    return Array(UnsafeBufferPointer(start: found.base, count: rows.count * count))
  }

  private func walk(_ scores: Matrix<Double>, _ row: Int, into target: UnsafeMutablePointer<Int32>) {
    var bests = [Int](repeating: -1, count: count)
    func score(_ index: Int) -> Double { scores[row, index] + model.intercepts[index] }
    for index in taskOf.indices {
      let known = bests[taskOf[index]]
      if known < 0 || score(index) > score(known) { bests[taskOf[index]] = index }
    }
    var best = bests[0]
    for task in 0..<count {
      let other = bests[task]
      if score(other) > score(best) || (score(other) == score(best) && other < best) { best = other }
      target[task] = Int32(best)
    }
  }
}
