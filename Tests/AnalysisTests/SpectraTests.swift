import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

@Suite struct EndToEndPreconditionerTests {
  @Test func agreesWithTheReference() throws {
    let file = try ReferenceCase("preconditioner")
    let items = file.inputs["items"].list
    #expect(items.count == 2)
    for (k, item) in items.enumerated() {
      let p = try EndToEndPreconditioner(at: item["W"].matrix, depth: item["n"].integer)
      expectClose(p.matrix(), file.outputs["P"][k].matrix, relative: file.tolerance)
      expectClose(
        p.eigenvalues.reversed(), file.outputs["eigenvalues_ascending"][k].numbers,
        relative: file.tolerance)
    }
  }

  /// dW/dt of balanced layers by the product rule is −P(W)[∇ℓ], whatever the gradient; also at rank-deficient
  /// W.
  @Test(arguments: 1...5)
  func isTheVelocityOfBalancedLayers(depth: Int) throws {
    var generator = SeededGenerator(seed: UInt64(depth))
    for trial in 0..<40 {
      let w = Matrix.lowRank(
        rowCount: 3, columnCount: 4, rank: 1 + trial % 3, using: &generator)
      let network = try LinearNetwork.balanced(
        endToEnd: w, hiddenWidths: [Int](repeating: 5, count: depth - 1))
      let gradient = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &generator)
      let p = try EndToEndPreconditioner(at: w, depth: depth)
      let velocity = SingularValueEquation.endToEndVelocity(
        layers: network.layers, gradient: gradient)
      // W from the layers differs by rounding, and powers 2/N of rounding in zero singular values are visible:
      // (1e-16)^{2/5}.
      let tolerance = trial % 3 == 2 || depth < 3 ? 1e-11 : .pow(1e-15, 2 / Double(depth))
      expectClose(velocity, -p.apply(to: gradient), relative: tolerance)
    }
  }

  @Test func eigenvectorsAreOuterProductsOfSingularVectors() throws {
    var generator = SeededGenerator(seed: 3)
    let w = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &generator)
    let p = try EndToEndPreconditioner(at: w, depth: 3)
    for r in 0..<3 {
      for s in 0..<4 {
        let vector = p.eigenvector(left: r, right: s)
        expectClose(
          p.apply(to: vector), p.eigenvalue(left: r, right: s) * vector, relative: 1e-13)
      }
    }
    // The smallest belongs to the kernel of W here: σ₃^{2−2/3}.
    expectClose(
      p.smallestEigenvalue, .pow(try w.singularValues()[2], 4.0 / 3), relative: 1e-13)
  }

  @Test func depthOneIsTheIdentityAndZeroIsAFixedPointOfDeeperOnes() throws {
    let gradient = Matrix(rows: [[1, -2], [3, 4]])
    let zero = Matrix.zeros(2, 2)
    #expect(try EndToEndPreconditioner(at: zero, depth: 1).apply(to: gradient) == gradient)
    #expect(try EndToEndPreconditioner(at: zero, depth: 2).apply(to: gradient) == zero)
  }

  /// One output: w′ = −|w|^{2−2/N} (g + (N−1) ⟨g, ŵ⟩ ŵ).
  @Test func agreesWithTheExerciseOnOneOutput() throws {
    let file = try ReferenceCase("exercises_1_2")
    let item = file.inputs["ex1"]
    let target = item["target"].matrix
    for (k, time) in item["times"].numbers.enumerated() {
      let w = ExtrapolationIntegrator.solve(
        from: [item["w0"].matrix], until: time, tolerance: 1e-13
      ) { layers in
        let p = try? EndToEndPreconditioner(at: layers[0], depth: item["n"].integer)
        return [-(p?.apply(to: layers[0] - target) ?? .zeros(1, 4))]
      }
      expectClose(w[0], file.outputs["ex1_w"][k].matrix, relative: file.tolerance)
    }
  }

  /// ζ-steps of the discretised end-to-end dynamics.
  @Test func reproducesTheDiscretisedEndToEndDynamics() throws {
    let file = try ReferenceCase("end_to_end_discretised_claim1")
    var w = file.inputs["W0"].matrix
    let wanted = file.inputs["iterations"].list.map(\.integer)
    var checked = 0
    for step in 0...(wanted.max() ?? 0) {
      if let k = wanted.firstIndex(of: step) {
        expectClose(w, file.outputs["W"][k].matrix, relative: file.tolerance)
        checked += 1
      }
      let p = try EndToEndPreconditioner(at: w, depth: file.inputs["n"].integer)
      w -= file.inputs["zeta"].number * p.apply(to: w - file.inputs["target"].matrix)
    }
    #expect(checked == 4)
  }
}

