import DeepLinear
import Records

/// Shows what a simulation has recorded so far to an observer that looks.
struct FiguresSoFar {
  let observer: JobObserver
  let isDescent: Bool
  private var lastShown = ContinuousClock.now

  init(_ observer: JobObserver, isDescent: Bool) {
    self.observer = observer
    self.isDescent = isDescent
  }

  /// Whether it is time to show something.
  var isDue: Bool {
    guard let interval = observer.figureInterval else { return false }
    return (ContinuousClock.now - lastShown).seconds >= interval
  }

  /// Shows the loss and the singular values; whether the run is to go on.
  mutating func show(_ trajectory: Trajectory, fraction: Double) -> Bool {
    guard observer.figureInterval != nil else { return true }
    lastShown = .now
    return observer.report(
      JobProgress(
        stage: "simulating", fraction: fraction, figures: Self.figures(trajectory, isDescent)))
  }

  private static func figures(_ trajectory: Trajectory, _ isDescent: Bool) -> [Figure] {
    let snapshots = trajectory.snapshots
    let times = snapshots.map(\.time)
    func figure(_ title: String, _ series: [Series]) -> Figure {
      Figure(
        title: title,
        .lines(
          LinePlot(
            horizontal: Axis(isDescent ? "step" : "time"), vertical: Axis(title), series: series)))
    }
    var figures = [figure("loss", [Series("loss", x: times, y: snapshots.map(\.loss))])]
    let rows = snapshots.compactMap(\.singularValues)
    if rows.count == snapshots.count, let first = rows.first {
      figures.append(
        figure(
          "singular values",
          first.indices.prefix(20).map { r in
            Series("\u{3C3}\(r + 1)", x: times, y: rows.map { $0[r] })
          }))
    }
    return figures
  }
}
