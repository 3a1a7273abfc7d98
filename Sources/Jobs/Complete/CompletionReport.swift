import DataFormats
import DeepLinear
import Records

/// The page about a completed matrix.
struct CompletionReport {
  let result: CompletionResult

  var request: Completion { result.request }
  var data: ObservedData { result.data }
  var fit: MatrixCompleter.Fit { result.fit }
  var nuclear: NuclearNormCompleter.Fit? { result.nuclear }
  var completion: CompletedTable { result.completed }
  var truth: Matrix? { result.truth }
  var summary: CompletionSummary { result.summary }

  /// Tables with more elements than this are not drawn.
  private static let drawableCount = 16_000_000

  var record: Record {
    Record(
      title: "Completion of \(fileName)",
      subtitle: subtitle,
      summary: summaryFacts,
      sections: [
        trustSection, filledSection, tableSection, maskSection, spectrumSection, pathSection,
        penaltySection,
      ].compactMap(\.self),
      provenance: ReportFolder.provenance(
        seed: request.settledSeed,
        settings: [
          Fact("depth", Cell(request.settledDepth)),
          Fact("width", .text(request.width.map { "\($0)" } ?? "auto")),
          Fact(
            "initial scale", .text(request.initialScale.map { "\($0)" } ?? "auto")),
          Fact("share held out when noisy", .number(request.settledHoldout)),
          Fact("method", .text(request.settledMethod.rawValue)),
        ]
          + (summary.polish.map { [Fact("polish", .text($0))] } ?? [])
          + (nuclear == nil
            ? [] : [Fact("penalty", .text(request.settledPenalty.description))]),
        of: result.context))
  }

  private var subtitle: String {
    if fit.isExact { return "Exact: rank \(fit.rank) agrees with every known entry to rounding" }
    if let nuclear {
      guard let penalty = nuclear.penalty else {
        return "The smallest nuclear norm that agrees with every known entry"
      }
      return "The smallest nuclear norm at penalty \(readable(penalty))"
        + (nuclear.path.isEmpty ? "" : ", chosen by held-out entries")
    }
    if summary.polish != nil {
      return
        "What a network of depth \(request.settledDepth) makes of the entries by itself: effective rank \(readable(summary.effectiveRank))"
    }
    return
      "Noisy data: \(fit.rank) pattern\(fit.rank == 1 ? "" : "s")\(summary.offsets ? " with row and column offsets" : ""), "
      + "chosen by held-out entries"
  }

  private var summaryFacts: [Fact] {
    var facts = [
      Fact("rows × columns", .text("\(summary.rows) × \(summary.columns)")),
      Fact("known cells", Cell(summary.observed), term: "observed entries"),
      Fact("filled cells", Cell(summary.filled), term: "unknown entries that got a value"),
      Fact("patterns in the answer", Cell(summary.rank), term: "rank of the completed matrix"),
      Fact(
        "distance from known cells", .number(fit.trainingError),
        term: "root mean square error on observed entries"),
    ]
    if let error = fit.holdoutError {
      facts.append(
        Fact(
          "error to expect in empty cells", .number(error),
          term: "root mean square error on held-out entries"))
    }
    if let nuclear {
      facts.append(
        Fact(
          "duality gap", .number(nuclear.dualityGap),
          note: "\(readable(nuclear.relativeGap)) of the objective"))
    }
    if let relative = summary.relativeError {
      facts.append(Fact("relative error against the truth", .number(relative)))
    }
    if let ratio = summary.peakSignalToNoiseRatio {
      facts.append(Fact("peak signal-to-noise ratio", .number(ratio), unit: "dB"))
    }
    facts += [
      Fact(
        "cells that known ones do not pin down", Cell(summary.mask.undeterminedEntries),
        term: "undetermined entries at this rank"),
      Fact("steps", Cell(fit.iterations), term: "iterations"),
      Fact("time", .number(summary.seconds), unit: "s"),
    ]
    return facts
  }

  // MARK: sections

  private var pathSection: Section? {
    PathFigures(
      path: fit.path, depth: request.settledDepth, rank: fit.rank, isExact: fit.isExact,
      known: "entries", isPolished: summary.polish == nil
    ).section
  }