@Suite struct SingularValueEquationTests {
  @Test func agreesWithTheReference() throws {
    let file = try ReferenceCase("singular_value_derivative")
    let layers = file.inputs["W_layers"].matrices
    let w = file.outputs["W_end_to_end"].matrix
    let gradient = w - file.inputs["Phi"].matrix
    expectClose(
      SingularValueEquation.endToEndVelocity(layers: layers, gradient: gradient),
      file.outputs["dW_dt"].matrix, relative: file.tolerance)
    let decomposition = try AnalyticDecomposition(of: w)
    expectClose(
      decomposition.values, file.outputs["singular_values"].numbers, relative: file.tolerance)
    expectClose(
      SingularValueEquation.speeds(of: decomposition, gradient: gradient, depth: 3),
      file.outputs["d_singular_values_dt"].numbers, relative: file.tolerance)
    #expect(try SingularValueEquation.residual(layers: layers, gradient: gradient) < file.tolerance)
  }

  @Test func holdsForBalancedLayersAndFailsForOthers() throws {
    var generator = SeededGenerator(seed: 4)
    for trial in 0..<200 {
      let depth = 2 + trial % 4
      let w = Matrix.random(
        singularValues: [2, 1.1, 0.4], rowCount: 3, columnCount: 4, using: &generator)
      var layers = try LinearNetwork.balanced(
        endToEnd: w, hiddenWidths: [Int](repeating: 4, count: depth - 1)
      ).layers
      let gradient = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &generator)
      #expect(try SingularValueEquation.residual(layers: layers, gradient: gradient) < 1e-11)
      layers[0] *= 1.5
      #expect(try SingularValueEquation.residual(layers: layers, gradient: gradient) > 1e-3)
    }
  }

  /// One measurement with stationary singular vectors, integrated through the scalar equation.
  @Test func agreesWithOneMeasurementOfTwoSingularValues() throws {
    let file = try ReferenceCase("one_measurement_two_singular_values")
    let a = file.inputs["measurement_singular_coeffs"].numbers
    let (b, s0) = (file.inputs["b"].number, file.inputs["s0"].number)
    let results = file.outputs["results"].list
    #expect(results.count == 4)
    for item in results {
      let n = item["N"].integer
      for (k, time) in file.inputs["times"].numbers.enumerated() {
        let s = ExtrapolationIntegrator.solve(from: [s0, s0], until: time) { _, s in
          let residual = a[0] * s[0] + a[1] * s[1] - b
          let decomposition = try? AnalyticDecomposition(of: .diagonal(s))
          // The decomposition sorts; the two keep their order here, s[0] the larger.
          return decomposition.map {
            SingularValueEquation.speeds(
              of: $0, gradient: residual * Matrix.diagonal(a), depth: n)
          } ?? [.nan, .nan]
        }
        expectClose(s, item["s"][k].numbers, relative: file.tolerance)
        // The relation between the two: linear, power law, or a difference of negative powers.
        let ρ = a[1] / a[0]
        switch n {
        case 1: expectClose(s[1] - s0, ρ * (s[0] - s0), relative: 1e-9)
        case 2: expectClose(s[1] / s0, .pow(s[0] / s0, ρ), relative: 1e-9)
        default:
          let p = -Double(n - 2) / Double(n)
          expectClose(
            .pow(s[1], p) - .pow(s0, p), ρ * (.pow(s[0], p) - .pow(s0, p)), relative: 1e-9)
          #expect(s[1] < s0 * .pow(1 - ρ, 1 / p))
        }
      }
    }
  }
}

