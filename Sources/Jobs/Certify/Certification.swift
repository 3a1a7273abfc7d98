import DataFormats
import DeepLinear

/// Say what theory promises for a run, and whether a trajectory keeps to it.
public struct Certification: Job {
  public static let name = "certify"
  public static let givesWhatItHas = false

  /// The run to certify.
  public var spec: SpecSource
  /// Values that stand instead of those in the specification, each as `key=value`.
  public var set: [String]?
  /// What ``Simulation`` wrote for this specification.
  public var trajectory: DataSource?
  /// The folder of a report.
  public var report: String?
  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// Taken instead of the specification's where it is given.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(_ spec: SpecSource) { self.spec = spec }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> CertificationResult {
    if let report { try ReportFolder.check(report, overwrite: force ?? false) }
    let spec = try SimulationSpec(
      self.spec, seed: seed, settings: (set ?? []).map { try SpecSetting($0) }, in: context)
    let recorded = try trajectory.map { try TrajectoryFile($0, of: spec, in: context) }
    observer.show("certifying")
    let run = CertifiedRun(
      objective: spec.objective.objective, from: spec.network.exactStart, moving: spec.motion,
      accuracy: spec.accuracy, recorded: recorded?.trajectory)
    let certificates = try Certificates.all(for: run)
    let summary = CertificationSummary(
      certificates, of: spec, trajectory: recorded, accuracy: spec.accuracy, request: self)
    return CertificationResult(
      request: self, context: context, spec: spec, certificates: certificates,
      trajectory: recorded?.trajectory, summary: summary)
  }
}

extension NetworkSpec {
  /// The start in the words of closed forms and certificates.
  var exactStart: ExactSolutions.Start {
    switch start {
    case .layered(let network): .layered(network)
    case .symmetric(let network): .symmetric(factor: network.factor)
    }
  }
}

extension SimulationSpec {
  /// The dynamics in the words of certificates.
  var motion: CertifiedRun.Motion {
    switch dynamics.kind {
    case .exact:
      switch dynamics.exactOf {
      case .descent: return .descent(stepSize: dynamics.stepSize)
      case .regularizedFlow: return regularized
      default: return .flow
      }
    case .flow:
      return dynamics.adjustments.map { .other("gradient flow with \($0)") } ?? .flow
    case .endToEndFlow: return .endToEndFlow
    case .regularizedFlow: return regularized
    case .regularizedDescent: return .other("descent with a penalty on the imbalance")
    case .endToEndDescent:
      if let words = dynamics.adjustments { return .other("descent with \(words)") }
      return .steps(steps, onEndToEnd: true, "descent on the end-to-end matrix")
    case .descent:
      if let words = dynamics.adjustments { return .other("descent with \(words)") }
      guard case .plain = dynamics.rule else {
        return .steps(steps, onEndToEnd: false, "descent by \(dynamics.rule.name)")
      }
      return .descent(stepSize: dynamics.stepSize)
    }
  }

  /// Without a Λ of its own it is that of the start. The certificates' penalty has the weight ⅛.
  private var regularized: CertifiedRun.Motion {
    guard dynamics.imbalance != nil else { return .regularizedFlow(startsBalanced: true) }
    guard dynamics.penalty == 0.125 else {
      return .other("the regularised flow with another weight")
    }
    return .regularizedFlow(startsBalanced: false)
  }

  private var steps: Descent {
    Descent(dynamics.rule, stepSize: dynamics.stepSize, stepLimit: 0)
  }

  /// How far what `simulate` records may be from what theory speaks of, relatively: rounding, and for an
  /// integrated flow the errors of its steps, which add up to more than the tolerance of one.
  var accuracy: Double {
    switch dynamics.kind {
    case .flow, .endToEndFlow, .regularizedFlow: max(1e-9, 100 * dynamics.relativeTolerance)
    case .descent, .endToEndDescent, .regularizedDescent, .exact: 1e-9
    }
  }
}
