import DeepLinear

/// What `certify` says, as JSON and as text.
struct CertificationSummary: Encodable {
  struct HypothesisSummary: Encodable {
    var name: String
    var measured: Nullable<Double>
    var relation: String
    var limit: Nullable<Double>
    var holds: Bool

    init(_ hypothesis: Hypothesis) {
      name = hypothesis.name
      measured = Nullable(hypothesis.measured.finite)
      relation = hypothesis.relation.rawValue
      limit = Nullable(hypothesis.limit.finite)
      holds = hypothesis.holds
    }
  }

  struct BoundSummary: Encodable {
    var quantity: String
    /// `upper` or `lower`.
    var side: String
    var limit: Nullable<Double>
    var time: Nullable<Double>
    var measured: Nullable<Double>
    var slack: Nullable<Double>
    var violated: Bool

    init(_ bound: Certificate.Bound, violated: Bool) {
      quantity = bound.quantity
      side = bound.side.rawValue
      limit = Nullable(bound.limit.finite)
      time = Nullable(bound.time)
      measured = Nullable(bound.measured?.finite)
      slack = Nullable(bound.slack?.finite)
      self.violated = violated
    }
  }

  struct CertificateSummary: Encodable {
    var claim: String
    var source: String
    /// `holds`, `notApplicable` or `violated`.
    var verdict: String
    /// Why the theorem is about something else; null where its hypotheses were measured.
    var exclusion: Nullable<String>
    var hypotheses: [HypothesisSummary]
    var bounds: [BoundSummary]

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

  var specification: String
  var trajectory: Nullable<String>
  var objective: String
  var dynamics: String
  var widths: [Int]
  var seed: UInt64
  /// The recorded quantities that agree with the specification's start.
  var matchedAtStart: [String]
  /// How many times were recorded.
  var recordedTimes: Int
  /// Relative room for rounding and integration.
  var accuracy: Double
  /// How many certificates have each verdict.
  var counts: [String: Int]
  /// `violated` if one is, else `holds` if one does, else `notApplicable`.
  var verdict: String
  var certificates: [CertificateSummary]
  var report: String?

  init(
    _ certificates: [Certificate], of spec: SimulationSpec, trajectory: TrajectoryFile?,
    accuracy: Double, command: CertifyCommand
  ) {
    specification = command.spec
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
      [Certificate.Verdict.holds, .violated, .notApplicable].map { verdict in
        (verdict.rawValue, verdicts.filter { $0 == verdict }.count)
      }, uniquingKeysWith: +)
    verdict =
      ([.violated, .holds].first { verdicts.contains($0) } ?? .notApplicable).rawValue
    self.certificates = certificates.map(CertificateSummary.init)
    report = command.report
  }
}
