import Dynamics
import LinearAlgebra
import LinearNetworks

extension Tarmoun2021 {
  /// The largest distance of the closed form from the integrated flow at four times up to 4, relative to the target.
  ///
  /// - Precondition: the closed form is of this method, if one is given.
  static func distanceOfFlow(
    of target: Matrix, from network: LinearNetwork, by method: ExactSolution.Method? = nil
  ) throws -> Double {
    let times = [0.5, 1, 2, 4]
    let exact = try ExactSolutions.solve(
      .factorization(target: target), from: .layered(network), at: times)
    precondition(method == nil || exact.method == method)
    let flow = GradientFlow(
      until: 4, steps: .adaptive(relativeTolerance: 1e-12),
      recording: .at(times, of: [.endToEnd])
    ).run(FactorizationObjective(target), from: network)
    return zip(exact.trajectory.snapshots, flow.trajectory.snapshots).map {
      ($0.endToEnd! - $1.endToEnd!).frobeniusNorm / target.frobeniusNorm
    }.max()!
  }
}
