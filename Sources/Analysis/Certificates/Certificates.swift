public import Dynamics
import LinearAlgebra
public import LinearNetworks

/// Every certificate that can be made for a problem.
public enum Certificates {
  /// What is certain before a run.
  ///
  /// - Parameters:
  ///   - problem: the problem.
  ///   - network: the network.
  ///   - stepSize: the step of a descent that is planned; nil for a flow.
  public static func before(
    _ problem: QuadraticProblem, from network: LinearNetwork, stepSize: Double? = nil
  ) throws -> [Certificate] {
    var result = [try LinearConvergence(of: network, for: problem).certificate()]
    let descent = try DescentConvergence(of: network, for: problem, stepSize: stepSize)
    result.append(descent.certificate())
    if let stepSize {
      result.append(
        try PhaseSeparation.certificate(
          for: CertifiedRun(
            objective: try problem.objective(), from: .layered(network),
            moving: .descent(stepSize: stepSize))))
    }
    return result
  }

  /// What a finished flow must respect, with the values it recorded. The rate of the loss needs recorded
  /// layers.
  public static func after(
    _ trajectory: Trajectory, of problem: QuadraticProblem, from network: LinearNetwork
  ) throws -> [Certificate] {
    var result = [
      try LinearConvergence(of: network, for: problem).certificate(along: trajectory)
    ]
    if trajectory.snapshots.contains(where: { $0.layers != nil }) {
      result.append(try LossRate.certificate(along: trajectory, for: problem, from: network))
    }
    return result
  }
}
