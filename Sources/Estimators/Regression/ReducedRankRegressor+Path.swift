import Dynamics
import LinearAlgebra
import LinearNetworks

extension ReducedRankRegressor {
  /// Trains two layers from near zero by gradient descent; empty when no path is wanted.
  ///
  /// Starts at 10⁻⁴ of the largest singular value of the least-squares solution, and ends when the loss exceeds the
  /// smallest one by a millionth of what it did at zero. Recorded steps grow by a twentieth.
  func trainingPath(
    _ inputs: Matrix, _ targets: Matrix, _ solutions: ReducedRankSolutions, _ root: Matrix?,
    using generator: inout SeededGenerator, observe: (Double) -> Bool
  ) throws -> [PathPoint] {
    guard let pathStepLimit, solutions.largestRank > 0 else { return [] }
    let best = solutions.coefficients(rank: solutions.largestRank)
    // Outputs in the units of the weighting: the loss is then an unweighted one.
    let weighted = root.map { $0 * best } ?? best
    let size = try weighted.spectralNorm()
    guard size > 0 else { return [] }
    let count = Double(inputs.rowCount)
    var loss = CovarianceLoss(
      covariance: inputs.transposedTimes(inputs) / count, optimum: weighted,
      least: solutions.unexplained / (2 * count))
    let start = solutions.squaredResidual(rank: 0) / (2 * count)
    let width = min(inputs.columnCount, targets.columnCount)
    let network = LinearNetwork.balanced(
      widths: [inputs.columnCount, width, targets.columnCount], scale: 1e-4 * size,
      using: &generator)
    let descent = GradientDescent(
      targetLoss: loss.least + 1e-6 * (start - loss.least), stepLimit: pathStepLimit)
    var points = [
      PathPoint(step: 0, loss: loss.value(at: network), singularValues: network.singularValues())
    ]
    var next = 1
    func record(_ network: LinearNetwork, _ step: Int, _ loss: Double) {
      points.append(
        PathPoint(step: step, loss: loss, singularValues: network.singularValues()))
    }
    let trajectory = descent.run(&loss, from: network) { progress in
      if progress.step >= next {
        record(progress.network, progress.step, progress.loss)
        next = max(next + 1, next * 21 / 20)
      }
      return observe(Double(progress.step) / Double(pathStepLimit)) ? .goOn : .interrupt
    }
    if points.last?.step != trajectory.stepCount {
      record(trajectory.finalNetwork, trajectory.stepCount, trajectory.losses.last ?? start)
    }
    return points
  }
}
