import Dynamics
import LinearNetworks

/// Along gradient flow the loss never rises, whatever the loss, because dφ/dt = −‖∇φ‖².
///
/// The flow of the end-to-end matrix has dℓ/dt = −⟨∇ℓ, P(W)[∇ℓ]⟩ ≤ 0, and the regularised flow is the gradient
/// flow of the penalised loss that it records.
public enum MonotoneLoss {
  static let claim = "loss never rises"
  static let source = "dφ/dt = −‖∇φ‖²"

  /// The certificate of a run: every recorded loss is at most the one before.
  public static func certificate(for run: CertifiedRun) -> Certificate {
    switch run.motion {
    case .flow, .endToEndFlow, .regularizedFlow: break
    case .descent, .steps, .other:
      return Certificate(
        claim: claim, source: source,
        excluded: "needs a gradient flow, and this is \(run.motion.words)")
    }
    // At a minimum an error ε of W is one of order ε² of the loss.
    // The penalised loss of the start is known to the run alone.
    var last = run.recordsPlainLoss ? run.objective.value(at: run.startEndToEnd) : nil
    var largest = run.lossScale(at: run.startEndToEnd)
    var bounds: [Certificate.Bound] = []
    for point in run.snapshots {
      if let last {
        bounds.append(
          .init(
            "loss", .upper, last, time: point.time, measured: point.loss,
            isInformative: point.time > 0))
      }
      last = point.loss
      largest = max(largest, abs(point.loss))
    }
    if bounds.isEmpty, let last { bounds = [.init("loss", .upper, last)] }
    return Certificate(
      claim: claim, source: source, hypotheses: [], bounds: bounds,
      roundingScale: max(1e-6, run.accuracy) * largest)
  }
}
