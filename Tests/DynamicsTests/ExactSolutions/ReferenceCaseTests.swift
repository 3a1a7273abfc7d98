import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

/// The closed forms against trajectories computed elsewhere in extended precision.
@Suite struct ReferenceCaseTests {
  @Test func linearFlow() throws {
    let file = try ReferenceCase("linear_flow")
    let solution = try ExactSolutions.solve(
      .regression(
        inputCovariance: file.inputs["Sigma_x"].matrix,
        crossCovariance: file.inputs["Sigma_xy"].matrix.transposed()),
      from: .layered(LinearNetwork(layers: [file.inputs["W0"].matrix.transposed()])),
      at: file.inputs["times"].numbers)
    #expect(solution.method == .linearModel)
    let expected = file.outputs["W"].matrices
    #expect(expected.count == 5)
    for (snapshot, w) in zip(solution.trajectory.snapshots, expected) {
      expectClose(try #require(snapshot.endToEnd), w.transposed(), relative: file.tolerance)
    }
  }

  @Test func linearDescent() throws {
    let file = try ReferenceCase("linear_gd")
    let model = try LinearModel(
      inputCovariance: file.inputs["Sigma_x"].matrix,
      crossCovariance: file.inputs["Sigma_xy"].matrix.transposed())
    let expected = file.outputs["W"].matrices
    #expect(expected.count == 5)
    for (steps, w) in zip(file.inputs["iterations"].list, expected) {
      let weights = model.descent(
        from: file.inputs["W0"].matrix.transposed(), stepSize: file.inputs["eta"].number,
        after: steps.integer)
      expectClose(weights, w.transposed(), relative: file.tolerance)
    }
  }

  @Test func twoLayerCommutingFlow() throws {
    let file = try ReferenceCase("two_layer_commuting_flow")
    let layers = [file.inputs["W1_0"], file.inputs["W2_0"]].map { $0.matrix.transposed() }
    let solution = try ExactSolutions.solve(
      .regression(
        inputCovariance: file.inputs["Sigma_x"].matrix,
        crossCovariance: file.inputs["Sigma_xy"].matrix.transposed()),
      from: .layered(LinearNetwork(layers: layers)), at: file.inputs["times"].numbers,
      quantities: Set(Recording.Quantity.allCases))
    #expect(solution.method == .spectralModes)
    #expect(solution.trajectory.snapshots.count == 5)
    for (k, snapshot) in solution.trajectory.snapshots.enumerated() {
      let w = file.outputs["W"][k].matrix.transposed()
      expectClose(try #require(snapshot.endToEnd), w, relative: file.tolerance)
      expectClose(
        try #require(snapshot.singularValues), file.outputs["singular_values_W"][k].numbers,
        relative: file.tolerance)
      expectClose(
        try #require(snapshot.singularValues).reduce(0, +),
        file.outputs["nuclear_norm_W"][k].number, relative: file.tolerance)
      for (j, name) in ["W1", "W2"].enumerated() {
        expectClose(
          try #require(snapshot.layers)[j], file.outputs[name][k].matrix.transposed(),
          relative: file.tolerance)
      }
    }
  }

  @Test func symmetricRiccati() throws {
    let file = try ReferenceCase("symmetric_riccati_indefinite")
    let solution = try ExactSolutions.solve(
      .factorization(target: file.inputs["Y"].matrix),
      from: .symmetric(factor: file.inputs["U0"].matrix), at: file.inputs["times"].numbers)
    #expect(solution.method == .symmetricRiccati)
    let expected = file.outputs["X"].matrices
    #expect(expected.count == 3)
    for (snapshot, x) in zip(solution.trajectory.snapshots, expected) {
      expectClose(try #require(snapshot.endToEnd), x, relative: file.tolerance)
    }
  }

  @Test func balancedScalarModes() throws {
    let file = try ReferenceCase("scalar_depth_flow")
    let cases = file.inputs["cases"].list
    #expect(cases.count == 10)
    for (k, item) in cases.enumerated() {
      let (σ, λ, w0) = (item["sigma"].number, item["lambda"].number, item["w0"].number)
      for (j, time) in item["times"].numbers.enumerated() {
        let depth = item["L"].integer
        let w: Double
        if depth == 1 {
          let model = try LinearModel(
            inputCovariance: Matrix(rows: [[λ]]), crossCovariance: Matrix(rows: [[σ]]))
          w = model.flow(from: Matrix(rows: [[w0]]), at: time)[0, 0]
        } else {
          w = BalancedMode(
            depth: depth, target: σ, curvature: λ, initial: .root(w0, depth)
          ).endToEnd(at: time)
        }
        expectClose(w, file.outputs["w"][k][j].number, relative: file.tolerance)
        expectClose(
          σ / λ - w, file.outputs["sigma_over_lambda_minus_w"][k][j].number, relative: 1e-10)
      }
    }
  }

  @Test func unbalancedScalarModes() throws {
    let file = try ReferenceCase("asymmetric_spectral_unbalanced_scalar")
    let results = file.outputs["results"].list
    #expect(results.count == 6)
    for item in results {
      let mode = TwoLayerMode(
        target: item["sigma"].number, curvature: 1, first: item["u0"].number,
        second: item["v0"].number)
      for (j, time) in item["times"].numbers.enumerated() {
        let (u, v) = mode.layerValues(at: time)
        expectClose(u, item["u"][j].number, relative: file.tolerance)
        expectClose(v, item["v"][j].number, relative: file.tolerance)
        expectClose(u * v, item["x"][j].number, relative: file.tolerance)
        expectClose(
          item["sigma"].number - u * v, item["sigma_minus_x"][j].number, relative: file.tolerance)
      }
    }
  }

  @Test func stackedFlowWithImbalanceOfTheIdentity() throws {
    let file = try ReferenceCase("R_flow_21_lambda0_identity")
    let target = file.inputs["Sigma"].matrix
    let imbalance = file.inputs["lambda0"].number
    let solution = try ImbalancedFactorization(
      target: target, imbalance: imbalance, stacked: file.inputs["R0"].matrix)
    for (k, time) in file.inputs["times"].numbers.enumerated() {
      let r = try solution.stacked(at: time)
      expectClose(r.timesTransposed(r), file.outputs["RRt"][k].matrix, relative: file.tolerance)
      let layers = try solution.layers(at: time)
      expectClose(
        layers.upper * layers.lower, file.outputs["UVt"][k].matrix, relative: file.tolerance)
    }
    let s = ImbalancedFactorization.symmetricTarget(target, imbalance: imbalance)
    let spectrum = try SymmetricEigendecomposition(of: s)
    expectClose(
      spectrum.eigenvalues.reversed(), file.outputs["eig_S_tilde"].numbers,
      relative: file.tolerance)
    expectClose(
      spectrum.map { 2 * max($0, 0) }, file.outputs["psd_projection_2S_tilde"].matrix,
      relative: file.tolerance)
  }
}