@Suite struct AnalyticDecompositionTests {
  /// Values that cross each other and zero continue straight on.
  @Test func followsValuesThroughCrossingsAndZero() throws {
    var generator = SeededGenerator(seed: 5)
    let u = Matrix.orthogonal(rowCount: 4, columnCount: 3, using: &generator)
    let v = Matrix.orthogonal(rowCount: 3, columnCount: 3, using: &generator)
    let times = (0...200).map { Double($0) / 100 }
    func values(_ t: Double) -> [Double] { [2 - 1.5 * t, 1 + 0.2 * t, 0.5 - 0.7 * t] }
    let curve = times.map { t in
      u.scalingColumns(by: values(t)).timesTransposed(v)
    }
    let path = try AnalyticDecomposition.along(curve)
    for (t, point) in zip(times, path) {
      expectClose(point.values, values(t), relative: 1e-12)
      let rebuilt = point.leftVectors.scalingColumns(by: point.values)
        .timesTransposed(point.rightVectors)
      expectClose(rebuilt, u.scalingColumns(by: values(t)).timesTransposed(v), relative: 1e-12)
    }
    #expect(path[200].values[0] < 0 && path[200].values[2] < 0)
  }

  /// The vectors turn continuously, also through a point where all values are equal.
  @Test func turnsContinuouslyThroughEqualValues() throws {
    let times = (-100...100).map { Double($0) / 100 }
    let curve = times.map { t -> Matrix in
      let (c, s) = (Double.cos(t), Double.sin(t))
      let rotation = Matrix(rows: [[c, -s], [s, c]])
      return rotation.scalingColumns(by: [1 + t, 1 - t]).timesTransposed(rotation)
    }
    let path = try AnalyticDecomposition.along(curve)
    for (before, after) in zip(path, path.dropFirst()) {
      #expect((before.leftVectors - after.leftVectors).maxAbsolute < 0.02)
      #expect(abs(before.values[0] - after.values[0]) < 0.02)
    }
    expectClose(path[200].values, [0, 2], relative: 1e-12)
  }

  @Test func theDerivativesAlongAnExactFlowFollowTheSingularValueEquation() throws {
    let network = try LinearNetwork(
      layers: [.diagonal([0.3, 0.5, 0.2]), .diagonal([0.3, 0.5, 0.2])])
    let problem = QuadraticProblem.factorization(target: .diagonal([2, 1, 0.3]))
    let h = 1e-3
    let solution = try ExactSolutions.solve(
      problem, from: .layered(network), at: (0...2000).map { h * Double($0) })
    let path = try AnalyticDecomposition.along(solution.trajectory)
    for k in stride(from: 1, to: 2000, by: 37) {
      let w = try #require(solution.trajectory.snapshots[k].endToEnd)
      let speeds = SingularValueEquation.speeds(
        of: path[k], gradient: problem.gradient(at: w), depth: 2)
      let measured = zip(path[k + 1].values, path[k - 1].values).map { ($0 - $1) / (2 * h) }
      // Central differences: h²/6 times a third derivative of at most some hundreds.
      expectClose(measured, speeds, relative: 1e-4)
    }
  }
}

@Suite struct LearningTimeTests {
  @Test func predictedTimesAreWhereTheExactSolutionCrosses() throws {
    var generator = SeededGenerator(seed: 6)
    for trial in 0..<200 {
      let mode = BalancedMode(
        depth: 2 + trial % 5, target: 0.3 + 2 * generator.nextUniform(),
        curvature: 0.3 + generator.nextUniform(), initial: 0.1 + 0.2 * generator.nextUniform())
      let share = 0.5 + 0.4 * generator.nextUniform()
      let time = try #require(LearningTimes.predicted(mode, share: share))
      expectClose(
        mode.endToEnd(at: time), share * mode.target / mode.curvature, relative: 1e-10)
    }
  }