  private var penaltySection: Section? {
    guard let nuclear, let chosen = nuclear.path.min(by: { $0.holdoutError < $1.holdoutError })
    else { return nil }
    let penalties = nuclear.path.map(\.penalty)
    let markers = [Marker(.vertical, at: chosen.penalty, label: "chosen")]
    let errors = Figure(
      title: "Error at every penalty",
      caption: "Root mean square error on the entries fitted and on those held out.",
      .lines(
        LinePlot(
          horizontal: Axis("penalty", .logarithmic),
          vertical: Axis("root mean square error", .logarithmic),
          series: [
            Series(
              "known entries", x: penalties, y: nuclear.path.map(\.trainingError),
              style: .connectedPoints),
            Series(
              "held-out entries", x: penalties, y: nuclear.path.map(\.holdoutError),
              style: .connectedPoints),
          ], markers: markers)))
    let ranks = Figure(
      title: "Rank at every penalty",
      .lines(
        LinePlot(
          horizontal: Axis("penalty", .logarithmic), vertical: Axis("rank", .whole),
          series: [
            Series(
              "rank", x: penalties, y: nuclear.path.map { Double($0.rank) },
              style: .connectedPoints)
          ], markers: markers)))
    return Section(
      heading: "Which penalty",
      prose: """
        The penalty descends from the value that gives zero, each fit started from the one before, until \
        the error on held-out entries is past its minimum. The last fit takes all entries, with a penalty \
        larger by the root of the share of entries that it gains.
        """,
      blocks: [.row([errors, ranks])])
  }

  private var spectrumSection: Section {
    // Of a nuclear-norm fit the values beyond its rank are what the solver's tolerance leaves.
    let found = fit.singularValues.prefix(nuclear == nil ? fit.singularValues.count : fit.rank)
      .filter { $0 > 1e-14 * (fit.singularValues.first ?? 0) }
    let onPath = chosenPoint?.singularValues ?? []
    let count = min(60, max(found.count, min(onPath.count, 2 * fit.rank + 4)))
    func spectrum(_ name: String, _ values: [Double], _ style: Series.Style) -> Series {
      let shown = values.prefix(count)
      return Series(
        name, x: shown.indices.map { Double($0 + 1) }, y: Array(shown), style: style)
    }
    var figures: [Figure] = []
    if !found.isEmpty {
      var series = [spectrum("completed matrix", found, .connectedPoints)]
      if !onPath.isEmpty { series.append(spectrum("network on its path", onPath, .points)) }
      figures.append(
        Figure(
          title: "Spectrum",
          caption: "Singular values of the completed matrix"
            + (onPath.isEmpty ? "" : ", and of the network where its path was left")
            + "; the line marks the rank of the fit.",
          .lines(
            LinePlot(
              horizontal: Axis("component", .whole), vertical: Axis("singular value", .logarithmic),
              series: series,
              markers: [
                Marker(.vertical, at: Double(fit.rank) + 0.5, label: "rank \(fit.rank)")
              ]))))
    }
    if !fit.isExact, nuclear == nil || nuclear?.penalty != nil { figures.append(residuals) }
    return Section(
      heading: "What was found",
      blocks: [
        .facts([
          Fact("patterns", Cell(fit.rank), term: "rank"),
          Fact(
            "a level of its own for each row and column", .text(summary.offsets ? "yes" : "no"),
            term: "row and column offsets"),
          Fact(
            "patterns by their weight", .number(summary.effectiveRank),
            term: "effective rank, the exponential of the spectral entropy"),
          Fact(
            "strengths together", .number(fit.spectrum.nuclearNorm),
            term: "nuclear norm, the sum of the singular values"),
        ])
      ] + (figures.isEmpty ? [] : [.row(figures)]))
  }

  /// The last recorded point of the path that the answer could start from.
  private var chosenPoint: CompletionPath.Point? {
    let step = fit.path.chosenStep ?? .max
    return fit.path.points.last { $0.step <= step }
  }

  private var residuals: Figure {
    let differences = zip(data.entries.values, fit.model.values(at: data.entries)).map { $0 - $1 }
    return Figure(
      title: "Residuals",
      caption: "Known entries minus the fit.",
      .histogram(
        Histogram(
          of: differences, binCount: min(60, max(8, Int(Double(differences.count).squareRoot()))),
          horizontal: Axis("residual"), vertical: Axis("known entries"))))
  }

  private var tableSection: Section {
    let entries = data.entries
    guard entries.rowCount * entries.columnCount <= Self.drawableCount else {
      return Section(
        heading: "The table",
        blocks: [
          .notice(
            Notice(
              .information,
              "A \(entries.rowCount) × \(entries.columnCount) table is too large to be drawn."))
        ])
    }
    return Section(
      heading: data.format.isPicture ? "The picture" : "The table",
      blocks: (data.format.isPicture ? pictures : tables)
        + intervalBlocks)
  }

  /// Beside an exact answer no entry was held out, and there is nothing to show.
  private var intervalBlocks: [Block] {
    guard let found = fit.intervals, found.calibrationCount > 0 else { return [] }
    return [.figure(intervals(found))]
  }

