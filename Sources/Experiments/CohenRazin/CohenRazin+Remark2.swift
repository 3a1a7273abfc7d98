import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// The guarantee for descent with a positive step.
  struct Remark2: Experiment {
    let item = Item(
      id: "cohen-razin-remark-2", paper: .cohenRazin,
      title: "Remark 2: a guarantee for gradient descent",
      shows: """
        Descent with the step and the imbalance that the remark allows reaches every level within \
        the promised number of steps; a step a thousand times larger does so too.
        """,
      seconds: 5,
      snippet: """
        let target = Matrix(rows: [[1, 0, 0]])
        let network = try LinearNetwork.balanced(
          endToEnd: Matrix(rows: [[0.97, 0.03, 0]]), hiddenWidths: [1])
        let guarantee = try DescentConvergence(of: network, for: .factorization(target: target))
        print(guarantee.largestStep, guarantee.steps(toReach: 1e-6))
        """)

    private struct Measurement {
      var failing: Int
      var isViolated: Bool
      var guaranteed: Double
      var taken: Double
      var takenWithLargerStep: Double
      var step: Double
      var unbalancedness: Double
    }

    /// How much larger the other step is.
    var factor = 1000.0

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("factor", .number(\.factor, 10...10000), "by which the step is smaller")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let depths = [2, 3]
      let repetitions = conditions.isQuick ? 5 : 10
      let reduction = conditions.isQuick ? 2.0 : 100
      let measured = try conditions.repetitions(repetitions) { _, generator in
        try depths.map { try measure($0, reduction, conditions, using: &generator) }
      }
      let all = measured.flatMap { $0 }
      return Findings(
        summary: [
          Fact("largest step allowed, two layers", .number(measured.map { $0[0].step }.max()!)),
          Fact(
            "steps taken over steps guaranteed, largest",
            .number(all.map { $0.taken / $0.guaranteed }.max()!)),
        ],
        settings: [
          Fact("problem", "ℓ = ½‖W − Λ‖² with Λ of shape 1×3 and norm 1"),
          Fact("depths", "2, 3"), Fact("hidden widths", "2"),
          Fact("start", "at a distance of 0.05 to 0.1 from Λ"),
          Fact("δ", "nine tenths of the largest margin"),
          Fact("unbalancedness", "nine tenths of what is allowed"),
          Fact("step", "the largest allowed"),
          Fact("level to reach", .number(1 / reduction), note: "of the loss at the start"),
          Fact("problems", .number(Double(repetitions))),
        ],
        claims: [
          Claim(
            "hypotheses that fail at any of the starts", .atMost, expected: 0,
            measured: Double(all.map(\.failing).reduce(0, +))),
          Claim(
            "runs whose loss is above the guarantee at some recorded step", source: "Remark 2",
            .atMost, expected: 0, measured: Double(all.count(where: \.isViolated))),
          Claim(
            "largest number of steps taken over steps guaranteed", source: "Remark 2", .atMost,
            expected: 1, measured: all.map { $0.taken / $0.guaranteed }.max()!),
          Claim(
            "the same with a step 1,000 times larger than allowed", .atMost, expected: 1,
            measured: all.map { $0.takenWithLargerStep * factor / $0.guaranteed }.max()!),
        ],
        notices: [
          Notice(
            .information,
            "The constants 256 and 6144 and the exponents are those of the paper cited in the remark (Arora, Cohen, Golowich and Hu, 2019). They are tested here, not derived anew; the last claim shows that they are far from necessary."
          )
        ],
        sections: [
          Section(
            heading: "Steps taken and steps guaranteed",
            blocks: [
              .figure(scatter(depths, measured)),
              .table(table(depths, measured)),
            ])
        ])
    }

    private func measure(
      _ depth: Int, _ reduction: Double, _ conditions: Conditions,
      using generator: inout SeededGenerator
    ) throws -> Measurement {
      let target = Matrix.random(
        singularValues: [1], rowCount: 1, columnCount: 3, using: &generator)
      let direction = Matrix.random(
        singularValues: [0.05 + 0.05 * generator.nextUniform()], rowCount: 1, columnCount: 3,
        using: &generator)
      let objective = FactorizationObjective(target)
      let problem = QuadraticProblem(objective)
      let balanced = try LinearNetwork.balanced(
        endToEnd: target + direction, hiddenWidths: [Int](repeating: 2, count: depth - 1))
      let network = unbalanced(
        balanced,
        to: 0.9 * (try DescentConvergence(of: balanced, for: problem)).largestUnbalancedness)
      let guarantee = try DescentConvergence(of: network, for: problem)
      let level = objective.value(at: network.endToEnd()) / reduction
      let guaranteed = guarantee.steps(toReach: level).rounded(.up)
      func descend(_ step: Double, atMost limit: Double) throws -> Trajectory {
        var interrupted = false
        let run = Descent(
          stepSize: step, stepLimit: Int(limit), targetLoss: level,
          recording: Recording(.every(max(1, Int(limit) / 100)))
        ).run(objective, from: network) { progress in
          guard progress.step % 50_000 == 0 else { return .goOn }
          interrupted = !conditions.observe(0)
          return interrupted ? .interrupt : .goOn
        }
        if interrupted { throw Interrupted() }
        return run
      }
      let run = try descend(guarantee.largestStep, atMost: guaranteed)
      let larger = try descend(factor * guarantee.largestStep, atMost: guaranteed)
      return Measurement(
        failing: guarantee.hypotheses.count { !$0.holds },
        isViolated: guarantee.certificate(along: run).verdict != .holds,
        guaranteed: guaranteed, taken: Double(run.stepCount),
        takenWithLargerStep: Double(larger.stepCount), step: guarantee.largestStep,
        unbalancedness: network.unbalancedness())
    }

    /// The same product with layers of a given unbalancedness: the first layer larger, the second smaller.
    private func unbalanced(_ network: LinearNetwork, to goal: Double) -> LinearNetwork {
      func scaled(_ exponent: Double) -> LinearNetwork {
        var result = network
        result.layers[0] = .exp(exponent) * network.layers[0]
        result.layers[1] = .exp(-exponent) * network.layers[1]
        return result
      }
      var (lower, upper) = (0.0, 1.0)
      for _ in 0..<60 {
        let middle = (lower + upper) / 2
        if scaled(middle).unbalancedness() < goal { lower = middle } else { upper = middle }
      }
      return scaled(lower)
    }

    private func scatter(_ depths: [Int], _ measured: [[Measurement]]) -> Figure {
      let guaranteed = measured.flatMap { $0 }.map(\.guaranteed)
      let ends = [guaranteed.min()! * 0.8, guaranteed.max()! * 1.25]
      return Figure(
        title: "Steps to the level",
        caption:
          "One point for each problem, with the largest step that the remark allows. On the dashed line descent would take as many steps as guaranteed.",
        .lines(
          LinePlot(
            horizontal: Axis("steps guaranteed", .logarithmic),
            vertical: Axis("steps taken", .logarithmic),
            series: depths.enumerated().map { place, depth in
              Series(
                "\(depth) layers", x: measured.map { $0[place].guaranteed },
                y: measured.map { $0[place].taken }, style: .points, color: .palette(place))
            } + [Series("equal", x: ends, y: ends, style: .dashed, color: .muted)])))
    }

    private func table(_ depths: [Int], _ measured: [[Measurement]]) -> Table {
      Table(
        title: "What is allowed and what is guaranteed", caption: "Medians over the problems.",
        columns: [
          Column("layers"), Column("largest step"), Column("unbalancedness of the start"),
          Column("steps guaranteed"), Column("steps taken"),
          Column("steps taken, step 1,000 times larger"),
        ],
        rows: depths.enumerated().map { place, depth in
          func median(_ path: (Measurement) -> Double) -> Cell {
            .number(measured.map { path($0[place]) }.median)
          }
          return [
            .number(Double(depth)), median(\.step), median(\.unbalancedness), median(\.guaranteed),
            median(\.taken), median(\.takenWithLargerStep),
          ]
        })
    }
  }
}
