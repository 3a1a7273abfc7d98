import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

/// Flows and descents of balanced networks computed in the space of end-to-end matrices or modes, against
/// reference trajectories of the layers.
@Suite struct EndToEndFlowTests {
  @Test(arguments: [
    "nlayer_depth2_least_squares", "nlayer_depth3_least_squares", "nlayer_depth4_least_squares",
    "nlayer_depth2_matrix_sensing", "nlayer_depth3_matrix_sensing",
  ])
  func thePreconditionedFlowIsThatOfTheLayers(name: String) throws {
    let file = try ReferenceCase(name)
    let depth = file.inputs["depth"].integer
    let gradient: (Matrix) -> Matrix
    let loss: (Matrix) -> Double
    if file.inputs["A"].list.isEmpty {
      let problem = QuadraticProblem.regression(
        inputCovariance: file.inputs["Lambda_xx"].matrix,
        crossCovariance: file.inputs["Lambda_yx"].matrix)
      (gradient, loss) = (problem.gradient, problem.loss)
    } else {
      let (a, b) = (file.inputs["A"].matrices, file.inputs["b"].numbers)
      let count = Double(a.count)
      loss = { w in
        zip(a, b).reduce(0) { $0 + ($1.0.inner(w) - $1.1) * ($1.0.inner(w) - $1.1) } / (2 * count)
      }
      gradient = { w in
        zip(a, b).reduce(0 * w) { $0 + ((($1.0.inner(w) - $1.1) / count) * $1.0) }
      }
    }
    #expect(file.outputs["W_end_to_end"].list.count == 3)
    for (k, time) in file.inputs["times"].numbers.enumerated() {
      let w = ExtrapolationIntegrator.solve(
        from: [file.inputs["W_end_to_end_0"].matrix], until: time, tolerance: 1e-13
      ) {
        let p = try? EndToEndPreconditioner(at: $0[0], depth: depth)
        return [-(p?.apply(to: gradient($0[0])) ?? .zeros(0, 0))]
      }[0]
      expectClose(w, file.outputs["W_end_to_end"][k].matrix, relative: file.tolerance)
      expectClose(
        try w.singularValues(), file.outputs["singular_values"][k].numbers,
        relative: file.tolerance)
      expectClose(loss(w), file.outputs["loss"].numbers[k], relative: 1e-8)
    }
    // The layers of the file are balanced, and their equation for singular values holds.
    let layers = file.inputs["W_layers_0 (W1..Wn)"].matrices
    let w = layers.dropFirst().reduce(layers[0]) { $1 * $0 }
    #expect(
      try SingularValueEquation.residual(layers: layers, gradient: gradient(w)) < file.tolerance)
  }

  /// Two layers of a symmetric network on a loss whose gradient is not symmetric: (W Wᵀ)′ = −(G + Gᵀ) Z − Z (G
  /// + Gᵀ).
  @Test func symmetricProductsSeeTheSymmetricPartOfTheGradient() throws {
    let file = try ReferenceCase("exercises_1_2")
    let item = file.inputs["ex2"]
    let target = item["target_nonsymmetric"].matrix
    for (k, time) in item["times"].numbers.enumerated() {
      let solution = try ExactSolutions.solve(
        .factorization(target: target), from: .symmetric(factor: item["W0"].matrix), at: [time])
      let z = try #require(solution.trajectory.snapshots[0].endToEnd)
      expectClose(z, file.outputs["ex2_WWt"][k].matrix, relative: file.tolerance)
    }
  }

  /// Descent of aligned balanced layers is one scalar recurrence per mode.
  @Test func alignedDescentSplitsIntoScalars() throws {
    let file = try ReferenceCase("two_layer_commuting_gd")
    let (u, v) = (file.inputs["U"].matrix, file.inputs["V"].matrix)
    let η = file.inputs["eta"].number
    let modes = zip(file.inputs["sigma"].numbers, file.inputs["lambda"].numbers).map { ($0, $1) }
    var w = file.inputs["delta"].numbers.map { Double.exp(-2 * $0) }
    let wanted = file.inputs["iterations"].list.map(\.integer)
    var checked = 0
    for step in 0...(wanted.max() ?? 0) {
      if let k = wanted.firstIndex(of: step) {
        let endToEnd = u.scalingColumns(by: w).timesTransposed(v)
        expectClose(endToEnd, file.outputs["W"][k].matrix, relative: file.tolerance)
        for (mode, value) in zip(modes, w) where step > 0 {
          let bounds = TwoLayerDescentBounds(
            target: mode.0, curvature: mode.1, initial: .exp(-2), stepSize: η)
          #expect(bounds.certificate(measured: [(step, value)]).verdict == .holds)
        }
        checked += 1
      }
      w = zip(modes, w).map { mode, value in
        let factor = 1 + η * (mode.0 - mode.1 * value)
        return value * factor * factor
      }
    }
    #expect(checked == 5)
  }
}
