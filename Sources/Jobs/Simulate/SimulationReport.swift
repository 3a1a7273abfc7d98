import DeepLinear
import Records

/// The page about a simulated trajectory.
struct SimulationReport {
  let result: SimulatedPath
  let spec: SimulationSpec
  let summary: SimulationSummary
  let context: JobContext

  private var snapshots: [Snapshot] { result.trajectory.snapshots }
  private var times: [Double] { snapshots.map(\.time) }

  var record: Record {
    Record(
      title: "Simulation of \(spec.file.path)",
      subtitle:
        "\(summary.dynamics) of a \(summary.objective) network of widths \(summary.widths.map(String.init).joined(separator: "–"))",
      summary: facts,
      sections: [
        Section(
          heading: "The path",
          blocks: [notice, lossFigure, spectrumFigure, balanceFigure].compactMap(\.self)
            + derivedFigures),
        Section(
          heading: "The specification", blocks: [.code(CodeBlock(spec.file.text, language: "yaml"))]
        ),
      ],
      provenance: ReportFolder.provenance(
        seed: spec.seed,
        settings: [
          Fact("method", .text(summary.method)), Fact("dynamics", .text(summary.dynamics)),
        ], of: context))
  }

  private var facts: [Fact] {
    var facts = [
      Fact("outcome", .text(summary.ending)),
      Fact("final loss", .number(summary.finalLoss ?? .nan)),
    ]
    if let minimum = summary.minimumLoss {
      facts.append(Fact("least loss possible", .number(minimum)))
    }
    facts.append(Fact("steps", Cell(summary.steps)))
    if let evaluations = summary.evaluations {
      facts.append(Fact("evaluations", Cell(evaluations)))
    }
    if let drift = summary.invariantDrift {
      facts.append(
        Fact(
          "change of the balance invariants", .number(drift), note: "relative to the largest ‖W_j‖²"
        ))
    }
    facts.append(Fact("time", .number(summary.seconds), unit: "s"))
    return facts
  }

  private var notice: Block? {
    guard let sentence = result.divergence(spec) else { return nil }
    return .notice(Notice(.failure, sentence.prefix(1).uppercased() + sentence.dropFirst()))
  }

  /// Logarithmic in time when the recorded times span more than three powers of ten.
  private var timeAxis: Axis {
    let positive = times.filter { $0 > 0 }
    let isWide = (positive.last ?? 1) > 1000 * (positive.first ?? 1)
    return Axis(
      spec.dynamics.countsSteps ? "steps" : "time", isWide ? .logarithmic : .linear)
  }

  private var lossFigure: Block? {
    guard snapshots.count > 1 else { return nil }
    let least = summary.minimumLoss ?? 0
    let isPositive = snapshots.allSatisfy { $0.loss - least > 0 }
    return .figure(
      Figure(
        title: "Loss",
        caption: isPositive ? "Above the least loss possible." : "As it was recorded.",
        .lines(
          LinePlot(
            horizontal: timeAxis,
            vertical: Axis("loss", isPositive ? .logarithmic : .linear),
            series: [
              Series(
                "loss", x: times, y: snapshots.map { isPositive ? $0.loss - least : $0.loss })
            ]))))
  }

  private var spectrumFigure: Block? {
    let rows = snapshots.compactMap(\.singularValues)
    guard rows.count == snapshots.count, rows.count > 1, let first = rows.first else { return nil }
    let count = min(first.count, 12)
    return .figure(
      Figure(
        title: "Singular values of the end-to-end matrix",
        caption: "The \(count) largest.",
        .lines(
          LinePlot(
            horizontal: timeAxis, vertical: Axis("singular value"),
            series: (0..<count).map { r in
              Series(
                "σ\((r + 1).loweredDigits)", x: times, y: rows.map { $0[r] },
                color: .gradient(Double(r) / Double(max(count - 1, 1))))
            }))))
  }

  private var derivedFigures: [Block] {
    guard snapshots.count > 1 else { return [] }
    return result.derived.map { member in
      let width = member.shape.first ?? 1
      let shown = min(width, 12)
      let isPositive = member.elements.allSatisfy { $0 > 0 }
      return .figure(
        Figure(
          title: member.quantity.title,
          caption: width > shown ? "The first \(shown) of \(width)." : member.quantity.caption,
          .lines(
            LinePlot(
              horizontal: timeAxis,
              vertical: Axis(
                member.quantity.title.lowercased(), isPositive ? .logarithmic : .linear),
              series: (0..<shown).map { k in
                Series(
                  member.shape.isEmpty ? member.quantity.title.lowercased() : "\(k + 1)", x: times,
                  y: times.indices.map { member.elements[$0 * width + k] },
                  color: shown > 1 ? .gradient(Double(k) / Double(shown - 1)) : .automatic)
              }))))
    }
  }

  private var balanceFigure: Block? {
    let values = snapshots.compactMap(\.unbalancedness)
    guard values.count == snapshots.count, values.count > 1 else { return nil }
    return .figure(
      Figure(
        title: "Unbalancedness",
        caption: "max ‖W_{j+1}ᵀW_{j+1} − W_jW_jᵀ‖ over neighbouring layers.",
        .lines(
          LinePlot(
            horizontal: timeAxis,
            vertical: Axis(
              "unbalancedness", values.allSatisfy { $0 > 0 } ? .logarithmic : .linear),
            series: [Series("unbalancedness", x: times, y: values)]))))
  }
}

extension DerivedQuantity {
  /// What pages call it.
  var title: String {
    switch self {
    case .relativeError: "Relative error"
    case .effectiveRank: "Effective rank"
    case .nuclearNorm: "Nuclear norm"
    case .schattenNorm: "Schatten norm"
    case .layerNorms: "Norms of the layers"
    case .alignment: "Alignment"
    case .gradientNorm: "Size of the gradient"
    case .sharpness: "Sharpness"
    case .preconditionerSpectrum: "Spectrum of the preconditioner"
    case .singularValueResidual: "Residual of the singular values' equation"
    }
  }

  /// What there is to see.
  var caption: String {
    switch self {
    case .relativeError: "‖W − M‖/‖M‖ for the truth M."
    case .effectiveRank: "exp(−Σ p log p) of the shares p of the singular values."
    case .nuclearNorm: "The sum of the singular values."
    case .schattenNorm: "(Σ σ^p)^(1/p)."
    case .layerNorms: "‖W_j‖ of each layer."
    case .alignment:
      "|⟨u, v⟩| of the first singular vectors of neighbouring layers; one where they agree."
    case .gradientNorm: "Over all layers."
    case .sharpness: "The largest eigenvalue of the Hessian."
    case .preconditionerSpectrum: "Eigenvalues of the preconditioner of the end-to-end dynamics."
    case .singularValueResidual:
      "The largest difference of the two sides, relative to the largest speed."
    }
  }
}
