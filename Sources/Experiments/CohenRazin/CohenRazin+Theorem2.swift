import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// The guaranteed rate of the loss against the measured one.
  struct Theorem2: Experiment {
    let item = Item(
      id: "cohen-razin-theorem-2", paper: .cohenRazin,
      title: "Theorem 2: the loss falls at a guaranteed rate",
      shows: """
        From a balanced start with a deficiency margin the loss reaches every level in the time \
        promised; for square matrices in an n-th of it, and no faster can be promised.
        """,
      seconds: 0.6,
      snippet: """
        let target = Matrix(rows: [[2, 0], [0, 1]])
        let network = try LinearNetwork.balanced(
          endToEnd: Matrix(rows: [[1.8, 0.1], [0.1, 0.7]]), hiddenWidths: [2, 2])
        let guarantee = try LinearConvergence(of: network, for: .factorization(target: target))
        print(guarantee.rate, guarantee.time(toReach: 1e-6))
        """)

    private let depths = [2, 3, 4]
    /// The level to reach, as a share of the loss at the start.
    var level = 1e-4

    private struct Measurement {
      var depth: Int
      var isSquare: Bool
      var guaranteed: Double
      var taken: Double
      var isViolated: Bool
      /// Largest loss above its minimum over the bound.
      var quotient: Double
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("level", .number(\.level, 1e-12...0.1), "share of the first loss to reach")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 60
      let measured = try conditions.repetitions(repetitions) { _, generator in
        try depths.flatMap { depth in
          try [true, false].map { try measure(depth, isSquare: $0, using: &generator) }
        }
      }.flatMap { $0 }
      let quotients = measured.map { $0.taken / $0.guaranteed }
      let tangential = try depths.map { try tangent($0) }
      return Findings(
        summary: [
          Fact("problems", .number(Double(measured.count))),
          Fact("time taken over time guaranteed, largest", .number(quotients.max()!)),
          Fact("median", .number(quotients.median)),
        ],
        settings: [
          Fact("shapes of W", "3×3 and 2×4"), Fact("depths", "2, 3, 4"),
          Fact("inputs", "variances from 0.5 to 2"),
          Fact("target", "singular values from 0.5 to 2"),
          Fact("margin", "a share from 0.1 to 0.9 of σ_min of the target"),
          Fact("level to reach", .number(level), note: "of the loss at the start"),
          Fact("relative tolerance of the flow", 1e-10),
          Fact("problems", .number(Double(measured.count))),
        ],
        claims: [
          Claim(
            "problems whose loss is above the guarantee at some recorded time", source: "Theorem 2",
            .atMost, expected: 0, measured: Double(measured.count(where: \.isViolated))),
          Claim(
            "W that is not square: largest time taken over time guaranteed", source: "Theorem 2",
            .atMost, expected: 1, measured: largest(measured, isSquare: false)),
          Claim(
            "square W: largest time taken over an n-th of the time guaranteed",
            source: "Theorem 2 with λ_min(P) = n σ_min^{2−2/n}", .atMost, expected: 1,
            measured: largest(measured, isSquare: true)),
          // For 1×1 the margin of a start below the target is the start itself, and all inequalities of the proof
          // are equalities there.
          Claim(
            "1×1: rate of the loss at the start over n times the rate guaranteed, farthest from 1",
            source: "tightness", expected: 1,
            measured: try depths.map { try scalarQuotient($0) }.max {
              abs($0 - 1) < abs($1 - 1)
            }!, tolerance: 1e-12),
          // δ = 1 − d for a start at the distance d across the target of norm 1: (1 − d)^{−(2 − 2/n)}, and the
          // start itself is longer by d²/2.
          Claim(
            "1×2, displaced by d = 0.001: rate at the start over the rate guaranteed, largest",
            source: "tightness", .atMost, expected: 1.002,
            measured: tangential.map(\.quotient).max()!, tolerance: 1e-4),
          Claim(
            "1×2: least quotient of the loss to a bound with n times the rate, which fails",
            .atLeast, expected: 2, measured: tangential.map(\.overSharper).min()!),
        ],
        notices: [
          Notice(
            .information,
            "For square W the rate of the theorem may be multiplied by n; for other shapes it may not, and either rate is attained at the start of some run."
          )
        ],
        sections: [
          Section(
            heading: "Time taken and time guaranteed",
            blocks: [.figure(scatter(measured)), .figure(try curves(conditions))])
        ])
    }

    private func largest(_ measured: [Measurement], isSquare: Bool) -> Double {
      measured.filter { $0.isSquare == isSquare }.map { $0.taken / $0.guaranteed }.max()!
    }

    private func problem(
      _ depth: Int, isSquare: Bool, using generator: inout SeededGenerator
    ) throws -> (RegressionObjective, LinearNetwork) {
      let (outputs, inputs) = isSquare ? (3, 3) : (2, 4)
      let values = (0..<outputs).map { _ in 0.5 + 1.5 * generator.nextUniform() }
      let objective = try CohenRazin.regression(
        outputs: outputs, inputs: inputs, teacher: values, using: &generator)
      let direction = Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
      // A lower bound of the margin is σ_min − √(2 (ℓ − ℓ*)/α), and ℓ − ℓ* = ½⟨DΣx, D⟩ at displacement D.
      let excess = direction.inner(direction * objective.inputCovariance) / 2
      let share = 0.1 + 0.8 * generator.nextUniform()
      let length = (1 - share) * values.min()!
      let scale = length / (2 * excess / objective.smallestEigenvalue).squareRoot()
      let start = objective.minimum!.endToEnd + scale * direction
      let hidden = [Int](repeating: outputs, count: depth - 1)
      return (objective, try .balanced(endToEnd: start, hiddenWidths: hidden))
    }

    private func measure(
      _ depth: Int, isSquare: Bool, using generator: inout SeededGenerator
    ) throws -> Measurement {
      let (objective, network) = try problem(depth, isSquare: isSquare, using: &generator)
      let guarantee = try LinearConvergence(of: network, for: QuadraticProblem(objective))
      let target = level * guarantee.initialExcess
      let guaranteed = guarantee.time(toReach: target)
      let run = GradientFlow(
        until: guaranteed, steps: .adaptive(relativeTolerance: 1e-10),
        targetLoss: objective.minimum!.value + target,
        recording: .at(.spaced(from: 0, to: guaranteed, count: 200))
      ).run(objective, from: network).trajectory
      let certificate = guarantee.certificate(along: run)
      return Measurement(
        depth: depth, isSquare: isSquare, guaranteed: guaranteed, taken: run.times.last!,
        isViolated: certificate.verdict != .holds,
        quotient: certificate.bounds.map { $0.measured! / $0.limit }.max()!)
    }

    /// The rate −d ln(φ − φ*)/dt at a network.
    private func rate(_ network: LinearNetwork, _ problem: QuadraticProblem) throws -> Double {
      let gradients = LossLandscape(problem).gradients(at: network.layers)
      return gradients.reduce(0) { $0 + $1.inner($1) }
        / (problem.loss(at: network.endToEnd()) - (try problem.infimum()))
    }

    private func scalarQuotient(_ depth: Int) throws -> Double {
      let problem = QuadraticProblem.factorization(target: Matrix(rows: [[1]]))
      let network = try LinearNetwork.balanced(
        endToEnd: Matrix(rows: [[0.6]]), hiddenWidths: [Int](repeating: 1, count: depth - 1))
      return try rate(network, problem) / LinearConvergence(of: network, for: problem).rate
    }

    /// A start beside a target of one output: its rate over the guaranteed one, and its loss at time 1 over a
    /// bound with n times the rate.
    private func tangent(_ depth: Int) throws -> (quotient: Double, overSharper: Double) {
      let objective = FactorizationObjective(Matrix(rows: [[1, 0]]))
      let problem = QuadraticProblem(objective)
      let network = try LinearNetwork.balanced(
        endToEnd: Matrix(rows: [[1, 1e-3]]), hiddenWidths: [Int](repeating: 1, count: depth - 1))
      let guarantee = try LinearConvergence(of: network, for: problem)
      let end = GradientFlow(until: 1, steps: .adaptive(relativeTolerance: 1e-12))
        .run(objective, from: network).trajectory.losses.last!
      return (
        try rate(network, problem) / guarantee.rate,
        end / guarantee.bound(at: Double(depth))
      )
    }

    private func scatter(_ measured: [Measurement]) -> Figure {
      let ends = [
        measured.map(\.guaranteed).min()! * 0.7, measured.map(\.guaranteed).max()! * 1.4,
      ]
      return Figure(
        title: "Time to reach a ten-thousandth of the first loss",
        caption:
          "One point for each random problem; the guarantee of square problems has the factor n. All points lie below the dashed line, where the time taken is the time guaranteed.",
        .lines(
          LinePlot(
            horizontal: Axis("time guaranteed", .logarithmic),
            vertical: Axis("time taken", .logarithmic),
            series: [true, false].enumerated().map { place, isSquare in
              let some = measured.filter { $0.isSquare == isSquare }
              return Series(
                isSquare ? "3×3" : "2×4", x: some.map(\.guaranteed), y: some.map(\.taken),
                style: .points, color: .palette(place))
            } + [Series("equal", x: ends, y: ends, style: .dashed, color: .muted)])))
    }

    private func curves(_ conditions: Conditions) throws -> Figure {
      var generator = conditions.generator(0)
      let (objective, network) = try problem(3, isSquare: true, using: &generator)
      let guarantee = try LinearConvergence(of: network, for: QuadraticProblem(objective))
      let end = guarantee.time(toReach: 1e-4 * guarantee.initialExcess)
      let times = [Double].spaced(from: 0, to: end, count: 120)
      let run = GradientFlow(
        until: end, steps: .adaptive(relativeTolerance: 1e-10), recording: .at(times)
      ).run(objective, from: network).trajectory
      let excess = run.losses.map { ($0 - objective.minimum!.value) / guarantee.initialExcess }
      let shown = excess.prefix { $0 > 1e-8 }.count
      return Figure(
        title: "One run of three square layers",
        caption: "Loss above its minimum, relative to the start, and what is promised for it.",
        .lines(
          LinePlot(
            horizontal: Axis("time"),
            vertical: Axis("loss above its minimum", .logarithmic),
            series: [
              Series("measured", x: Array(run.times.prefix(shown)), y: Array(excess.prefix(shown))),
              Series(
                "guarantee, square", x: times, y: times.map { .exp(-guarantee.rate * $0) },
                style: .dashed),
              Series(
                "guarantee as printed", x: times, y: times.map { .exp(-guarantee.rate * $0 / 3) },
                style: .dotted),
            ])))
    }
  }
}
