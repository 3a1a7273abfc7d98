import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Gidel2019 {
  /// The linear model: its closed forms in continuous and discrete time, its limit and its largest step.
  struct Proposition1: Experiment {
    let item = Item(
      id: "gidel-proposition-1", paper: .gidel2019,
      title: "Proposition 1 and Equation 33: the linear model",
      shows: """
        One layer has a closed form in continuous and in discrete time, learns every component from the \
        beginning, and converges for steps up to 2/λmax, twice what the paper asks. Printed Equation 33 \
        multiplies from the wrong side.
        """,
      seconds: 1, corrections: ["(33), (72), (73)", "after (33)", "(13)"],
      snippet: """
        // A step just below and just above 2/λmax = 1.
        let model = try LinearModel(
          inputCovariance: .diagonal([2, 1]), crossCovariance: .diagonal([2, 1]))
        for step in [0.99, 1.01] {
          print(model.descent(from: .zeros(2, 2), stepSize: step, after: 1000))
        }
        """)

    var tolerance = 1e-11

    /// What one problem showed.
    private struct Outcome {
      /// Largest relative distances from the integrated flow and from descent.
      var flow = 0.0
      var descent = 0.0
      /// Of Equation 33 as printed, from descent.
      var printed = 0.0
      /// Relative distance of the end from X⁺Y: start in the span of the samples, and any start.
      var inSpan = 0.0
      var anyStart = 0.0
      /// The same distance predicted for any start: the part of it outside the span.
      var predicted = 0.0
      /// Of the first and the second layer's gradient of a deep network, the share outside the span of the samples.
      var gradients = (first: 0.0, second: 0.0)
      /// The error of descent over max|1 − ηλ|^t of its start, the largest; and over its part along the strongest
      /// component times |1 − ηλmax|^t, the smallest; of all steps and step sizes.
      var overUpper = 0.0
      var overLower = Double.infinity
      /// The error after 2000 steps, relative to the start, for steps of 0.99 and 1.01 times 2/λmax.
      var beside = (below: 0.0, above: 0.0)
    }

    private let shares = [0.25, 0.5, 0.75, 0.9, 0.99, 1.01]

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("tolerance", .number(\.tolerance, 1e-13...1e-6), "relative, of the flow")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let outcomes = try conditions.repetitions(conditions.isQuick ? 5 : 50) { _, generator in
        try outcome(using: &generator)
      }
      let strengths = [1, 0.1, 0.01]
      let gaps = try [10.0, 100].map { delta in try halfTimes(strengths, delta: delta) }.map {
        (one: $0.one[2] - $0.one[0], two: $0.two[2] - $0.two[0])
      }
      return Findings(
        summary: [
          Fact(
            "Equation 33 corrected, largest relative error", .number(outcomes.map(\.descent).max()!)
          ),
          Fact("as printed, median", .number(outcomes.map(\.printed).median)),
        ],
        settings: [
          Fact("problems", .number(Double(outcomes.count))),
          Fact("samples, inputs, outputs", "5, 8, 8: Σx has rank 5"),
          Fact("start", "Gaussian"),
          Fact("relative tolerance of the integrator", .number(tolerance)),
          Fact("step sizes", "0.25 to 1.1 times 2/λmax"),
        ],
        claims: [
          Claim(
            "largest relative distance of the closed form from the integrated flow, worst problem",
            source: "Equation 17", .atMost, expected: 1e3 * tolerance,
            measured: outcomes.map(\.flow).max()!),
          Claim(
            "largest relative distance of corrected Equation 33 from descent, worst problem",
            // 60 steps of a recurrence in numbers of size one.
            source: "Equation 33, corrected", .atMost, expected: 1e-12,
            measured: outcomes.map(\.descent).max()!),
          Claim(
            "the same for Equation 33 as printed, best problem", source: "Equation 33 as printed",
            .atLeast, expected: 0.01, measured: outcomes.map(\.printed).min()!, refutes: true),
          Claim(
            "error of descent over max|1 − ηλ|^t of its start, largest of all problems, steps and step sizes",
            source: "after Equation 33, corrected", .atMost, expected: 1,
            measured: outcomes.map(\.overUpper).max()!, tolerance: 1e-9),
          Claim(
            "error of descent over |1 − ηλmax|^t of its part along the strongest component, smallest of all",
            source: "after Equation 33, corrected", .atLeast, expected: 1,
            measured: outcomes.map(\.overLower).min()!, tolerance: 1e-9),
          Claim(
            "step 0.99 · 2/λmax: relative error after 2000 steps, worst problem",
            // 0.98^2000 = 3e-18, and rounding.
            source: "after Equation 33, corrected", .atMost, expected: 1e-12,
            measured: outcomes.map(\.beside.below).max()!),
          Claim(
            "step 1.01 · 2/λmax: relative error after 2000 steps, best problem",
            // 1.02^2000 = 1.6e17 of the part along the strongest component.
            source: "2/λmax is sharp", .atLeast, expected: 1e10,
            measured: outcomes.map(\.beside.above).min()!),
          Claim(
            "start in the span of the samples: relative distance of the end from X⁺Y, worst problem",
            // e^{−λt} of the slowest component at the time chosen for it.
            source: "Equation 14", .atMost, expected: 1e-9, measured: outcomes.map(\.inSpan).max()!),
          Claim(
            "any start: relative distance of the end from X⁺Y less the part of the start outside the span, worst problem",
            source: "Equation 14", .atMost, expected: 1e-9,
            measured: outcomes.map { abs($0.anyStart - $0.predicted) }.max()!),
          Claim(
            "two layers: share of the first layer's gradient outside the span of the samples, worst problem",
            source: "Equation 13, corrected", .atMost, expected: 1e-13,
            measured: outcomes.map(\.gradients.first).max()!),
          Claim(
            "the same for the last layer, best problem", source: "Equation 13 as printed", .atLeast,
            expected: 0.01, measured: outcomes.map(\.gradients.second).min()!, refutes: true),
          Claim(
            "one layer from e^{−2δ}: time between the halves of two components, δ = 100 over δ = 10",
            // ln 2 (1/σ₃ − 1/σ₁) up to w(0) = 2e-9, whatever the start.
            source: "Section 3.1: no sequential learning", expected: 1,
            measured: gaps[1].one / gaps[0].one, tolerance: 1e-8),
          Claim(
            "the same for two layers", source: "Theorem 2", expected: 10,
            measured: gaps[1].two / gaps[0].two, tolerance: 1e-7),
        ],
        notices: [
          Notice(
            .caution,
            """
            Printed, the powers of 1 − ηΣx stand on the right of W₀ − Σx⁺Σxy. The gradient multiplies by Σx from \
            the left, and so must they; with unequal numbers of inputs and outputs the print does not even have a \
            shape.
            """),
          Notice(
            .information,
            """
            η < 1/λmax only makes 1 − ηΣx invertible, which nothing needs. Between 1/λmax and 2/λmax the strongest \
            component alternates about its end and converges.
            """),
        ],
        sections: [
          Section(
            heading: "Steps up to 2/λmax",
            blocks: [.row(try stepFigures(conditions))]),
          Section(
            heading: "All components at once",
            blocks: [.figure(try componentFigure(strengths))]),
        ])
    }

    private func outcome(using generator: inout SeededGenerator) throws -> Outcome {
      var result = Outcome()
      let (samples, inputs) = (5, 8)
      // Singular values of X/√m between 0.5 and 1.5, so that the slowest component is not too slow.
      let values = (0..<samples).map { _ in 0.5 + generator.nextUniform() }
      let x =
        Double(samples).squareRoot()
        * .random(singularValues: values, rowCount: samples, columnCount: inputs, using: &generator)
      let y = Matrix.gaussian(rowCount: samples, columnCount: inputs, using: &generator)
      let objective = try RegressionObjective(inputs: x, targets: y)
      let (covariance, cross) = (objective.inputCovariance, objective.crossCovariance)
      let model = try LinearModel(inputCovariance: covariance, crossCovariance: cross)
      let start = Matrix.gaussian(rowCount: inputs, columnCount: inputs, using: &generator)
      let network = try LinearNetwork(layers: [start])

      let times = (1...40).map { 0.25 * Double($0) }
      let flow = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(times, of: [.endToEnd])
      ).run(objective, from: network)
      result.flow = zip(times, flow.trajectory.snapshots).map { time, snapshot in
        distance(model.flow(from: start, at: time), from: snapshot.endToEnd!)
      }.max()!

      let step = 0.7 / objective.largestEigenvalue
      let descent = Descent(
        stepSize: step, stepLimit: 60, recording: Recording(.every(1), of: [.endToEnd])
      ).run(objective, from: network)
      // In the paper's orientation W is inputs × outputs, the transpose of ours.
      let limit = try covariance.pseudoinverse() * cross.transposed()
      var power = Matrix.identity(inputs)
      for snapshot in descent.snapshots {
        let value = snapshot.endToEnd!
        let exact = model.descent(from: start, stepSize: step, after: Int(snapshot.time))
        result.descent = max(result.descent, distance(exact, from: value))
        let printed = (start.transposed() - limit) * power + limit
        result.printed = max(result.printed, distance(printed.transposed(), from: value))
        power = power * (.identity(inputs) - step * covariance)
      }

      let best = (try x.pseudoinverse() * y).transposed()
      let slowest = values.min()! * values.min()!
      let end = 25 / slowest
      let basis = try SingularValueDecomposition(of: x).rightVectors
      let inside = (start * basis).timesTransposed(basis)
      result.inSpan = distance(model.flow(from: inside, at: end), from: best)
      result.anyStart = distance(model.flow(from: start, at: end), from: best)
      result.predicted = (start - inside).frobeniusNorm / best.frobeniusNorm

      let deep = LinearNetwork.gaussian(
        widths: [inputs, inputs, inputs], standardDeviation: 0.5, using: &generator)
      var loss = EndToEndLoss(objective, widths: deep.widths)
      var gradients = deep.layers
      _ = loss.value(at: deep)
      loss.gradients(at: deep, into: &gradients)
      // The span of samples is that of the rows of our gradients; the last layer reads hidden units instead.
      func outside(_ gradient: Matrix) -> Double {
        distance((gradient * basis).timesTransposed(basis), from: gradient)
      }
      result.gradients = (outside(gradients[0]), outside(gradients[1]))

      let leading = try SymmetricEigendecomposition(of: covariance).eigenvectors.firstColumns(1)
      let error = inside - best
      let slow = (0...200).map { 10 * $0 }
      for share in shares {
        let step = share * 2 / objective.largestEigenvalue
        let slowestFactor = values.map { abs(1 - step * $0 * $0) }.max()!
        let strongestFactor = abs(1 - step * objective.largestEigenvalue)
        let run = Descent(
          stepSize: step, stepLimit: slow.last!,
          recording: Recording(.at(Set(slow)), of: [.endToEnd])
        ).run(objective, from: try LinearNetwork(layers: [inside])).snapshots
        for snapshot in run {
          let size = (snapshot.endToEnd! - best).frobeniusNorm
          let upper = error.frobeniusNorm * .pow(slowestFactor, snapshot.time)
          let lower = (error * leading).frobeniusNorm * .pow(strongestFactor, snapshot.time)
          // Below, rounding rules.
          if lower > 1e-6 * error.frobeniusNorm {
            result.overLower = min(result.overLower, size / lower)
          }
          if upper > 1e-6 * error.frobeniusNorm {
            result.overUpper = max(result.overUpper, size / upper)
          }
        }
        let last = (run.last!.endToEnd! - best).frobeniusNorm / error.frobeniusNorm
        if share == 0.99 { result.beside.below = last }
        if share == 1.01 { result.beside.above = last }
      }
      return result
    }

    /// When each component of an autoencoder reaches a half, for one layer from e^{−2δ} and two from e^{−δ}.
    private func halfTimes(
      _ strengths: [Double], delta: Double
    ) throws -> (one: [Double], two: [Double]) {
      let covariance = Matrix.diagonal(strengths)
      let model = try LinearModel(inputCovariance: covariance, crossCovariance: covariance)
      let start = Double.exp(-2 * delta) * Matrix.identity(strengths.count)
      let one = strengths.indices.map { k in
        var (low, high) = (0.0, 10 / strengths[k])
        for _ in 0..<100 {
          let middle = (low + high) / 2
          if model.flow(from: start, at: middle)[k, k] < 0.5 { low = middle } else { high = middle }
        }
        return (low + high) / 2
      }
      let two = strengths.map {
        BalancedMode(depth: 2, target: $0, curvature: $0, initial: .exp(-delta)).time(toReach: 0.5)!
      }
      return (one, two)
    }

    private func distance(_ a: Matrix, from b: Matrix) -> Double {
      (a - b).frobeniusNorm / b.frobeniusNorm
    }

    private func stepFigures(_ conditions: Conditions) throws -> [Figure] {
      var generator = conditions.generator(0)
      let x = Matrix.random(
        singularValues: [1.5, 1.2, 0.9, 0.7, 0.5], rowCount: 5, columnCount: 5, using: &generator)
      let y = Matrix.gaussian(rowCount: 5, columnCount: 5, using: &generator)
      let objective = try RegressionObjective(
        inputCovariance: x.transposedTimes(x).symmetrized(),
        crossCovariance: y.transposedTimes(x))
      let best = objective.minimum!.endToEnd
      let start = Matrix.gaussian(rowCount: 5, columnCount: 5, using: &generator)
      let steps = 200
      func run(_ share: Double) throws -> [Matrix] {
        Descent(
          stepSize: share * 2 / objective.largestEigenvalue, stepLimit: steps,
          recording: Recording(.every(1), of: [.endToEnd])
        ).run(objective, from: try LinearNetwork(layers: [start])).snapshots.map { $0.endToEnd! }
      }
      let places = (0...steps).map(Double.init)
      let shown = [0.5, 0.9, 0.99, 1.01]
      let errors = Figure(
        title: "Descent beside 2/λmax",
        caption: """
          Relative distance from the minimiser. Equation 33's own condition ends at 0.5 · 2/λmax; up to           1 · 2/λmax descent converges.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("step", .whole),
            vertical: Axis("distance, relative", .logarithmic, lower: 1e-10, upper: 1e2),
            series: try shown.enumerated().map { place, share in
              Series(
                "η = \(share) · 2/λmax", x: places,
                y: try run(share).map { max(distance($0, from: best), 1e-14) },
                color: .gradient(Double(place) / 3))
            })))

      let share = 0.35
      let step = share * 2 / objective.largestEigenvalue
      let path = try run(share)
      let model = try LinearModel(
        inputCovariance: objective.inputCovariance, crossCovariance: objective.crossCovariance)
      var power = Matrix.identity(5)
      let limit = best.transposed()
      let shorter = Array(places.prefix(61))
      var printed: [Double] = []
      var corrected: [Double] = []
      for (count, value) in path.prefix(61).enumerated() {
        printed.append(
          distance(
            ((start.transposed() - limit) * power + limit).transposed(), from: value))
        corrected.append(
          max(
            distance(model.descent(from: start, stepSize: step, after: count), from: value), 1e-17))
        power = power * (.identity(5) - step * objective.inputCovariance)
      }
      let formulas = Figure(
        title: "Equation 33 against descent",
        caption: """
          Relative distance of the formula from the recurrence: rounding if the powers of 1 − ηΣx stand on the           left, and large between start and end as printed.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("step", .whole),
            vertical: Axis("distance, relative", .logarithmic, lower: 1e-18, upper: 10),
            series: [
              Series("corrected", x: shorter, y: corrected),
              Series("as printed", x: shorter, y: printed.map { $0 > 0 ? $0 : .nan }),
            ])))
      return [errors, formulas]
    }

    private func componentFigure(_ strengths: [Double]) throws -> Figure {
      let delta = 10.0
      let covariance = Matrix.diagonal(strengths)
      let model = try LinearModel(inputCovariance: covariance, crossCovariance: covariance)
      let start = Double.exp(-2 * delta) * Matrix.identity(strengths.count)
      let times = (0...300).map { Double.exp10(-1 + 4.5 * Double($0) / 300) }
      return Figure(
        title: "Three components, one and two layers",
        caption: """
          An autoencoder with variances 1, 0.1 and 0.01 from e^{−20} in W. With one layer (solid) each           component grows from the beginning; with two (dashed) each waits for a time δ/σ.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("flow time t", .logarithmic),
            vertical: Axis("value of the component", lower: 0),
            series: strengths.enumerated().flatMap { k, strength in
              [
                Series(
                  "one layer, σ = \(strength)", x: times,
                  y: times.map { model.flow(from: start, at: $0)[k, k] }, color: .palette(k)),
                Series(
                  "two layers, σ = \(strength)", x: times,
                  y: times.map {
                    BalancedMode(
                      depth: 2, target: strength, curvature: strength, initial: .exp(-delta)
                    ).endToEnd(at: $0)
                  }, style: .dashed, color: .palette(k)),
              ]
            })))
    }
  }
}
