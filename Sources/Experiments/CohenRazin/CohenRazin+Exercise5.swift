import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// Two layers under a constant gradient: gaps between singular values grow exponentially.
  struct Exercise5: Experiment {
    let item = Item(
      id: "cohen-razin-exercise-5", paper: .cohenRazin,
      title: "Exercise 5: gaps between singular values grow exponentially",
      shows: """
        Two layers whose singular values begin equal and feel constant forces c_r have \
        σ_r = ε exp(2c_r t); a real loss follows this until its values are no longer small.
        """,
      seconds: 0.2,
      snippet: """
        // After time 5 under the force 1, from 1e-4.
        print(SingularValueEquation.solution(from: 1e-4, integral: 2 * 1 * 5, depth: 2)!)
        """)

    var forces: [Double] = [1.0, 0.7, 0.4, -0.3]
    var size = 1e-6
    private let times = [Double].spaced(from: 0, to: 8, count: 81)

    private struct Measurement {
      var distance = 0.0
      var rate = 0.0
      var factorization = 0.0
      var beyond = Double.infinity
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("start", .number(\.size, 1e-12...1e-3), "size of the start"),
        Adjustable("forces", .numbers(\.forces, -2...2), "slopes of the components"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 20
      let measured = try conditions.repetitions(repetitions) { _, generator in
        try measure(using: &generator)
      }
      return Findings(
        summary: [
          Fact("largest distance of the closed form", .number(measured.map(\.distance).max()!)),
          Fact("σ₁/σ₃ at the end", .number(.exp(2 * (forces[0] - forces[2]) * times.last!))),
        ],
        settings: [
          Fact("forces c_r", "1, 0.7, 0.4, −0.3"), Fact("ε", .number(size)),
          Fact("linear loss", "ℓ(W) = −⟨C, W⟩, C with singular values 1, 0.7, 0.4 and −0.3"),
          Fact("real loss", "½‖W − C‖², first three components only"),
          Fact("start", "two balanced layers with the singular vectors of C"),
          Fact("relative tolerance of the flow", 1e-12),
          Fact("random singular vectors", .number(Double(repetitions))),
        ],
        claims: [
          // The layers double the relative errors of some hundred steps; what mixes into the weakest
          // component from the strongest one is rounding times their ratio.
          Claim(
            "linear loss: largest distance of the singular components from ε exp(2c_r t), relative",
            source: "Exercise 5", .atMost, expected: 1e-5, measured: measured.map(\.distance).max()!
          ),
          Claim(
            "largest error of the growth rate of σ_r/σ_r′ from 2(c_r − c_r′)",
            source: "Exercise 5", .atMost, expected: 1e-5, measured: measured.map(\.rate).max()!),
          // σ = ε e^{2ct}/(1 + ε(e^{2ct} − 1)/c): the relative error is at most ε e^{2ct}/c.
          Claim(
            "real loss: largest relative error over ε exp(2c_r t)/c_r", .atMost, expected: 1,
            measured: measured.map(\.factorization).max()!, tolerance: 1e-3),
          // The same formula, with ε e^{2ct}/c no longer small.
          Claim(
            "real loss: relative error at the end, where c₁ is learned and the force is gone",
            expected: size * .expMinusOne(16) / (1 + size * .expMinusOne(16)),
            measured: measured.map(\.beyond).min()!, tolerance: 1e-6),
        ],
        sections: [
          Section(
            heading: "Growth",
            blocks: [.row([courses(), quotients()])])
        ])
    }

    private func exact(_ force: Double, at time: Double) -> Double {
      SingularValueEquation.solution(from: size, integral: 2 * force * time, depth: 2)!
    }

    /// C = U diag(c) Vᵀ with random bases.
    private func bases(using generator: inout SeededGenerator) -> (left: Matrix, right: Matrix) {
      (
        .orthogonal(rowCount: 4, columnCount: 4, using: &generator),
        .orthogonal(rowCount: 4, columnCount: 4, using: &generator)
      )
    }

    private func measure(using generator: inout SeededGenerator) throws -> Measurement {
      let (left, right) = bases(using: &generator)
      let target = left.scalingColumns(by: forces).timesTransposed(right)
      let root = size.squareRoot()
      let network = try LinearNetwork(layers: [root * right.transposed(), root * left])
      func components(_ objective: some Objective) -> [[Double]] {
        GradientFlow(
          until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
          recording: .at(times, of: [.endToEnd])
        ).run(objective, from: network).trajectory.snapshots
          .map { (left.transposedTimes($0.endToEnd!) * right).diagonal }
      }
      var result = Measurement()
      let linear = components(LinearLoss(forces: target))
      for (time, values) in zip(times, linear) {
        for (force, value) in zip(forces, values) {
          result.distance = max(result.distance, abs(value / exact(force, at: time) - 1))
        }
      }
      let duration = times.last!
      for r in 0..<3 {
        for s in (r + 1)..<4 {
          let rate = Double.log(linear.last![r] / linear.last![s]) / duration
          result.rate = max(result.rate, abs(rate - 2 * (forces[r] - forces[s])))
        }
      }
      let real = components(FactorizationObjective(target))
      for (time, values) in zip(times, real).dropFirst() {
        for (force, value) in zip(forces, values) where force > 0 {
          let exact = exact(force, at: time)
          result.factorization = max(
            result.factorization, abs(value / exact - 1) / (exact / force))
        }
      }
      result.beyond = abs(real.last![0] / exact(forces[0], at: duration) - 1)
      return result
    }

    private func courses() -> Figure {
      Figure(
        title: "Singular values under constant forces",
        caption:
          "Solid: ε exp(2c_r t). Dashed: two layers on ½‖W − C‖², which agree until σ_r is near c_r.",
        .lines(
          LinePlot(
            horizontal: Axis("time"), vertical: Axis("singular value", .logarithmic),
            series: forces.enumerated().flatMap { place, force in
              let constant = Series(
                "c = \(force.formatted)", x: times, y: times.map { exact(force, at: $0) },
                color: .palette(place))
              guard force > 0 else { return [constant] }
              let mode = BalancedMode(
                depth: 2, target: force, curvature: 1, initial: size.squareRoot())
              return [
                constant,
                Series(
                  "c = \(force.formatted), real loss", x: times,
                  y: times.map { mode.endToEnd(at: $0) },
                  style: .dashed, color: .palette(place)),
              ]
            })))
    }

    private func quotients() -> Figure {
      Figure(
        title: "Quotients of singular values",
        caption:
          "Straight lines on a logarithmic axis: exponential growth at the rate 2(c_r − c_r′).",
        .lines(
          LinePlot(
            horizontal: Axis("time"), vertical: Axis("σ₁/σ_r", .logarithmic),
            series: (1..<4).map { r in
              Series(
                "σ₁/σ\(r + 1)", x: times,
                y: times.map { exact(forces[0], at: $0) / exact(forces[r], at: $0) },
                color: .palette(r))
            })))
    }
  }
}

/// ℓ(W) = −⟨C, W⟩: the same gradient everywhere.
private struct LinearLoss: Objective {
  /// C.
  let forces: Matrix

  var outputCount: Int { forces.rowCount }
  var inputCount: Int { forces.columnCount }
  var isConvex: Bool { true }
  var smoothness: Double? { 0 }
  var strongConvexity: Double? { 0 }
  var minimum: ObjectiveMinimum? { nil }

  func value(at endToEnd: Matrix) -> Double { -forces.inner(endToEnd) }

  func value(at endToEnd: Matrix, transposedGradient: inout Matrix) -> Double {
    transposedGradient = -forces.transposed()
    return value(at: endToEnd)
  }

  func curvature(at endToEnd: Matrix, along direction: Matrix, transposed result: inout Matrix) {
    result.setToZero()
  }
}
