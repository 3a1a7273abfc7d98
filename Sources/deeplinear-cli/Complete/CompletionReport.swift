import DataFormats
import DeepLinear
import Records
import Reports

/// The page about a completed matrix.
struct CompletionReport {
  let command: CompleteCommand
  let data: ObservedData
  let fit: MatrixCompleter.Fit
  let completion: CompletedTable
  let truth: Matrix?
  let summary: CompletionSummary

  /// Tables with more elements than this are not drawn.
  private static let drawableCount = 16_000_000
  /// Maps of larger tables are reduced to so many cells along their longer side.
  private static let longestSide = 400

  func write(to folder: String) throws {
    try ReportFolder.write(record, to: folder, overwrite: command.shared.force)
  }

  private var record: Record {
    Record(
      title: "Completion of \(fileName)",
      subtitle: fit.isExact
        ? "Exact: rank \(fit.rank) agrees with every known entry to rounding"
        : "Noisy data: rank \(fit.rank)\(summary.offsets ? " with row and column offsets" : ""), chosen by held-out entries",
      summary: summaryFacts,
      sections: [pathSection, spectrumSection, tableSection, maskSection].compactMap(\.self),
      provenance: ReportFolder.provenance(
        seed: command.shared.seed,
        settings: [
          Fact("depth", Cell(command.fitting.depth)),
          Fact("width", .text(command.fitting.width.value.map { "\($0)" } ?? "auto")),
          Fact(
            "initial scale", .text(command.fitting.initialScale.value.map { "\($0)" } ?? "auto")),
          Fact("share held out when noisy", .number(command.fitting.holdout)),
          Fact("method", .text(command.fitting.method.rawValue)),
        ]))
  }

  private var summaryFacts: [Fact] {
    var facts = [
      Fact("shape", .text("\(summary.rows) × \(summary.columns)")),
      Fact("known entries", Cell(summary.observed)),
      Fact("rank", Cell(summary.rank)),
      Fact("error on known entries", .number(fit.trainingError), note: "root mean square"),
    ]
    if let error = fit.holdoutError {
      facts.append(Fact("error on held-out entries", .number(error), note: "root mean square"))
    }
    if let relative = summary.relativeError {
      facts.append(Fact("relative error against the truth", .number(relative)))
    }
    if let ratio = summary.peakSignalToNoiseRatio {
      facts.append(Fact("peak signal-to-noise ratio", .number(ratio), unit: "dB"))
    }
    facts += [
      Fact("undetermined entries", Cell(summary.mask.undeterminedEntries)),
      Fact("iterations", Cell(fit.iterations)), Fact("time", .number(summary.seconds), unit: "s"),
    ]
    return facts
  }

  // MARK: sections

  private var pathSection: Section? {
    let points = fit.path.points
    guard points.count > 1 else { return nil }
    let steps = points.map { Double($0.step) }
    let count = min(points[0].singularValues.count, max(2 * fit.rank, 6), 12)
    let markers = fit.path.chosenStep.map {
      [
        Marker(
          .vertical, at: Double($0),
          label: fit.isExact ? "polished from here" : "least held-out error")
      ]
    }
    let spectrum = Figure(
      title: "Singular values rise one after another",
      caption: """
        The \(count) largest singular values of the end-to-end matrix of the depth-\(command.fitting.depth) \
        network along its descent.
        """,
      .lines(
        LinePlot(
          horizontal: Axis("step", .whole), vertical: Axis("singular value", .logarithmic),
          series: (0..<count).map { k in
            Series(
              "σ\(lowered(k + 1))", x: steps, y: points.map { $0.singularValues[k] },
              color: .gradient(Double(k) / Double(max(count - 1, 1))))
          }, markers: markers ?? [])))
    var errors = [Series("known entries", x: steps, y: points.map(\.trainingError))]
    if points.contains(where: { $0.holdoutError != nil }) {
      errors.append(
        Series(
          "held-out entries", x: steps, y: points.map { $0.holdoutError ?? .nan }, style: .dashed))
    }
    let error = Figure(
      title: "Error along the path",
      caption:
        "Root mean square error of the network on the entries it is trained on and on those held out.",
      .lines(
        LinePlot(
          horizontal: Axis("step", .whole), vertical: Axis("root mean square error", .logarithmic),
          series: errors, markers: markers ?? [])))
    return Section(
      heading: "How the answer came about",
      prose: """
        A deep linear network is trained on the known entries from near zero. Its components rise in turn, \
        the strongest first; the rank and the start of the final fit are read off this path.
        """,
      blocks: [.row([spectrum, error])])
  }