  @Test func theLeadingOrderIsRightForSmallStarts() throws {
    let (σ, λ) = (1.3, 0.4)
    for δ in [10.0, 20, 40] {
      let mode = BalancedMode(depth: 2, target: σ, curvature: λ, initial: .exp(-δ))
      let exact = try #require(LearningTimes.predicted(mode))
      expectClose(
        LearningTimes.leadingOrder(target: σ, curvature: λ, delta: δ), exact,
        relative: .exp(-2 * δ) * 10 + 1e-14)
    }
  }

  @Test func measuredTimesAgreeWithPredictedOnes() throws {
    let targets = [3.0, 2, 1]
    let network = try LinearNetwork(
      layers: [Matrix](repeating: 1e-6 * Matrix.identity(3), count: 2))
    let solution = try ExactSolutions.solve(
      .factorization(target: .diagonal(targets)), from: .layered(network),
      at: (0...400).map { 0.1 * Double($0) })
    let measured = LearningTimes.measured(on: solution.trajectory)
    for (σ, time) in zip(targets, measured) {
      let mode = BalancedMode(depth: 2, target: σ, curvature: 1, initial: 1e-6)
      expectClose(try #require(time), try #require(LearningTimes.predicted(mode)), relative: 1e-6)
    }
  }

  @Test func theStepCountOfDescentIsRightToLeadingOrder() {
    let (σ, λ, η, δ) = (1.0, 0.5, 0.3, 200.0)
    // In the logarithm, because e^{−2δ} is far below the smallest number in its square.
    var w = Double.exp(-2 * δ)
    var steps = 0
    while w < 0.5 * σ / λ {
      let factor = 1 + η * (σ - λ * w)
      w *= factor * factor
      steps += 1
    }
    let predicted = LearningTimes.leadingSteps(target: σ, curvature: λ, delta: δ, stepSize: η)
    #expect(abs(Double(steps) - predicted) < 2)
    // The flow's time would be off by more than a tenth.
    #expect(abs(Double(steps) - δ / (η * σ)) > 0.1 * Double(steps))
  }
}

@Suite struct ReducedRankOptimaTests {
  @Test func agreesWithTheReference() throws {
    let file = try ReferenceCase("reduced_rank_regression")
    let (x, y) = (file.inputs["X"].matrix, file.inputs["Y"].matrix)
    let count = Double(x.rowCount)
    let problem = QuadraticProblem.regression(
      inputCovariance: x.transposedTimes(x) / count,
      crossCovariance: y.transposedTimes(x) / count, constant: 0.5 * y.inner(y) / count)
    let optima = try ReducedRankOptima(of: problem)
    for k in 0..<3 {
      let w = optima.optimum(rank: k + 1)
      expectClose(
        w, file.outputs["W_min_fro_norm_rank_k"][k].matrix.transposed(), relative: file.tolerance)
      expectClose(
        problem.loss(at: w), file.outputs["loss"].numbers[k], relative: file.tolerance)
      expectClose(
        problem.loss(at: optima.optimum(rank: k)) - problem.loss(at: w), optima.gains[k] / 2,
        relative: 1e-10)
    }
  }

