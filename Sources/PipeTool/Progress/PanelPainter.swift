import Planning

/// Draws a run on a terminal, frame after frame.
struct PanelPainter {
  private let plan: Plan
  private let start: Double
  private var forecaster: Forecaster
  private var forecast: Forecast?
  private var forecastTime = -Double.infinity
  private var canvas = PanelCanvas()
  private var resumptions: Int
  private let context: ProgressContext
  private let screen: TerminalPanel.Screen

  /// Seconds between two forecasts: a number that changes more often is hard to read.
  private static let forecastInterval = 1.0

  init(_ plan: Plan, jobs: Int, _ context: ProgressContext, on screen: TerminalPanel.Screen) {
    self.plan = plan
    self.context = context
    self.screen = screen
    start = context.now()
    forecaster = Forecaster(NodeGraph(plan), jobs: jobs)
    resumptions = screen.resumptions()
  }

  /// Writes what has changed since the last frame, with messages above.
  mutating func draw(_ tally: RunTally, _ messages: [String]) {
    if screen.isTaken() {
      canvas.forget()
      screen.keepFarewell("")
      if !messages.isEmpty { context.write(messages.map { $0 + "\n" }.joined()) }
      return
    }
    if screen.resumptions() != resumptions {
      resumptions = screen.resumptions()
      canvas.forget()
    }
    let time = context.now() - start
    if time - forecastTime >= PanelPainter.forecastInterval {
      forecast = forecaster.forecast(tally, at: time)
      forecastTime = time
    }
    // A forecast counts down between one and the next.
    var current = forecast
    current?.seconds -= time - forecastTime
    let view = PanelView(
      tally, of: plan, at: time, forecast: current, isInterrupted: context.isInterrupted())
    let size = screen.size()
    // No line reaches the last column, and the row below the panel is the cursor's.
    let layout = PanelLayout(view, width: size.columns - 1, height: size.rows - 1, color: context.color)
    let text = canvas.paint(layout.lines, above: messages, size)
    guard !text.isEmpty else { return }
    context.write(text)
    screen.keepFarewell(canvas.farewell)
  }

  /// Removes the panel, with messages in its place.
  mutating func clear(_ messages: [String]) {
    let text = canvas.clear(above: messages, screen.size())
    if !text.isEmpty { context.write(text) }
    screen.keepFarewell("")
  }
}
