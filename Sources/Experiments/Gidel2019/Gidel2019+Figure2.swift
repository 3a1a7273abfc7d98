import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Gidel2019 {
  /// A linear autoencoder of one and of two layers during descent, with what the paper compares and what it should.
  struct Figure2: Experiment {
    let item = Item(
      id: "gidel-figure-2", paper: .gidel2019,
      title: "Figure 2: trace norm and reconstruction error of an autoencoder",
      shows: """
        On data of rank five with noise, descent on two layers learns one component after another; \
        descent on one layer learns all at once. The printed error compares W with a \
        covariance and cannot become small; with Σx W in its place it does.
        """,
      seconds: 0.8, corrections: ["(42)", "(37), (87), (94), (95)", "(40)"],
      snippet: """
        // Twenty noisy mixtures of five sources; two layers from exp(−15), one from its square.
        var generator = SeededGenerator(seed: 0)
        let mixing = Matrix.uniform(rowCount: 20, columnCount: 5, using: &generator)
        let sources = Matrix.gaussian(rowCount: 1000, columnCount: 5, using: &generator)
          .scalingColumns(by: [2, 1.414, 1, 0.707, 0.5])
        let noise = Matrix.gaussian(
          rowCount: 1000, columnCount: 20, standardDeviation: 1e-3, using: &generator)
        let samples = sources.timesTransposed(mixing) + noise
        let objective = try RegressionObjective(inputs: samples, targets: samples)
        let step = 0.5 / objective.largestEigenvalue
        for depth in [1, 2] {
          let start = LinearNetwork.identity(
            widths: [Int](repeating: 20, count: depth + 1), scale: depth == 1 ? 9.36e-14 : 3.06e-7)
          let run = Descent(stepSize: step, stepLimit: 1000, recording: .spectrum(every: 100))
            .run(objective, from: start)
          for point in run.snapshots { print(depth, point.time, point.singularValues!.reduce(0, +)) }
        }
        """)

    private let dimension = 20
    var sampleCount = 1000
    var variances: [Double] = [4, 2, 1, 0.5, 0.25]
    var noise = 1e-3
    var delta = 15.0

    /// What one data set showed.
    private struct Outcome {
      /// The variances of the data along its five leading components.
      var strengths: [Double] = []
      var stepSize = 0.0
      /// The steps recorded, and there for one and two layers: trace norm, error with Σx W, error as printed.
      var steps: [Double] = []
      var oneLayer = Curves()
      var twoLayers = Curves()
      /// Of the trace norm of two layers, relatively beyond its sharp bounds.
      var excess = 0.0
      /// Measured transitions over δ/ln(1 + ησ).
      var transitions: [Double] = []
      /// Largest relative distance of one-layer descent from Equation 33, corrected.
      var linearError = 0.0
      /// In the middle of the first step: the trace norm of one and of two layers.
      var between = (one: 0.0, two: 0.0)
      /// ‖W − P‖_F/‖P‖_F at the end, P the projector on the leading five components.
      var projectorError = 0.0
      /// Printed error: the smallest of the run relative to the first, and its lower bound.
      var printedError = (least: 0.0, bound: 0.0)
      /// Error with Σx W at the end, and the standard deviation of a sample covariance.
      var covarianceError = (last: 0.0, sampling: 0.0)
    }

    private struct Curves {
      var traceNorm: [Double] = []
      var covarianceError: [Double] = []
      var printedError: [Double] = []
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("noise", .number(\.noise, 1e-6...0.1), "standard deviation"),
        Adjustable("delta", .number(\.delta, 5...30), "δ of the start e^{−δ}"),
        Adjustable("variances", .numbers(\.variances, 0.01...100), "of the sources"),
        Adjustable("samples", .count(\.sampleCount, 100...10000), "number of samples"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let outcomes = try conditions.repetitions(conditions.isQuick ? 5 : 10) { _, generator in
        try outcome(using: &generator)
      }
      let shown = outcomes[0]
      return Findings(
        summary: [
          Fact(
            "two layers: trace norm in the middle of the first step",
            .number(outcomes.map(\.between.two).median)),
          Fact("one layer: the same", .number(outcomes.map(\.between.one).median)),
          Fact(
            "final error, Σx W against BDBᵀ", .number(outcomes.map(\.covarianceError.last).median)),
          Fact("final error as printed", .number(outcomes.map(\.printedError.least).median)),
        ],
        settings: [
          Fact("p = d, n, r", "20, 1000, 5"), Fact("D", "diag(4, 2, 1, ½, ¼)"),
          Fact("B", "uniform in [0, 1)"), Fact("noise", .number(noise)),
          Fact("start of each of two layers", "e^{−15} times the identity"),
          Fact("start of one layer", "e^{−30} times the identity"),
          Fact("step size", "1/(2 λmax(Σx))"), Fact("data sets", .number(Double(outcomes.count))),
          Fact("steps", "1.5 times the transition of the fifth component"),
        ],
        claims: [
          Claim(
            "two layers: largest relative excess of the trace norm beyond its sharp bounds, worst data set",
            // Rounding of 1e-16 per step in layers of size 3e-7 or more, over the growth of the rest.
            source: "Theorem 3, corrected", .atMost, expected: 1e-6,
            measured: outcomes.map(\.excess).max()!),
          Claim(
            "two layers: largest relative distance of a transition from δ/ln(1 + ησ), worst data set",
            // Within ½ ln 2 of δ, and within one step.
            source: "Equation 40, sharpened", .atMost,
            expected: (0.5 * .log(2) + .log(1.5)) / delta,
            measured: outcomes.flatMap(\.transitions).map { abs($0 - 1) }.max()!),
          Claim(
            "two layers: relative distance of W from the projector on five components at the end, worst data set",
            // The fifth is half learned at two thirds of the run: e^{−δ} is left of it; e^{−2δ} of the noise.
            source: "Equation 42, corrected", .atMost,
            expected: .exp(-delta) + 20 * .exp(-2 * delta),
            measured: outcomes.map(\.projectorError).max()!, tolerance: 1e-12),
          Claim(
            "two layers: final relative error of Σx W against BDBᵀ, over the standard deviation of a sample covariance, worst data set",
            source: "Equation 42, corrected", .atMost, expected: 3,
            measured: outcomes.map { $0.covarianceError.last / $0.covarianceError.sampling }.max()!),
          Claim(
            "error as printed, least of both runs relative to the first, less the bound from W's singular values being at most 1: least of all data sets",
            // ‖W − C‖² ≥ Σ (c_i − 1)² over the eigenvalues c_i > 1 of C = BDBᵀ, as no singular value of W exceeds 1.
            source: "Equation 42 as printed", .atLeast, expected: 0,
            measured: outcomes.map { $0.printedError.least - $0.printedError.bound }.min()!,
            tolerance: 1e-9),
          Claim(
            "that bound: the printed error never falls below this share of its start, least of all data sets",
            source: "Equation 42 as printed", .atLeast, expected: 0.8,
            measured: outcomes.map(\.printedError.bound).min()!, refutes: true),
          Claim(
            "one layer: largest relative distance from the closed form, worst data set",
            // A power of up to 1e4 steps, each rounded to 2e-16.
            source: "Equation 33, corrected", .atMost, expected: 1e-10,
            measured: outcomes.map(\.linearError).max()!),
          Claim(
            "trace norm in the middle of the first step, one layer less two, least of all data sets",
            source: "Section 4.2: one layer learns all at once", .atLeast, expected: 1,
            measured: outcomes.map { $0.between.one - $0.between.two }.min()!),
        ],
        notices: [
          Notice(
            .caution,
            """
            The paper plots ‖W − BDBᵀ‖. With Y = X, W tends to the projector on the components it has learned, \
            not to a covariance, and that error stays near where it began. Σx W tends to BDBᵀ up to sampling.
            """),
          Notice(
            .information,
            """
            The paper reports a better reconstruction by two layers. With the right target both end at the same \
            error, that of the sample covariance. What the paths are worth on their way, against ridge and reduced-rank \
            regression, is `gidel-early-stopping`.
            """),
          Notice(
            .information,
            "Step size and start are not printed; ours are the largest step that Theorem 3 allows, and δ = 15."
          ),
        ],
        sections: [
          Section(
            heading: "The figure",
            blocks: [.row([traceFigure(shown), errorFigure(shown)])]),
          Section(heading: "All data sets", blocks: [.table(table(outcomes))]),
        ])
    }

    private func outcome(using generator: inout SeededGenerator) throws -> Outcome {
      let mixing = Matrix.uniform(rowCount: dimension, columnCount: 5, using: &generator)
      let sources = Matrix.gaussian(rowCount: sampleCount, columnCount: 5, using: &generator)
        .scalingColumns(by: variances.map { $0.squareRoot() })
      let samples =
        sources.timesTransposed(mixing)
        + .gaussian(
          rowCount: sampleCount, columnCount: dimension, standardDeviation: noise,
          using: &generator)
      let objective = try RegressionObjective(inputs: samples, targets: samples)
      let eigen = try SymmetricEigendecomposition(of: objective.inputCovariance)
      let covariance = mixing.scalingColumns(by: variances).timesTransposed(mixing)
      let size = covariance.frobeniusNorm
      var result = Outcome()
      result.strengths = Array(eigen.eigenvalues.prefix(5))
      result.stepSize = 0.5 / eigen.eigenvalues[0]

      let transitions = result.strengths.map { delta / Double.log(onePlus: result.stepSize * $0) }
      let last = Int(1.5 * transitions[4])
      // Steps evenly spaced on a logarithmic axis, and the middle of the first step of the trace norm.
      let middle = Int((transitions[0] * transitions[1]).squareRoot())
      let steps = Set((0...240).map { Int(Double.pow(Double(last), Double($0) / 240)) } + [middle])
        .union([0, last]).sorted()
      let end = Double.exp(-2 * delta)
      // Every step, to find the transitions; the curves have some of them.
      let all = Descent(
        stepSize: result.stepSize, stepLimit: last,
        recording: Recording(.every(1), of: [.endToEnd])
      ).run(
        objective,
        from: .identity(widths: [dimension, dimension, dimension], scale: .exp(-delta))
      ).snapshots
      let two = steps.map { all[$0] }
      let one = Descent(
        stepSize: result.stepSize, stepLimit: last,
        recording: Recording(.at(Set(steps)), of: [.endToEnd])
      ).run(objective, from: .identity(widths: [dimension, dimension], scale: end)).snapshots
      result.steps = steps.map(Double.init)

      func curves(_ snapshots: [Snapshot]) throws -> Curves {
        Curves(
          traceNorm: try snapshots.map { try $0.endToEnd!.nuclearNorm() },
          covarianceError: snapshots.map {
            ($0.endToEnd! * objective.inputCovariance - covariance).frobeniusNorm / size
          }, printedError: snapshots.map { ($0.endToEnd! - covariance).frobeniusNorm / size })
      }
      result.oneLayer = try curves(one)
      result.twoLayers = try curves(two)

      let bounds = eigen.eigenvalues.map {
        TwoLayerDescentBounds(
          target: $0, curvature: $0, initial: end, stepSize: result.stepSize)
      }
      result.excess = zip(steps, result.twoLayers.traceNorm).map { step, value in
        let lower = bounds.map { $0.lower(after: step) }.reduce(0, +)
        let upper = bounds.map { $0.upper(after: step) }.reduce(0, +)
        return max(value / upper - 1, 1 - value / lower, 0)
      }.max()!

      let basis = eigen.eigenvectors.firstColumns(5)
      result.transitions = zip(risingSteps(all, along: basis), transitions).map { $0 / $1 }

      let model = try LinearModel(
        inputCovariance: objective.inputCovariance, crossCovariance: objective.crossCovariance)
      let first = end * Matrix.identity(dimension)
      result.linearError = zip(steps, one).map { step, snapshot in
        let exact = model.descent(from: first, stepSize: result.stepSize, after: step)
        return (snapshot.endToEnd! - exact).frobeniusNorm / exact.frobeniusNorm
      }.max()!

      let place = steps.firstIndex(of: middle)!
      result.between = (result.oneLayer.traceNorm[place], result.twoLayers.traceNorm[place])
      let projector = basis.timesTransposed(basis)
      result.projectorError =
        (two.last!.endToEnd! - projector).frobeniusNorm / projector.frobeniusNorm
      let values = try covariance.symmetricEigenvalues()
      let distance = values.filter { $0 > 1 }.map { ($0 - 1) * ($0 - 1) }.reduce(0, +).squareRoot()
      let start = result.twoLayers.printedError[0]
      result.printedError = (
        (result.oneLayer.printedError + result.twoLayers.printedError).min()! / start,
        distance / size / start
      )
      // E ‖Σ̂ − C‖² = ((tr C)² + ‖C‖²)/n for Gaussian samples.
      let trace = covariance.trace / size
      result.covarianceError = (
        result.twoLayers.covarianceError.last!,
        ((trace * trace + 1) / Double(sampleCount)).squareRoot()
      )
      return result
    }

    /// The first step at which each component of the data is above a half in W.
    private func risingSteps(_ path: [Snapshot], along basis: Matrix) -> [Double] {
      let values = path.map { basis.transposedTimes($0.endToEnd! * basis).diagonal }
      return (0..<basis.columnCount).map { component in
        values.firstIndex { $0[component] >= 0.5 }.map { path[$0].time } ?? .nan
      }
    }

    private func traceFigure(_ outcome: Outcome) -> Figure {
      let steps = outcome.steps.map { $0 == 0 ? .nan : $0 }
      return Figure(
        title: "Trace norm",
        caption: """
          Two layers learn one component at a time, at δ/ln(1 + ησ_i) steps (dashed lines). One layer has \
          begun with all of them by then.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("step", .logarithmic), vertical: Axis("trace norm of W", lower: 0),
            series: [
              Series("two layers", x: steps, y: outcome.twoLayers.traceNorm),
              Series("one layer", x: steps, y: outcome.oneLayer.traceNorm),
            ],
            markers: outcome.strengths.enumerated().map { place, strength in
              Marker(
                .vertical, at: delta / .log(onePlus: outcome.stepSize * strength),
                label: "\(place + 1)")
            })))
    }

    private func errorFigure(_ outcome: Outcome) -> Figure {
      let steps = outcome.steps.map { $0 == 0 ? .nan : $0 }
      return Figure(
        title: "Reconstruction error",
        caption: """
          Relative distance from BDBᵀ: of Σx W (solid), which falls to what 1000 samples leave, and of W as \
          printed (dashed), which cannot.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("step", .logarithmic),
            vertical: Axis("relative error", .logarithmic),
            series: [
              Series(
                "two layers, Σx W", x: steps, y: outcome.twoLayers.covarianceError,
                color: .palette(0)),
              Series(
                "one layer, Σx W", x: steps, y: outcome.oneLayer.covarianceError,
                color: .palette(1)),
              Series(
                "two layers, as printed", x: steps, y: outcome.twoLayers.printedError,
                style: .dashed, color: .palette(0)),
              Series(
                "one layer, as printed", x: steps, y: outcome.oneLayer.printedError,
                style: .dotted, color: .palette(1)),
            ])))
    }

    private func table(_ outcomes: [Outcome]) -> Table {
      Table(
        title: "Every data set",
        caption: """
          The variance along the first and the fifth component; trace norms in the middle of the first step; \
          final errors of two layers, relative.
          """,
        columns: [
          Column("data set"), Column("σ₁"), Column("σ₅"), Column("trace norm, two layers"),
          Column("trace norm, one layer"), Column("W from the projector"),
          Column("Σx W from BDBᵀ"), Column("W from BDBᵀ, as printed"),
        ],
        rows: outcomes.enumerated().map { place, outcome in
          [
            .number(Double(place + 1)), .number(outcome.strengths[0]),
            .number(outcome.strengths[4]), .number(outcome.between.two),
            .number(outcome.between.one), .number(outcome.projectorError),
            .number(outcome.covarianceError.last), .number(outcome.twoLayers.printedError.last!),
          ]
        })
    }
  }
}
