import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Later {
  /// Two layers whose imbalance is a multiple of the identity, in closed form.
  struct BalancedUpToIdentity: Experiment {
    let item = Item(
      id: "later-lambda-balanced", paper: .later,
      title: "λ-balanced starts: two layers in closed form, from lazy to rich",
      shows: """
        With W₂ᵀW₂ − W₁W₁ᵀ = λ1 and white inputs QQᵀ, Q = [W₁ᵀ; W₂], solves a Riccati equation. The closed form meets \
        the integrated flow for either sign of λ; the larger |λ|, the less the singular vectors of the layers turn.
        """,
      seconds: 0.3,
      snippet: """
        // An imbalance of 2·1 on both sides of the hidden layer, Σx = 1.
        let target = Matrix.diagonal([1.5, 0.5])
        let start = try LinearNetwork(layers: [.diagonal([0.1, 0.1]), .diagonal([(2.01).squareRoot(), (2.01).squareRoot()])])
        let flow = GradientFlow(until: 3, recording: .at([3], of: [.layers]))
          .run(FactorizationObjective(target), from: start)
        print(flow.finalNetwork.balanceInvariants()[0])
        """,
      citation: """
        Lukas Braun, Clémentine Dominé, James Fitzgerald, Andrew Saxe. Exact Learning Dynamics of Deep Linear Networks \
        with Prior Knowledge. NeurIPS 2022. Clémentine Dominé and others. From Lazy to Rich. ICLR 2025. \
        https://arxiv.org/abs/2409.14623
        """)

    private let times = [0.25, 0.5, 1, 2, 4]
    private let imbalances: [Double] = [-4, -0.7, 0.7, 4]
    var tolerance = 1e-12

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("tolerance", .number(\.tolerance, 1e-14...1e-6), "relative, of the flow")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      let runs = try conditions.repetitions(count) { _, generator in
        try imbalances.map { try Run($0, times: times, tolerance: tolerance, using: &generator) }
      }
      let all = runs.flatMap(\.self)
      let turns = try conditions.repetitions(count) { _, generator in
        // The same directions for every λ.
        let seed = generator.next()
        return try [0.5, 2, 8, 32].map { λ in
          var directions = SeededGenerator(seed: seed)
          return try turn(λ, using: &directions)
        }
      }
      return Findings(
        summary: [
          Fact("largest distance from the integrated flow", .number(all.map(\.distance).max()!)),
          Fact("with the other sign of λ, least", .number(all.map(\.otherSign).min()!)),
        ],
        settings: [
          Fact("shapes", "4 inputs, 3 hidden units, 3 outputs for λ > 0; 3, 3 and 4 for λ < 0"),
          Fact("λ", "−4, −0.7, 0.7, 4"), Fact("starts for each", .number(Double(count))),
          Fact("relative tolerance of the flow", .number(tolerance)),
        ],
        claims: [
          // 1e-12 at each of some hundred steps, over an inverse of condition e^{2λt}.
          Claim(
            "QQᵀ in closed form against the integrated flow, relatively, all λ, times and starts",
            source: "Theorem of Dominé and others", .atMost, expected: 1e-8,
            measured: all.map(\.distance).max()!),
          Claim(
            "the library's own solution against the same flow: end-to-end matrix, relatively",
            source: "the Riccati equation of Tarmoun and others", .atMost, expected: 1e-8,
            measured: all.map(\.ofLibrary).max()!),
          Claim(
            "F with the other sign of λ: least distance at the same times",
            source: "F has −λ/2 above",
            .atLeast, expected: 0.01, measured: all.map(\.otherSign).min()!),
          Claim(
            "turn of the hidden representation at t = 4, |λ| = 8 over 2 and 32 over 8: largest quotient",
            source: "lazy regime: large |λ| keeps the representation", .atMost, expected: 1,
            measured: turns.flatMap { zip($0.dropFirst(), $0.dropFirst(2)).map { $1 / $0 } }.max()!),
        ],
        sections: [
          Section(
            heading: "From rich to lazy",
            blocks: [.figure(figure(turns))])
        ])
    }

    private struct Run {
      var distance = 0.0
      var ofLibrary = 0.0
      var otherSign = Double.infinity

      init(
        _ λ: Double, times: [Double], tolerance: Double, using generator: inout SeededGenerator
      ) throws {
        let (network, target) = try BalancedUpToIdentity.start(λ, using: &generator)
        let flow = GradientFlow(
          until: times.last!, steps: .adaptive(relativeTolerance: tolerance),
          recording: .at(times, of: [.layers])
        ).run(FactorizationObjective(target), from: network)
        let first = Matrix.verticallyStacked([network.layers[0].transposed(), network.layers[1]])
        let exact = try ExactSolutions.solve(
          .factorization(target: target), from: .layered(network), at: times)
        for (place, time) in times.enumerated() {
          let layers = flow.snapshots[place].layers!
          let q = Matrix.verticallyStacked([layers[0].transposed(), layers[1]])
          let measured = q.timesTransposed(q)
          func error(_ λ: Double) throws -> Double {
            (try BalancedUpToIdentity.closedForm(target, first, λ, time) - measured).frobeniusNorm
              / measured.frobeniusNorm
          }
          distance = max(distance, try error(λ))
          if time <= 1 { otherSign = min(otherSign, try error(-λ)) }
          ofLibrary = max(
            ofLibrary,
            (exact.trajectory.snapshots[place].endToEnd! - layers[1] * layers[0]).frobeniusNorm
              / target.frobeniusNorm)
        }
      }
    }

    /// W₂ᵀW₂ = λ1 + W₁W₁ᵀ with random directions.
    private static func start(
      _ λ: Double, using generator: inout SeededGenerator
    ) throws -> (LinearNetwork, Matrix) {
      let (inputs, outputs) = λ > 0 ? (4, 3) : (3, 4)
      let free = Matrix.gaussian(
        rowCount: λ > 0 ? inputs : outputs, columnCount: 3, standardDeviation: 0.5,
        using: &generator)
      let gram = free.transposedTimes(free) + abs(λ) * Matrix.identity(3)
      let root = try SymmetricEigendecomposition(of: gram.symmetrized()).map { $0.squareRoot() }
      let bound =
        Matrix.orthogonal(rowCount: λ > 0 ? outputs : inputs, columnCount: 3, using: &generator)
        * root
      let (first, second) = λ > 0 ? (free, bound) : (bound, free)
      let target = Matrix.random(
        singularValues: [2, 1.2, 0.6], rowCount: outputs, columnCount: inputs, using: &generator)
      return (try LinearNetwork(layers: [first.transposed(), second]), target)
    }

    /// QQᵀ(t) = e^{tF} Q₀ [1 + ½ Q₀ᵀ (e^{tF} F⁻¹ e^{tF} − F⁻¹) Q₀]⁻¹ Q₀ᵀ e^{tF}, F = [−λ/2 1, Yᵀ; Y, λ/2 1].
    private static func closedForm(
      _ target: Matrix, _ q: Matrix, _ λ: Double, _ time: Double
    ) throws -> Matrix {
      let (inputs, outputs) = (target.columnCount, target.rowCount)
      var f = Matrix.zeros(inputs + outputs, inputs + outputs)
      for i in 0..<inputs { f[i, i] = -λ / 2 }
      for i in 0..<outputs {
        f[inputs + i, inputs + i] = λ / 2
        for j in 0..<inputs {
          f[inputs + i, j] = target[i, j]
          f[j, inputs + i] = target[i, j]
        }
      }
      let eigen = try SymmetricEigendecomposition(of: f)
      let exponential = eigen.map { .exp(time * $0) }
      let weight = eigen.map { .expMinusOne(2 * time * $0) / $0 }
      let inner = Matrix.identity(q.columnCount) + 0.5 * q.transposedTimes(weight * q)
      let left = exponential * q
      return try left * LUDecomposition(of: inner).inverse() * left.transposed()
    }

    /// How far W₁ᵀW₁, the similarity of inputs in the hidden layer, has moved at t = 4, relatively.
    private func turn(_ λ: Double, using generator: inout SeededGenerator) throws -> Double {
      let (network, target) = try Self.start(-λ, using: &generator)
      let flow = GradientFlow(
        until: 4, recording: FlowRecording(times: [], of: [.layers])
      ).run(FactorizationObjective(target), from: network)
      let before = network.layers[0].transposedTimes(network.layers[0])
      let last = flow.snapshots.last!.layers![0]
      return (last.transposedTimes(last) - before).frobeniusNorm / before.frobeniusNorm
    }

    private func figure(_ turns: [[Double]]) -> Figure {
      Figure(
        title: "How much the hidden representation changes",
        caption:
          "Relative change of W₁ᵀW₁ until t = 4 against |λ|, five starts: rich on the left, lazy on the right.",
        .lines(
          LinePlot(
            horizontal: Axis("|λ|", .logarithmic), vertical: Axis("relative change", .logarithmic),
            series: turns.prefix(5).enumerated().map { place, curve in
              Series("start \(place + 1)", x: [0.5, 2, 8, 32], y: curve, style: .connectedPoints)
            })))
    }
  }
}
