import Records

/// The page about layers that were changed.
struct LayerReport {
  let model: String
  let output: String
  let seed: UInt64
  /// What was done: expanded, collapsed or compressed.
  let verb: String
  let changes: [ChangedLayer]
  let context: JobContext

  /// Spectra of more layers than this are not drawn.
  private static let spectrumLimit = 8

  private var before: Int { changes.reduce(0) { $0 + $1.parametersBefore } }
  private var after: Int { changes.reduce(0) { $0 + $1.parametersAfter } }

  var record: Record {
    Record(
      title: "Layers of \(model)",
      subtitle: "\(changes.map(\.layer).joined(separator: ", ")) \(verb)",
      summary: [
        Fact("layers", Cell(changes.count)), Fact("parameters before", Cell(before)),
        Fact("parameters after", Cell(after)),
        Fact("ratio", .number(Double(after) / Double(max(before, 1)))),
      ],
      sections: [tableSection, spectrumSection].compactMap(\.self),
      provenance: ReportFolder.provenance(
        seed: seed,
        settings: [
          Fact("layers", .text(changes.map(\.layer).joined(separator: ", "))),
          Fact("network written", .text(output)),
        ], of: context))
  }

  private var tableSection: Section {
    var columns = [
      Column("layer", alignment: .leading), Column("parameters before"), Column("parameters after"),
    ]
    let hasRanks = changes.contains { $0.rank != nil }
    if hasRanks { columns += [Column("rank"), Column("relative error"), Column("energy kept")] }
    let hasOutputs = changes.contains { $0.outputError != nil }
    if hasOutputs { columns.append(Column("error of outputs")) }
    columns.append(Column("weights", alignment: .leading))
    let rows = changes.map { change -> [Cell] in
      var row: [Cell] = [
        .text(change.layer), Cell(change.parametersBefore), Cell(change.parametersAfter),
      ]
      if hasRanks {
        row += [
          change.rank.map { Cell($0) } ?? .missing,
          change.relativeError.map { .number($0) } ?? .missing,
          change.keptEnergy.map { .number($0) } ?? .missing,
        ]
      }
      if hasOutputs { row.append(change.outputError.map { .number($0) } ?? .missing) }
      return row + [
        .text(change.left.map { "left: \($0)" } ?? change.weights.joined(separator: ", "))
      ]
    }
    let table = Table(
      title: "Layers",
      caption: hasRanks
        ? "The relative error is ‖W − product‖_F/‖W‖_F with all weights as they are stored."
        : "The product of the factors, rounded once to the type they are stored in.",
      columns: columns, rows: rows)
    let bars = Figure(
      title: "Parameters", caption: "Weights without biases.",
      .bars(
        BarChart(
          categories: changes.map(\.layer), horizontalTitle: "layer",
          vertical: Axis("parameters", lower: 0),
          bars: [
            Bars("before", values: changes.map { Double($0.parametersBefore) }),
            Bars("after", values: changes.map { Double($0.parametersAfter) }),
          ])))
    return Section(heading: "What became of them", blocks: [.table(table), .figure(bars)])
  }

  private var spectrumSection: Section? {
    let drawn = changes.filter { $0.singularValues.count > 1 }.prefix(Self.spectrumLimit)
    guard !drawn.isEmpty else { return nil }
    let figures = drawn.map { change in
      Figure(
        title: "Spectrum of \(change.layer)", caption: "Singular values of the weight.",
        .lines(
          LinePlot(
            horizontal: Axis("component", .whole), vertical: Axis("singular value", .logarithmic),
            series: [
              Series(
                "weight", x: change.singularValues.indices.map { Double($0 + 1) },
                y: change.singularValues.map { $0 > 0 ? $0 : .nan }, style: .connectedPoints)
            ],
            markers: change.rank.map { rank in
              rank < change.singularValues.count
                ? [Marker(.vertical, at: Double(rank) + 0.5, label: "kept: \(rank)")] : []
            } ?? [])))
    }
    return Section(
      heading: "Spectra",
      prose: """
        What follows after the leading singular values costs as many parameters as they do and carries \
        little energy: a layer whose spectrum falls quickly can be compressed.
        """,
      blocks: stride(from: 0, to: figures.count, by: 2).map {
        .row(Array(figures[$0..<min($0 + 2, figures.count)]))
      })
  }
}
