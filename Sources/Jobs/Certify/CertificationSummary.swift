import DeepLinear

/// What `certify` says, as JSON and as text.
public struct CertificationSummary: Encodable {
  package struct HypothesisSummary: Encodable {
    package var name: String
    package var measured: Nullable<Double>
    package var relation: String
    package var limit: Nullable<Double>
    package var holds: Bool

    init(_ hypothesis: Hypothesis) {
      name = hypothesis.name
      measured = Nullable(hypothesis.measured.finite)
      relation = hypothesis.relation.rawValue
      limit = Nullable(hypothesis.limit.finite)
      holds = hypothesis.holds
    }
  }

  package struct BoundSummary: Encodable {
    package var quantity: String
    /// `upper` or `lower`.
    package var side: String
    package var limit: Nullable<Double>
    package var time: Nullable<Double>
    package var measured: Nullable<Double>
    package var slack: Nullable<Double>
    package var violated: Bool
    /// Whether the measured value could have contradicted the limit.
    package var informative: Bool

    init(_ bound: Certificate.Bound, violated: Bool) {
      quantity = bound.quantity
      side = bound.side.rawValue
      limit = Nullable(bound.limit.finite)
      time = Nullable(bound.time)
      measured = Nullable(bound.measured?.finite)
      slack = Nullable(bound.slack?.finite)
      self.violated = violated
      informative = bound.isInformative
    }
  }

  package struct CertificateSummary: Encodable {
    package var claim: String
    package var source: String
    /// `holds`, `notMeasured`, `notApplicable` or `violated`.
    package var verdict: String
    /// Why the theorem is about something else; null where its hypotheses were measured.
    package var exclusion: Nullable<String>
    package var hypotheses: [HypothesisSummary]
    package var bounds: [BoundSummary]

    init(_ certificate: Certificate) {
      let violations = certificate.violations
      claim = certificate.claim
      source = certificate.source
      verdict = certificate.verdict.rawValue
      exclusion = Nullable(certificate.exclusion)
      hypotheses = certificate.hypotheses.map(HypothesisSummary.init)
      let applies = certificate.verdict != .notApplicable
      bounds = certificate.bounds.map {
        BoundSummary($0, violated: applies && violations.contains($0))
      }
    }
  }

  package var specification: String
  package var trajectory: Nullable<String>
  package var objective: String
  package var dynamics: String
  package var widths: [Int]
  package var seed: UInt64
  /// The recorded quantities that agree with the specification's start.
  package var matchedAtStart: [String]
  /// How many times were recorded.
  package var recordedTimes: Int
  /// Relative room for rounding and integration.
  package var accuracy: Double
  /// How many certificates have each verdict.
  package var counts: [String: Int]
  /// `violated` if one is, else `holds` if one does, else `notMeasured` if one is, else `notApplicable`.
  package var verdict: String
  package var certificates: [CertificateSummary]
  package var report: String?

  init(
    _ certificates: [Certificate], of spec: SimulationSpec, trajectory: TrajectoryFile?,
    accuracy: Double, request: Certification
  ) {
    specification = spec.file.path
    self.trajectory = Nullable(trajectory?.path)
    objective = spec.objective.kind
    dynamics = spec.dynamics.kind.rawValue
    widths = spec.network.widths
    seed = spec.seed
    matchedAtStart = trajectory?.matchedAtStart ?? []
    recordedTimes = trajectory?.trajectory.snapshots.count ?? 0
    self.accuracy = accuracy
    let verdicts = certificates.map(\.verdict)
    counts = Dictionary(
      [Certificate.Verdict.holds, .violated, .notMeasured, .notApplicable].map { verdict in
        (verdict.rawValue, verdicts.filter { $0 == verdict }.count)
      }, uniquingKeysWith: +)
    verdict =
      ([.violated, .holds, .notMeasured].first { verdicts.contains($0) } ?? .notApplicable).rawValue
    self.certificates = certificates.map(CertificateSummary.init)
    report = request.report
  }
}