  private var pictures: [Block] {
    var blocks: [Block] = [
      .row([
        picture("Known pixels", data.entries.dense()),
        picture("Completed picture", completion.matrix),
      ])
    ]
    if let truth {
      blocks.append(.row([picture("Truth", truth), differences(from: truth)]))
    }
    return blocks
  }

  private var tables: [Block] {
    var blocks: [Block] = [
      .row(
        MatrixFigures.tables(
          [
            ("Known cells", data.entries.dense()), ("Completed table", completion.matrix),
          ], result.labels))
    ]
    if let truth {
      blocks.append(
        .row([
          MatrixFigures.tables([("Truth", truth), ("", completion.fitted)], result.labels)[0],
          differences(from: truth),
        ]))
    }
    return blocks
  }

  private func differences(from truth: Matrix) -> Figure {
    MatrixFigures.figure("Difference from the truth", completion.fitted - truth, "difference")
  }

  private func intervals(_ intervals: CompletionIntervals) -> Figure {
    var map = MatrixFigures.sampled(completion.halfWidths(intervals), result.labels)
    map.colors = ColorScale(.sequential, title: "half-width", lower: 0)
    return Figure(
      title: "Half-widths of the \(readable(100 * intervals.coverage)) % intervals",
      caption: """
        A new observation lies within this distance of the completed entry with the stated coverage, \
        when entries are missing at random. Calibrated on \(intervals.calibrationCount) held-out entries.
        """,
      .heatMap(map))
  }

  private var maskSection: Section {
    let mask = fit.mask
    var blocks: [Block] = []
    if mask.undeterminedEntryCount > 0 {
      blocks.append(
        .notice(
          Notice(
            .caution,
            """
            \(mask.undeterminedEntryCount) unknown entries are not determined by the known ones at rank \
            \(mask.rank): their values here rest on \
            \(fit.isExact ? "the choice of smallest coordinates" : nuclear == nil ? "the ridge" : "the norm") alone.
            """)))
    }
    blocks.append(
      .facts([
        Fact(
          "separate parts of the table", Cell(mask.componentCount),
          term: "connected components of the graph of rows and columns"),
        Fact("rows without a known cell", Cell(mask.emptyRows.count)),
        Fact("columns without a known cell", Cell(mask.emptyColumns.count)),
        Fact(
          "rows with too few known cells", .text(named(mask.undeterminedRows, result.labels.row)),
          term: "undetermined rows"),
        Fact(
          "columns with too few known cells",
          .text(named(mask.undeterminedColumns, result.labels.column)),
          term: "undetermined columns"),
        Fact(
          "cells not pinned down", Cell(mask.undeterminedEntryCount),
          term: "undetermined entries"),
        Fact(
          "judged by",
          .text(mask.isRigidityChecked ? "counting, and the rank of the Jacobian" : "counting")),
      ]))
    return Section(
      heading: "Can the known entries determine the answer?",
      prose: """
        A row needs at least as many known entries as the rank, in columns that are determined themselves; the \
        same holds for columns. Parts of the table that share no known entry are scaled independently.
        """,
      blocks: blocks)
  }

  // MARK: drawing

  private var fileName: String {
    request.observed.name.split(separator: "/").last.map(String.init) ?? request.observed.name
  }

  /// A picture as gray; of one in colour the mean of its channels.
  private func picture(_ title: String, _ matrix: Matrix) -> Figure {
    var matrix = matrix
    var scale = 1.0
    if case .picture(let original) = data.original {
      scale = 255 / Double(original.maximum)
      if original.channelCount > 1 {
        let colours = matrix
        matrix = Matrix(rowCount: original.height, columnCount: original.width)
        for row in 0..<original.height {
          for column in 0..<original.width {
            let sum = (0..<original.channelCount).reduce(0) {
              $0 + colours[row, $1 * original.width + column]
            }
            matrix[row, column] = sum / Double(original.channelCount)
          }
        }
      }
    }
    let pixels = matrix.elements.map { value -> UInt8 in
      value.isFinite ? UInt8(min(max((value * scale).rounded(), 0), 255)) : 0
    }
    let missing = matrix.elements.map(\.isNaN)
    return Figure(
      title: title,
      .image(
        GrayImage(
          width: matrix.columnCount, height: matrix.rowCount, pixels: pixels,
          missing: missing.contains(true) ? missing : [])))
  }

  private func named(_ indices: [Int], _ name: (Int) -> String) -> String {
    guard !indices.isEmpty else { return "none" }
    let shown = indices.prefix(20).map(name).joined(separator: ", ")
    return indices.count > 20 ? "\(shown) and \(indices.count - 20) more" : shown
  }
}

extension Cell {
  init(_ count: Int) { self = .number(Double(count)) }
}