  /// Training passes the reduced-rank optima when both orders agree, and only then.
  @Test func trainingPassesTheOptimaOnlyWhenTheOrdersAgree() throws {
    for (σ, λ, agree) in [([2.0, 1], [1.0, 1], true), ([2.0, 1], [8.0, 1], false)] {
      let problem = QuadraticProblem.regression(
        inputCovariance: .diagonal(λ), crossCovariance: .diagonal(σ))
      let (learned, optimal) = ReducedRankOptima.orders(targets: σ, curvatures: λ)
      #expect((learned == optimal) == agree)
      let network = try LinearNetwork(
        layers: [Matrix](repeating: 1e-10 * Matrix.identity(2), count: 2))
      // Half way between the two transitions, at ln(1/w₀)/(2σ) = 11.5 and 23.
      let solution = try ExactSolutions.solve(problem, from: .layered(network), at: [17])
      let w = try #require(solution.trajectory.snapshots[0].endToEnd)
      let optima = try ReducedRankOptima(of: problem)
      let distance = (w - optima.optimum(rank: 1)).frobeniusNorm
      #expect(agree ? distance < 1e-3 : distance > 0.9)
    }
  }
}

@Suite struct InvariantTests {
  @Test func gramDifferencesAgreeWithTheReference() throws {
    let file = try ReferenceCase("asymmetric_general_flow")
    let start = [file.inputs["V0"].matrix.transposed(), file.inputs["U0"].matrix]
    expectClose(
      GramDifferences.of(start)[0], file.outputs["Q_conserved"].matrix, relative: file.tolerance)
    let y = file.inputs["Y"].matrix
    for (k, time) in file.inputs["times"].numbers.enumerated() {
      let layers = ExtrapolationIntegrator.solve(from: start, until: time, tolerance: 1e-13) {
        layeredFlow($0) { $0 - y }
      }
      expectClose(layers[1], file.outputs["U"][k].matrix, relative: file.tolerance)
      expectClose(layers[0], file.outputs["V"][k].matrix.transposed(), relative: file.tolerance)
      expectClose(layers[1] * layers[0], file.outputs["X"][k].matrix, relative: file.tolerance)
      expectClose(
        GramDifferences.of(layers)[0], file.outputs["Q_conserved"].matrix, relative: file.tolerance)
    }
  }

  @Test func descentDriftsAsInTheReference() throws {
    let file = try ReferenceCase("unbalancedness_under_gd")
    var layers = file.inputs["W_layers_0"].matrices
    let (target, η) = (file.inputs["Phi"].matrix, file.inputs["eta"].number)
    let wanted = file.inputs["iterations"].list.map(\.integer)
    var checked = 0
    for step in 0...(wanted.max() ?? 0) {
      if let k = wanted.firstIndex(of: step) {
        expectClose(
          try LinearNetwork(layers: layers).unbalancedness(),
          file.outputs["unbalancedness_magnitude"].numbers[k], relative: file.tolerance)
        let w = layers[2] * layers[1] * layers[0]
        expectClose(w, file.outputs["W_end_to_end"][k].matrix, relative: file.tolerance)
        checked += 1
      }
      let slopes = layeredFlow(layers) { $0 - target }
      for j in layers.indices { layers[j].add(slopes[j], scaledBy: η) }
    }
    #expect(checked == 4)
  }

  /// With a learning rate per layer the weighted difference is conserved and the plain one is not.
  @Test func unequalLearningRatesConserveTheWeightedDifference() throws {
    var generator = SeededGenerator(seed: 7)
    let start = [(3, 2), (4, 3), (2, 4)].map {
      Matrix.gaussian(rowCount: $0.0, columnCount: $0.1, using: &generator)
    }
    let rates = [0.5, 1, 2]
    let target = Matrix.gaussian(rowCount: 2, columnCount: 2, using: &generator)
    let end = ExtrapolationIntegrator.solve(from: start, until: 0.5, tolerance: 1e-13) { layers in
      zip(rates, layeredFlow(layers) { $0 - target }).map { $0 * $1 }
    }
    let trajectory = Trajectory(
      snapshots: [
        Snapshot(time: 0, loss: 0, layers: start), Snapshot(time: 0.5, loss: 0, layers: end),
      ], outcome: .converged, finalNetwork: try LinearNetwork(layers: end), stepCount: 0)
    #expect(GramDifferences.drift(along: trajectory, learningRates: rates)[1] < 1e-12)
    #expect(GramDifferences.drift(along: trajectory)[1] > 1e-3)
  }

  @Test func balancedFlowsKeepTheSignOfTheDeterminant() throws {
    for depth in [2, 3] {
      let file = try ReferenceCase("prop5_divergence_depth\(depth)")
      for (w, determinant) in zip(file.outputs["W"].matrices, file.outputs["det"].numbers) {
        #expect(try DeterminantSign.of(w) == (determinant > 0 ? 1 : -1))
      }
    }
    #expect(try DeterminantSign.of(Matrix(rows: [[1, 2], [2, 4]])) == 0)
    #expect(try DeterminantSign.of(Matrix(rows: [[0, 1], [1, 0]])) == -1)
  }
}
