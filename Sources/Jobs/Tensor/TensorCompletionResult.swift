public import DataFormats
import DeepLinear
public import Records

/// A completed tensor.
public struct TensorCompletionResult: JobResult {
  let request: TensorCompletion
  let context: JobContext
  let fit: TensorCompleter.Fit
  /// All elements, the last index fastest; nil for an array too large to hold.
  let completion: [Double]?
  public let summary: TensorSummary

  public var ending: JobEnding { fit.outcome.wasInterrupted ? .interrupted : .done }

  /// `completion`, and the path of training: `pathSteps`, `pathErrors` and `pathSizes` of the components of the first place.
  public func arrays() throws -> NPZArchive {
    var archive = NPZArchive()
    if let array { archive["completion"] = array }
    archive["pathSteps"] = NPYArray(fit.path.map { Double($0.step) })
    archive["pathErrors"] = NPYArray(fit.path.map(\.trainingError))
    let sizes = fit.path.map { $0.componentSizes.first ?? [] }
    archive["pathSizes"] = NPYArray(
      shape: [sizes.count, sizes.first?.count ?? 0], elements: sizes.flatMap(\.self))
    return archive
  }

  private var array: NPYArray? { completion.map { NPYArray(shape: fit.shape, elements: $0) } }

  public func record() throws -> Record {
    let path = fit.path
    let steps = path.map { Double($0.step) }
    let places = path.first?.componentSizes.count ?? 0
    let figures = (0..<places).map { place in
      let shown = min(path.first?.componentSizes[place].count ?? 0, 12)
      return Figure(
        title: places > 1 ? "Components at place \(place + 1)" : "Components in training",
        caption: "Their sizes, descending; those that rise are kept.",
        .lines(
          LinePlot(
            horizontal: Axis("step"), vertical: Axis("size"),
            series: (0..<shown).map { k in
              Series(
                "\(k + 1)", x: steps, y: path.map { $0.componentSizes[place][k] },
                color: .gradient(Double(k) / Double(max(shown - 1, 1))))
            })))
    }
    let errors = Figure(
      title: "Error on the known entries", caption: "Root mean square, in training.",
      .lines(
        LinePlot(
          horizontal: Axis("step"), vertical: Axis("error", .logarithmic),
          series: [Series("error", x: steps, y: path.map(\.trainingError))])))
    var facts = [
      Fact("known entries", Cell(summary.observed)),
      Fact(
        "rank", .text(summary.ranks.map(String.init).joined(separator: ", ")),
        note: summary.outcome.exact
          ? "explains all entries to rounding" : "chosen by held-out entries"
      ),
      Fact("error on the known entries", .number(summary.trainingError), note: "root mean square"),
    ]
    if let error = summary.holdoutError.value {
      facts.append(Fact("error on those held out", .number(error), note: "root mean square"))
    }
    if let error = summary.relativeError {
      facts.append(Fact("relative error against the truth", .number(error)))
    }
    facts.append(Fact("time", .number(summary.seconds), unit: "s"))
    return Record(
      title: "The tensor \(request.observed.name)",
      subtitle: "\(TensorCompletion.words(summary.shape)), \(summary.structure)", summary: facts,
      sections: [
        Section(
          heading: "What rises",
          prose: """
            A network of products is trained from near zero: its components rise one after the other, and few of them, \
            without a rank having been asked for. Those that have risen are fitted to the entries by themselves at the end.
            """, blocks: path.count > 1 ? [.row(figures + [errors])] : [])
      ],
      provenance: ReportFolder.provenance(
        seed: summary.seed, settings: [Fact("structure", .text(summary.structure))], of: context))
  }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output, let array {
      try DataFile.write(try array.encoded(), to: output, overwrite: force)
    }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}
