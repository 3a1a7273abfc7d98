import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Later {
  /// Layers that learn at different rates conserve another matrix.
  struct LayerRates: Experiment {
    let item = Item(
      id: "later-layer-rates", paper: .later,
      title: "Unequal layer rates and what they conserve",
      shows: """
        If the layers learn at rates η₁ and η₂, W₂ᵀW₂/η₂ − W₁W₁ᵀ/η₁ is conserved, and W₂ᵀW₂ − W₁W₁ᵀ is not. \
        The end-to-end matrix is that of equal rates from rescaled layers.
        """,
      seconds: 0.2,
      snippet: """
        // Rates 1 and 4 are equal rates for layers divided by 1 and 2, and a product divided by 2.
        let target = Matrix.diagonal([2, 1])
        let rescaled = FactorizationObjective(target / 2)
        let network = try LinearNetwork(layers: [.diagonal([0.3, 0.2]), .diagonal([0.1, 0.1])])
        print(GradientFlow(until: 2).run(rescaled, from: network).finalNetwork.endToEnd() * 2)
        """,
      citation: """
        Daniel Kunin and others. Get rich quick: exact solutions reveal how unbalanced initializations promote rapid \
        feature learning. NeurIPS 2024. https://arxiv.org/abs/2406.06158
        """)

    private let rates = [(1.0, 4.0), (2.0, 0.1), (0.3, 3.0)]
    var tolerance = 1e-11

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("tolerance", .number(\.tolerance, 1e-14...1e-6), "relative, of the flow")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      let runs = try conditions.repetitions(count) { _, generator in
        try rates.map { try Run($0, tolerance: tolerance, using: &generator) }
      }.flatMap(\.self)
      return Findings(
        summary: [
          Fact("largest change of the conserved matrix", .number(runs.map(\.drift).max()!)),
          Fact("least change of W₂ᵀW₂ − W₁W₁ᵀ", .number(runs.map(\.plainDrift).min()!)),
        ],
        settings: [
          Fact("η₁, η₂", "(1, 4), (2, 0.1), (0.3, 3)"),
          Fact("problem", "½‖Y − W₂W₁‖², 3 × 4, 5 hidden units"),
          Fact("starts for each", .number(Double(count))),
          Fact("relative tolerance", .number(tolerance)),
        ],
        claims: [
          // The tolerance at each of some hundred steps.
          Claim(
            "largest change of W₂ᵀW₂/η₂ − W₁W₁ᵀ/η₁, relative to its largest term",
            source: "Kunin and others", .atMost, expected: 1e3 * tolerance,
            measured: runs.map(\.drift).max()!),
          Claim(
            "least change of W₂ᵀW₂ − W₁W₁ᵀ, the same way", source: "equal rates only", .atLeast,
            expected: 1e-3, measured: runs.map(\.plainDrift).min()!),
          Claim(
            "end-to-end matrix against the library's flow at equal rates from W_j/√η_j towards Y/√(η₁η₂), in time η-free: largest distance, relatively",
            source: "V_j = W_j/√η_j", .atMost, expected: 1e-7, measured: runs.map(\.distance).max()!
          ),
        ],
        sections: [Section(heading: "Along one run", blocks: [.figure(runs[0].figure)])])
    }

    private struct Run {
      var drift = 0.0
      var plainDrift = 0.0
      var distance = 0.0
      var figure: Figure

      init(
        _ rates: (Double, Double), tolerance: Double, using generator: inout SeededGenerator
      ) throws {
        let (inputs, hidden, outputs) = (4, 5, 3)
        let target = Matrix.gaussian(rowCount: outputs, columnCount: inputs, using: &generator)
        let network = LinearNetwork.gaussian(
          widths: [inputs, hidden, outputs], standardDeviation: 0.5, using: &generator)
        let times = (0...60).map { 3 * Double($0) / 60 }
        // Q = [W₁ᵀ; W₂] moves by its own gradient's blocks times the rates.
        let q = Matrix.verticallyStacked([network.layers[0].transposed(), network.layers[1]])
        func layers(_ q: Matrix) -> (first: Matrix, second: Matrix) {
          (
            q.submatrix(rows: 0..<inputs, columns: 0..<hidden).transposed(),
            q.submatrix(rows: inputs..<inputs + outputs, columns: 0..<hidden)
          )
        }
        let equation = MatrixFlow(from: q) { q in
          let first = q.submatrix(rows: 0..<inputs, columns: 0..<hidden).transposed()
          let second = q.submatrix(rows: inputs..<inputs + outputs, columns: 0..<hidden)
          let residual = target - second * first
          return .verticallyStacked([
            rates.0 * (residual.transposedTimes(second)), rates.1 * residual.timesTransposed(first),
          ])
        }
        let points = GradientFlow(
          until: 3, steps: .adaptive(relativeTolerance: tolerance),
          recording: .at(times, of: [.endToEnd])
        ).run(equation).snapshots.map { layers($0.endToEnd!) }
        func changes(_ a: Double, _ b: Double) -> [Double] {
          let values = points.map {
            $0.second.transposedTimes($0.second) / b - $0.first.timesTransposed($0.first) / a
          }
          let size = points.map {
            max($0.second.inner($0.second) / b, $0.first.inner($0.first) / a)
          }.max()!
          return values.map { ($0 - values[0]).frobeniusNorm / size }
        }
        let kept = changes(rates.0, rates.1)
        let plain = changes(1, 1)
        drift = kept.max()!
        plainDrift = plain.max()!
        let scale = (rates.0 * rates.1).squareRoot()
        // V₂V₁ = W/√(η₁η₂); V_j′ = −√η_j ∂ℓ/∂W_j, which is the flow of η₁η₂ ½‖Y/√(η₁η₂) − V₂V₁‖².
        let rescaled = try LinearNetwork(layers: [
          network.layers[0] / rates.0.squareRoot(), network.layers[1] / rates.1.squareRoot(),
        ])
        let flow = GradientFlow(
          until: 3 * rates.0 * rates.1, steps: .adaptive(relativeTolerance: tolerance),
          recording: .at(times.map { $0 * rates.0 * rates.1 }, of: [.endToEnd])
        ).run(FactorizationObjective(target / scale), from: rescaled)
        distance = zip(points, flow.snapshots).map {
          ($0.second * $0.first - scale * $1.endToEnd!).frobeniusNorm / target.frobeniusNorm
        }.max()!
        figure = Figure(
          title: "What changes and what does not",
          caption: "Relative change along one run with η₁ = 1, η₂ = 4.",
          .lines(
            LinePlot(
              horizontal: Axis("time"),
              vertical: Axis("relative change", .logarithmic, lower: 1e-17),
              series: [
                Series("W₂ᵀW₂/η₂ − W₁W₁ᵀ/η₁", x: times, y: kept.map { max($0, 1e-17) }),
                Series("W₂ᵀW₂ − W₁W₁ᵀ", x: times, y: plain.map { max($0, 1e-17) }),
              ])))
      }
    }
  }
}
