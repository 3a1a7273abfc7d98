import DeepLinear
import Records

/// The path of a deep network that leads to a matrix of low rank.
struct PathFigures {
  let path: CompletionPath
  let depth: Int
  let rank: Int
  let isExact: Bool
  /// What the network is trained on: entries, or measurements.
  let known: String
  /// Whether a fit in factored form follows.
  var isPolished = true

  /// Nil where no path was recorded.
  var section: Section? {
    guard path.points.count > 1 else { return nil }
    return Section(
      heading: "How the answer came about",
      prose: """
        A deep linear network is trained on the known \(known) from near zero. Its components rise in turn, \
        the strongest first; \(isPolished
          ? "the rank and the start of the final fit are read off this path."
          : "what it is at the end of this path is the answer.")
        """,
      blocks: [.row([spectrum, error])])
  }

  private var steps: [Double] { path.points.map { Double($0.step) } }

  private var markers: [Marker] {
    path.chosenStep.map {
      let label =
        isExact ? "polished from here" : hasHeldOut ? "least held-out error" : "final fit from here"
      return [Marker(.vertical, at: Double($0), label: label)]
    } ?? []
  }

  private var hasHeldOut: Bool { path.points.contains { $0.holdoutError != nil } }

  private var spectrum: Figure {
    let count = min(path.points[0].singularValues.count, max(2 * rank, 6), 12)
    return Figure(
      title: "Singular values rise one after another",
      caption: """
        The \(count) largest singular values of the end-to-end matrix of the depth-\(depth) network along \
        its descent.
        """,
      .lines(
        LinePlot(
          horizontal: Axis("step", .whole), vertical: Axis("singular value", .logarithmic),
          series: (0..<count).map { k in
            Series(
              "σ\((k + 1).loweredDigits)", x: steps, y: path.points.map { $0.singularValues[k] },
              color: .gradient(Double(k) / Double(max(count - 1, 1))))
          }, markers: markers)))
  }

  private var error: Figure {
    var errors = [Series("known \(known)", x: steps, y: path.points.map(\.trainingError))]
    if hasHeldOut {
      errors.append(
        Series(
          "held-out \(known)", x: steps, y: path.points.map { $0.holdoutError ?? .nan },
          style: .dashed))
    }
    return Figure(
      title: "Error along the path",
      caption: "Root mean square error of the network on the \(known) it is trained on"
        + (hasHeldOut ? " and on those held out." : "."),
      .lines(
        LinePlot(
          horizontal: Axis("step", .whole), vertical: Axis("root mean square error", .logarithmic),
          series: errors, markers: markers)))
  }
}
