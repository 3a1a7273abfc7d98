public import DataFormats
import DeepLinear
public import Records

/// A trained classifier of images.
public struct ClassificationResult: JobResult {
  let request: ImageClassification
  let context: JobContext
  let fit: ConvolutionalClassifier.Fit
  /// The classes of the images that were looked at in the end.
  let labels: [Int]
  /// The classes found for them.
  let found: [Int]
  let isTest: Bool
  public let summary: ClassificationSummary

  public var ending: JobEnding {
    if fit.outcome.wasInterrupted { return .interrupted }
    if case .diverged(let step) = fit.outcome {
      return .incomplete(
        sentence: "the training diverged at step \(step); make --step smaller.")
    }
    return .done
  }

  /// `losses` of every step, the classes `found`, `confusion` with labels as rows, and `dense1`, … collapsed.
  public func arrays() throws -> NPZArchive {
    var archive = NPZArchive([
      .init(name: "losses", array: NPYArray(fit.losses)),
      .init(name: "found", array: NPYArray(found.map(Double.init))),
      .init(name: "confusion", array: NPYArray(confusion)),
    ])
    for (number, factors) in fit.collapsed().denseFactors.enumerated() {
      archive["dense\(number + 1)"] = NPYArray(factors[0])
    }
    return archive
  }

  private var confusion: Matrix {
    var counts = Matrix(rowCount: fit.classCount, columnCount: fit.classCount)
    for (label, guess) in zip(labels, found) { counts[label, guess] += 1 }
    return counts
  }

  public func record() throws -> Record {
    let counts = confusion
    // Steps are many: what is drawn is the mean of fifty at a time, or fewer.
    let width = max(1, min(50, fit.losses.count / 40))
    let means = stride(from: 0, to: fit.losses.count, by: width).map { first in
      let part = fit.losses[first..<min(first + width, fit.losses.count)]
      return (Double(first) + Double(part.count) / 2, part.reduce(0, +) / Double(part.count))
    }
    var facts = [
      Fact("images", Cell(summary.images)),
      Fact("accuracy in training", .number(summary.trainingAccuracy)),
    ]
    if let accuracy = summary.testAccuracy.value {
      facts.append(Fact("accuracy on test images", .number(accuracy)))
    }
    facts += [
      Fact("weights", Cell(summary.parameters)),
      Fact("weights, collapsed", Cell(summary.collapsedParameters), note: "the same function"),
      Fact("time", .number(summary.seconds), unit: "s"),
    ]
    return Record(
      title: "Classification of \(request.images.name)",
      subtitle:
        "\(summary.classes) classes, dense layers of depth \(summary.depths.map(String.init).joined(separator: ", "))",
      summary: facts,
      sections: [
        Section(
          heading: "Training",
          blocks: [
            .figure(
              Figure(
                title: "Loss in training", caption: "Cross-entropy, means over \(width) steps.",
                .lines(
                  LinePlot(
                    horizontal: Axis("step"), vertical: Axis("loss", .logarithmic),
                    series: [Series("loss", x: means.map(\.0), y: means.map(\.1))]))))
          ]),
        Section(
          heading: isTest ? "Test images" : "The images themselves",
          blocks: [
            .figure(
              Figure(
                title: "Labels and classes found", caption: "One row for each label.",
                .heatMap(
                  HeatMap(
                    rowCount: counts.rowCount, columnCount: counts.columnCount,
                    values: counts.elements, horizontal: Axis("class found"),
                    vertical: Axis("label"),
                    colors: ColorScale(.sequential, title: "images")))))
          ]),
      ],
      provenance: ReportFolder.provenance(
        seed: summary.seed,
        settings: [
          Fact("channels", .text(summary.channels.map(String.init).joined(separator: ", "))),
          Fact("hidden units", .text(summary.hidden.map(String.init).joined(separator: ", "))),
        ], of: context))
  }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output {
      try DataFile.writeMatrix(
        Matrix(rowCount: found.count, columnCount: 1, elements: found.map(Double.init)), to: output,
        overwrite: force, names: TableNames(columns: ["class"]))
    }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }
}