  private var spectrumSection: Section {
    let found = fit.singularValues.filter { $0 > 1e-14 * (fit.singularValues.first ?? 0) }
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
    if !fit.isExact { figures.append(residuals) }
    return Section(
      heading: "What was found",
      blocks: [
        .facts([
          Fact("rank", Cell(fit.rank)),
          Fact("row and column offsets", .text(summary.offsets ? "yes" : "no")),
          Fact(
            "effective rank", .number(summary.effectiveRank),
            note: "exponential of the spectral entropy"),
          Fact("nuclear norm", .number(fit.spectrum.nuclearNorm)),
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
      heading: data.format == .pgm ? "The picture" : "The table",
      blocks: (data.format == .pgm ? pictures : tables)
        + (fit.intervals.map { [.figure(intervals($0))] } ?? []))
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
    let completed = map(completion.matrix)
    let colors = colorScale(for: completed, title: "value")
    func drawn(_ title: String, _ map: HeatMap) -> Figure {
      var map = map
      map.colors = colors
      return Figure(title: title, .heatMap(map))
    }
    var blocks: [Block] = [
      .row([
        drawn("Known entries", map(data.entries.dense())), drawn("Completed table", completed),
      ])
    ]
    if let truth {
      blocks.append(.row([drawn("Truth", map(truth)), differences(from: truth)]))
    }
    return blocks
  }

  private func differences(from truth: Matrix) -> Figure {
    var difference = map(completion.matrix - truth)
    difference.colors = colorScale(for: difference, title: "difference")
    return Figure(title: "Difference from the truth", .heatMap(difference))
  }

  private func intervals(_ intervals: CompletionIntervals) -> Figure {
    Figure(
      title: "Half-widths of the \(readable(100 * intervals.coverage)) % intervals",
      caption: """
        A new observation lies within this distance of the completed entry with the stated coverage, \
        when entries are missing at random. Calibrated on \(intervals.calibrationCount) held-out entries.
        """,
      .heatMap(
        map(
          completion.halfWidths(intervals), ColorScale(.sequential, title: "half-width", lower: 0)))
    )
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
            \(fit.isExact ? "the choice of smallest coordinates" : "the ridge") alone.
            """)))
    }
    blocks.append(
      .facts([
        Fact("connected components", Cell(mask.componentCount)),
        Fact("rows without a known entry", Cell(mask.emptyRows.count)),
        Fact("columns without a known entry", Cell(mask.emptyColumns.count)),
        Fact("undetermined rows", .text(named(mask.undeterminedRows))),
        Fact("undetermined columns", .text(named(mask.undeterminedColumns))),
        Fact("undetermined entries", Cell(mask.undeterminedEntryCount)),
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
    command.observed.split(separator: "/").last.map(String.init) ?? command.observed
  }

  /// Colors for all but the largest two hundredths of the values, so that a few do not pale the others.
  private func colorScale(for map: HeatMap, title: String) -> ColorScale {
    let sizes = map.values.lazy.filter(\.isFinite).map(abs).sorted()
    let extent = sizes.isEmpty ? 1 : sizes[(sizes.count - 1) * 98 / 100]
    let upper = extent > 0 ? extent : sizes.last ?? 1
    return map.values.contains { $0 < 0 }
      ? ColorScale(.diverging, title: title, lower: -upper, upper: upper)
      : ColorScale(.sequential, title: title, upper: upper)
  }

  private func map(
    _ matrix: Matrix, _ colors: ColorScale = ColorScale(.sequential, title: "value")
  ) -> HeatMap {
    HeatMap(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount, values: matrix.elements,
      colors: colors
    ).reduced(toSide: Self.longestSide)
  }

  private func picture(_ title: String, _ matrix: Matrix) -> Figure {
    let pixels = matrix.elements.map { value -> UInt8 in
      value.isFinite ? UInt8(min(max(value.rounded(), 0), 255)) : 0
    }
    let missing = matrix.elements.map(\.isNaN)
    return Figure(
      title: title,
      .image(
        GrayImage(
          width: matrix.columnCount, height: matrix.rowCount, pixels: pixels,
          missing: missing.contains(true) ? missing : [])))
  }

  private func named(_ indices: [Int]) -> String {
    guard !indices.isEmpty else { return "none" }
    let shown = indices.prefix(20).map(String.init).joined(separator: ", ")
    return indices.count > 20 ? "\(shown) and \(indices.count - 20) more" : shown
  }

  private func lowered(_ number: Int) -> String {
    String(
      String.UnicodeScalarView(
        "\(number)".unicodeScalars.compactMap { Unicode.Scalar($0.value - 48 + 0x2080) }))
  }
}

extension Cell {
  init(_ count: Int) { self = .number(Double(count)) }
}
