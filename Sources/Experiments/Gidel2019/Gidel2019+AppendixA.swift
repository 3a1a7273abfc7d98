import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Gidel2019 {
  /// A linear autoencoder finds the principal components, in the order of their variances.
  struct AppendixA: Experiment {
    let item = Item(
      id: "gidel-appendix-a", paper: .gidel2019,
      title: "Appendix A: a linear autoencoder recovers the principal components",
      shows: """
        Trained from near zero, two layers span the leading principal components and find them by \
        descending variance. Started with W₁ = W₂ᵀ whose product commutes with the covariance they stay transposes \
        of one another; started otherwise they do not.
        """,
      seconds: 0.8, corrections: ["(42)"],
      snippet: """
        // Three strong directions among twelve, found by training and by decomposition.
        var generator = SeededGenerator(seed: 0)
        let basis = Matrix.orthogonal(rowCount: 12, columnCount: 12, using: &generator)
        let deviations = (0..<12).map { k in k < 3 ? 3 - Double(k) : 0.1 }
        let samples = Matrix.gaussian(rowCount: 500, columnCount: 12, using: &generator)
          .scalingColumns(by: deviations).timesTransposed(basis)
        let fit = try LinearAutoencoder(componentCount: 3).fit(samples)
        print(try fit.spaceError(), fit.risingSteps)
        """)

    private let dimension = 12
    private let componentCount = 4
    /// The share of the possible fall of the loss at which training ends, as the estimator has it.
    var remainder = 1e-9

    /// What one data set showed.
    private struct Outcome {
      var fit: LinearAutoencoder.Fit
      var hasConverged = false
      /// The sine of the largest angle between the spaces, and what the final loss allows.
      var spaceError = 0.0
      var allowedSpaceError = 0.0
      /// |cos| of the angles of components found (rows) with principal components (columns).
      var cosines: Matrix
      /// Largest sine between a component and its principal component, over what the final loss allows.
      var componentError = 0.0
      /// ‖W₁ − W₂ᵀ‖/‖W₁‖ at the end of descent: commuting start, other symmetric start.
      var asymmetry = (commuting: 0.0, general: 0.0)
      /// What rounding may make of it, from the commuting starts.
      var allowedAsymmetry = 0.0
      /// Relative distance of W from the projector at the end of descent from the commuting start, and its bound.
      var projectorError = 0.0
      var allowedProjectorError = 0.0
      /// Whether the singular values rise one after another.
      var isOrdered = false
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable(
          "remainder", .number(\.remainder, 1e-12...1e-4), "share of the loss left at the end")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let outcomes = try conditions.repetitions(conditions.isQuick ? 5 : 20) {
        _, generator in
        try outcome(using: &generator)
      }
      let shown = outcomes[0]
      return Findings(
        summary: [
          Fact(
            "angle between the spaces, worst (sine)", .number(outcomes.map(\.spaceError).max()!)),
          Fact(
            "data sets with components in order",
            .text("\(outcomes.count { $0.isOrdered }) of \(outcomes.count)")),
        ],
        settings: [
          Fact("data sets", .number(Double(outcomes.count))), Fact("samples", "400"),
          Fact("dimension, components", "12, 4"),
          Fact("standard deviations", "3, 2, 1.4, 1, then 0.2"),
          Fact("start", "singular values 1e-6 in random bases"),
          Fact("end of training", "1e-9 of the loss that can be saved"),
          Fact("fixed-step descent", "η = 1/(2 λmax)"),
          Fact(
            "its commuting starts",
            "W₁ = Q diag(c) Uᵀ, U principal components, Q random, c distinct: 12 of e^{−5}, 12 of e^{−1}, and 3 of e^{−5}"
          ),
          Fact("its other start", "singular values e^{−1} (0.5 to 1.4) in a random basis"),
        ],
        claims: [
          Claim(
            "trainings that converged, of \(outcomes.count)", source: "Appendix A", .atLeast,
            expected: Double(outcomes.count), measured: Double(outcomes.count { $0.hasConverged })),
          Claim(
            "sine of the largest angle to the principal components' space over what the final loss allows, worst",
            // A space at an angle θ costs ½(λ_k − λ_{k+1}) sin²θ at least.
            source: "Equation 48", .atMost, expected: 1,
            measured: outcomes.map { $0.spaceError / $0.allowedSpaceError }.max()!),
          Claim(
            "sine of the angle of any one component over what the final loss allows, worst",
            // Inside the space the components are those of the codes: turned by the space's error over the gaps.
            source: "Appendix A", .atMost, expected: 1,
            measured: outcomes.map(\.componentError).max()!),
          Claim(
            "data sets in which the singular values rise one after another", source: "Corollary 1",
            .atLeast, expected: Double(outcomes.count),
            measured: Double(outcomes.count { $0.isOrdered })),
          Claim(
            "W₁ = W₂ᵀ, W₂W₁ commuting with Σx at the start, in any basis and of rank 12 and 3: largest ‖W₁ − W₂ᵀ‖/‖W₁‖ at the end over what rounding makes of it",
            // 2e-16 √12 at each step, and elements that mix modes grow as these do, by 1/c at most.
            source: "Equations 45–47", .atMost, expected: 1,
            measured: outcomes.map { $0.asymmetry.commuting / $0.allowedAsymmetry }.max()!),
          Claim(
            "W₁ = W₂ᵀ not commuting with Σx: smallest ‖W₁ − W₂ᵀ‖/‖W₁‖ at the end over a thousand times that",
            source: "the condition is needed", .atLeast, expected: 1,
            measured: outcomes.map { $0.asymmetry.general / (1000 * $0.allowedAsymmetry) }.min()!),
          Claim(
            "the same descent from the commuting start: relative distance of W from the identity over what is left, worst",
            source: "Equation 42, corrected", .atMost, expected: 1,
            measured: outcomes.map { $0.projectorError / $0.allowedProjectorError }.max()!),
        ],
        notices: [
          Notice(
            .information,
            """
            The network fixes the space only: W₁ may be turned in it, and W₁ = W₂ᵀ needs the special start. \
            The components within the space are where the codes are uncorrelated.
            """)
        ],
        sections: [
          Section(
            heading: "Training",
            blocks: [.row([pathFigure(shown), cosineFigure(shown)])])
        ])
    }

    private func outcome(using generator: inout SeededGenerator) throws -> Outcome {
      let deviations = [3, 2, 1.4, 1] + [Double](repeating: 0.2, count: dimension - 4)
      let basis = Matrix.orthogonal(
        rowCount: dimension, columnCount: dimension, using: &generator)
      let samples = Matrix.gaussian(rowCount: 400, columnCount: dimension, using: &generator)
        .scalingColumns(by: deviations).timesTransposed(basis)
      let fit = try LinearAutoencoder(componentCount: componentCount, seed: generator.next())
        .fit(samples)
      let cosines = fit.components.timesTransposed(fit.principalComponents).map(abs)
      var result = Outcome(fit: fit, cosines: cosines)
      result.hasConverged = fit.outcome == .converged
      result.spaceError = try fit.spaceError()

      let objective = try RegressionObjective(inputs: samples, targets: samples)
      // The estimator centres the samples; for its loss the variances about the mean count.
      let means = (0..<dimension).map { samples.column($0).reduce(0, +) / 400 }
      let centred =
        objective.inputCovariance
        - Matrix(rowCount: dimension, columnCount: 1, elements: means)
        * Matrix(rowCount: 1, columnCount: dimension, elements: means)
      let variances = try centred.symmetricEigenvalues()
      let saved = variances.prefix(componentCount).reduce(0, +) / 2
      let gap = variances[componentCount - 1] - variances[componentCount]
      result.allowedSpaceError = (2 * remainder * saved / gap).squareRoot()
      // Inside a space at the angle θ the covariance of the codes differs by at most 2λ₁ sin θ from that of the
      // principal components; each direction turns by that over its gap, and out of the space by sin θ.
      let gaps = zip(variances, variances.dropFirst()).prefix(componentCount - 1).map { $0 - $1 }
      let allowed =
        result.allowedSpaceError * (1 + 2 * variances[0] / gaps.min()!)
      result.componentError =
        (0..<componentCount).map { k in
          max(0, 1 - cosines[k, k] * cosines[k, k]).squareRoot() / allowed
        }.max()!
      let steps = fit.risingSteps.compactMap(\.self)
      result.isOrdered =
        steps.count == componentCount && zip(steps, steps.dropFirst()).allSatisfy(<)

      // Descent with a fixed step and hidden width of the data: from a commuting start and another.
      let step = 0.5 / objective.largestEigenvalue
      let delta = 5.0
      let least = objective.smallestEigenvalue
      let limit = Int(2 * delta / Double.log(onePlus: step * least))
      func descend(from first: Matrix) throws -> [Matrix] {
        Descent(stepSize: step, stepLimit: limit).run(
          objective, from: try LinearNetwork(layers: [first, first.transposed()])
        ).finalNetwork.layers
      }
      func asymmetry(_ layers: [Matrix]) -> Double {
        (layers[0] - layers[1].transposed()).frobeniusNorm / layers[0].frobeniusNorm
      }
      let components = try SymmetricEigendecomposition(of: objective.inputCovariance).eigenvectors
      /// W₁ = Q diag(c) Uᵀ: any rotation of distinct sizes along the leading principal components.
      func start(_ size: Double, rank: Int) -> Matrix {
        let sizes = (0..<rank).map { size * (0.6 + 0.4 * Double($0) / Double(rank)) }
        return Matrix.orthogonal(rowCount: rank, columnCount: rank, using: &generator)
          .scalingColumns(by: sizes).timesTransposed(components.firstColumns(rank))
      }
      let commuting = try descend(from: start(.exp(-delta), rank: dimension))
      // A start that is not small, as the asymmetry that comes up is of the square of its size.
      let large = try descend(from: start(.exp(-1), rank: dimension))
      let narrow = try descend(from: start(.exp(-delta), rank: 3))
      result.allowedAsymmetry =
        Double.ulpOfOne * Double(dimension).squareRoot() * Double(limit) / (0.6 * .exp(-delta))
      let other = try descend(
        from: .exp(-1)
          * .orthogonal(rowCount: dimension, columnCount: dimension, using: &generator)
          .scalingColumns(by: (0..<dimension).map { 0.5 + Double($0) / Double(dimension) }))
      result.asymmetry = (
        [commuting, large, narrow].map(asymmetry).max()!, asymmetry(other)
      )
      result.projectorError =
        (commuting[1] * commuting[0] - .identity(dimension)).frobeniusNorm
        / Double(dimension).squareRoot()
      // The lower bound of Theorem 3: 1 − w ≤ (1 + ησ)^{−2t}/w₀, w₀ ≥ 0.36 e^{−2δ}; one step is rounded off.
      result.allowedProjectorError = .exp(-2 * delta) / 0.36 * .pow(1 + step * least, 2)
      return result
    }

    private func pathFigure(_ outcome: Outcome) -> Figure {
      let path = outcome.fit.path
      let steps = path.map { Double($0.step) }
      return Figure(
        title: "Singular values of W during training",
        caption: """
          Four components of variances 9, 4, 2 and 1 rise to one, the strongest first. Steps adapt to the \
          curvature.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("step", .whole),
            vertical: Axis("singular value of W", lower: 0, upper: 1.1),
            series: (0..<componentCount).map { k in
              Series(
                "component \(k + 1)", x: steps, y: path.map { $0.singularValues[k] },
                color: .gradient(Double(k) / Double(componentCount - 1)))
            })))
    }

    private func cosineFigure(_ outcome: Outcome) -> Figure {
      Figure(
        title: "Components found, against principal components",
        caption: "Cosines of the angles between them, without sign: ones on the diagonal.",
        .heatMap(
          HeatMap(
            rowCount: componentCount, columnCount: componentCount,
            values: outcome.cosines.elements,
            horizontal: Axis("principal component, from 0", .whole),
            vertical: Axis("component found, from 0", .whole),
            colors: ColorScale(.sequential, title: "cosine", lower: 0, upper: 1))))
    }
  }
}
