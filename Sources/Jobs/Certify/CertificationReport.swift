import DeepLinear
import Records

/// The page about a certified run.
struct CertificationReport {
  let result: CertificationResult

  private var certificates: [Certificate] { result.certificates }
  private var trajectory: Trajectory? { result.trajectory }
  private var spec: SimulationSpec { result.spec }
  private var summary: CertificationSummary { result.summary }

  var record: Record {
    Record(
      title: "Certificates for \(spec.file.path)",
      subtitle:
        "\(summary.dynamics) of a \(summary.objective) network of widths \(summary.widths.map(String.init).joined(separator: "–"))",
      summary: [
        Fact("verdict", .verdict(Self.verdict(named: summary.verdict))),
        Fact("hold", Cell(summary.counts[Certificate.Verdict.holds.rawValue] ?? 0)),
        Fact("violated", Cell(summary.counts[Certificate.Verdict.violated.rawValue] ?? 0)),
        Fact(
          "not measured", Cell(summary.counts[Certificate.Verdict.notMeasured.rawValue] ?? 0)),
        Fact(
          "not applicable", Cell(summary.counts[Certificate.Verdict.notApplicable.rawValue] ?? 0)),
      ],
      sections: [Section(heading: "All certificates", blocks: [.table(overview)])]
        + certificates.filter { $0.exclusion == nil }.map(section) + [
          Section(
            heading: "The specification",
            blocks: [.code(CodeBlock(spec.file.text, language: "yaml"))])
        ],
      provenance: ReportFolder.provenance(
        seed: spec.seed, settings: [Fact("accuracy", .number(summary.accuracy))],
        of: result.context))
  }

  private var overview: Table {
    Table(
      title: "Verdicts",
      columns: [
        Column("certificate", alignment: .leading), Column("verdict", alignment: .center),
        Column("source", alignment: .leading), Column("why", alignment: .leading),
      ],
      rows: certificates.map { certificate in
        [
          .text(certificate.claim), .verdict(Self.verdict(of: certificate)),
          .text(certificate.source),
          .text(
            certificate.exclusion ?? (certificate.verdict == .notMeasured ? notMeasured : nil)
              ?? certificate.failing.map {
                "\($0.name): \(readable($0.measured)), must be \($0.relation.rawValue) \(readable($0.limit))"
              }.joined(separator: "; ")),
        ]
      })
  }

  private var notMeasured: String {
    result.trajectory == nil
      ? "it applies; give a trajectory to measure"
      : "it applies, but nothing was recorded that could contradict it"
  }

  private func section(_ certificate: Certificate) -> Section {
    var blocks: [Block] = []
    if !certificate.hypotheses.isEmpty {
      blocks.append(
        .table(
          Table(
            title: "Hypotheses of \(certificate.claim)",
            columns: [
              Column("hypothesis", alignment: .leading), Column("measured"),
              Column("must be", alignment: .leading), Column("verdict", alignment: .center),
            ],
            rows: certificate.hypotheses.map {
              [
                .text($0.name), .number($0.measured),
                .text(
                  $0.limit == .greatestFiniteMagnitude
                    ? "finite" : "\($0.relation.rawValue) \(readable($0.limit))"),
                .verdict($0.holds ? .holds : .fails),
              ]
            })))
    }
    if certificate.verdict != .notApplicable, let figure = figure(certificate) {
      blocks.append(.figure(figure))
    }
    return Section(heading: certificate.claim, blocks: blocks)
  }

  /// The first quantity with its bound over time, where it was measured at two times or more.
  private func figure(_ certificate: Certificate) -> Figure? {
    guard let quantity = certificate.bounds.first?.quantity else { return nil }
    let bounds = certificate.bounds.filter {
      $0.quantity == quantity && $0.measured != nil && $0.limit.isFinite
    }
    func series(_ name: String, _ side: Certificate.Bound.Side) -> Series? {
      let points = bounds.filter { $0.side == side && $0.limit.isFinite }
      return points.count < 2
        ? nil : Series(name, x: points.map { $0.time ?? 0 }, y: points.map(\.limit))
    }
    var measured: [(Double, Double)] = []
    for bound in bounds where measured.last?.0 != bound.time {
      measured.append((bound.time ?? 0, bound.measured ?? .nan))
    }
    let all = [series("upper bound", .upper), series("lower bound", .lower)].compactMap(\.self)
    guard measured.count > 1, !all.isEmpty else { return nil }
    let curves = all + [Series("measured", x: measured.map(\.0), y: measured.map(\.1))]
    let isPositive = bounds.allSatisfy { $0.limit > 0 && ($0.measured ?? 0) > 0 }
    return Figure(
      title: quantity, caption: "Measured, and what the theorem allows.",
      .lines(
        LinePlot(
          horizontal: Axis(spec.dynamics.kind.isDescent ? "steps" : "time"),
          // The figure has the whole name as its title; an axis has no room for a long one.
          vertical: Axis(
            quantity.count <= 30 ? quantity : "measured", isPositive ? .logarithmic : .linear),
          series: curves)))
  }

  private static func verdict(of certificate: Certificate) -> Records.Verdict {
    verdict(named: certificate.verdict.rawValue)
  }

  private static func verdict(named name: String) -> Records.Verdict {
    switch Certificate.Verdict(rawValue: name) {
    case .holds: .holds
    case .violated: .fails
    case .notMeasured: .undecided
    default: .notApplicable
    }
  }
}
