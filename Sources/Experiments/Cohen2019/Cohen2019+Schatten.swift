import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Cohen2019 {
  /// What depth makes small: a Schatten quasi-norm of the layers' product, or its nuclear norm?
  struct Schatten: Experiment {
    let item = Item(
      id: "cohen-schatten", paper: .cohen2019,
      title: "Schatten quasi-norms against the nuclear norm",
      shows: """
        Weight decay on N layers is a penalty on the Schatten 2/N quasi-norm; descent without it is not: where the \
        two disagree on commuting measurements, every depth goes to the smallest nuclear norm. Where the nuclear norm \
        is indifferent, a tilted start decides: two layers keep it, more layers make it larger.
        """,
      seconds: 0.5,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let a = Matrix.gaussian(rowCount: 5, columnCount: 7, using: &generator)
        let depth = 3
        let factors = try LayerFactorizer(depth: depth).fit(a).factors
        let weights = factors.reduce(0) { $0 + $1.inner($1) }
        let p = 2 / Double(depth)
        let sum = try a.singularValues().reduce(0) { $0 + Double.pow($1, p) }
        print(weights, Double(depth) * sum)
        """)

    private let depths = [2, 3, 4]
    /// The ends of the segment of diagonal solutions: the first has the smaller sum, the second the smaller sums of
    /// powers below one.
    private let nuclear = [1.0, 1.0, 0.0]
    private let sparse = [0.0, 0.02, 2.6]
    private let starts = [1e-2, 1e-4, 1e-6, 1e-8]

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("tilt", .number(\.tiltOfStart, 0.01...0.5), "κ of the tilted start"),
        Adjustable("start", .number(\.sizeOfStart, 1e-8...1e-2), "α of the tilted start"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let decay = try conditions.repetitions(5, to: 0.3) { _, generator in
        try depths.map { try weightDecay(depth: $0, using: &generator) }
      }
      let objective = try measurements()
      var ends: [[[Double]]] = []
      for (index, depth) in depths.enumerated() {
        try conditions.report(0.3 + 0.7 * Double(index) / Double(depths.count))
        ends.append(try starts.map { try end(objective, depth: depth, start: $0) })
      }
      let p = 0.5
      let reached = ends.map { $0.last! }
      let direction = try direction()
      var local = [
        Claim(
          "solutions [[1, ε], [ε, 1]], |ε| ≤ ½: largest change of the nuclear norm",
          source: "Proposition, locally: entries (1, 1) and (2, 2) known", .atMost, expected: 1e-14,
          measured: direction.nuclear),
        // (1+ε)^p + (1−ε)^p − 2 = −p(1−p)ε² − p(1−p)(2−p)(3−p)ε⁴/12 − …: every term is negative.
        Claim(
          "the same: change of Σσ^p over p(1−p)ε², p = 0.05 to 0.95: the largest",
          source: "Proposition, locally, every p in (0, 1)", .atMost, expected: -1,
          measured: direction.schatten, tolerance: 1e-9),
      ]
      for depth in depths {
        local.append(
          Claim(
            "from α[[1, κ], [κ, 1]], κ = \(tiltOfStart), α = \(sizeOfStart), depth \(depth): ε at the end",
            source: depth == 2
              ? "both values grow by one factor" : "s₁^{−q} − s₂^{−q} is kept, q = (N − 2)/N",
            expected: predictedTilt(depth: depth), measured: try tilt(depth: depth),
            tolerance: 1e-6))
      }
      var chosen: [Claim] = []
      for (depth, end) in zip(depths, reached) {
        chosen.append(
          Claim(
            "depth \(depth), α = 1e-8: nuclear norm reached, above the smallest",
            source: "Theorem on Gunasekar et al.'s setting", .atMost,
            expected: remainder(depth, starts.last!), measured: end.reduce(0, +) - 2))
      }
      for (depth, end) in zip(depths, reached) where depth > 2 {
        let p = 2 / Double(depth)
        let other = powers(sparse, p)
        chosen.append(
          Claim(
            "depth \(depth): Schatten 2/\(depth) sum reached, above that of the other end",
            source: "Proposition: the norms contradict each other", .atLeast,
            expected: 0.5 * (powers(nuclear, p) - other), measured: powers(end, p) - other))
      }
      return Findings(
        summary: [
          Fact("nuclear norms of the two ends", "2 and 2.62"),
          Fact(
            "Schatten ½ sums of the two ends",
            .text("\(rounded(powers(nuclear, p))) and \(rounded(powers(sparse, p)))")),
          Fact(
            "nuclear norms reached, depth 2, 3, 4",
            .text(ends.map { rounded($0.last!.reduce(0, +), 6) }.joined(separator: ", "))),
        ],
        settings: [
          Fact("measurements", "2 diagonal matrices; solutions (1−τ)·(1, 1, 0) + τ·(0, 0.02, 2.6)"),
          Fact("W(0)", "α·1, α = 1e-2, 1e-4, 1e-6, 1e-8"), Fact("depths", "2, 3, 4"),
          Fact("weight decay", "5 random 5×7 matrices, 20 other factorisations of each"),
        ],
        claims: [
          Claim(
            "largest relative error of Σ‖W_j‖² = N‖A‖_{2/N}^{2/N} for the balanced factors, depths 2, 3, 4",
            source: "layers' L₂ norm and the Schatten 2/N quasi-norm", .atMost, expected: 1e-12,
            measured: decay.joined().map(\.error).max()!),
          Claim(
            "smallest Σ‖W_j‖² of any other factorisation, relative to the balanced one",
            source: "the balanced factors are the smallest", .atLeast, expected: 1,
            measured: decay.joined().map(\.leastQuotient).min()!, tolerance: 1e-12),
        ] + chosen + local,
        notices: [
          Notice(
            .information,
            """
            So depth does not stand for a Schatten quasi-norm. Nor does it stand for the nuclear norm: on measurements \
            that do not commute, deeper networks give up nuclear norm for rank (`cohen-matrix-completion`).
            """)
        ],
        sections: [
          Section(
            heading: "Which solution descent chooses",
            blocks: [.figure(segment(ends)), .figure(approach(ends))])
        ])
    }

    /// The family [[1, ε], [ε, 1]] with singular values 1 ± ε: how its norms change from ε = 0.
    private func direction() throws -> (nuclear: Double, schatten: Double) {
      var result = (nuclear: 0.0, schatten: -Double.infinity)
      for place in 1...10 {
        let ε = 0.05 * Double(place)
        let values = try Matrix(rows: [[1, ε], [ε, 1]]).singularValues()
        result.nuclear = max(result.nuclear, abs(values.reduce(0, +) - 2))
        for share in 1...19 {
          let p = 0.05 * Double(share)
          result.schatten = max(
            result.schatten, (powers(values, p) - 2) / (p * (1 - p) * ε * ε))
        }
      }
      return result
    }

    var tiltOfStart = 0.1
    var sizeOfStart = 1e-4

    /// ε at the end of descent's flow from α[[1, κ], [κ, 1]] with the diagonal known to be one.
    private func tilt(depth: Int) throws -> Double {
      let objective = CompletionObjective(
        try ObservedEntries(
          rowCount: 2, columnCount: 2, rows: [0, 1], columns: [0, 1], values: [1, 1]))
      let start = sizeOfStart * Matrix(rows: [[1, tiltOfStart], [tiltOfStart, 1]])
      let run = GradientFlow(
        until: 1e12, steps: .adaptive(relativeTolerance: 1e-10), targetLoss: 1e-22, recording: .end
      ).run(
        objective,
        from: try .balanced(
          endToEnd: start, hiddenWidths: [Int](repeating: 2, count: depth - 1)))
      return run.finalNetwork.endToEnd()[0, 1]
    }

    /// Both values see the same slope: their quotient is kept by two layers, s^{−q} differences by more; their sum
    /// is 2 in the end.
    private func predictedTilt(depth: Int) -> Double {
      guard depth > 2 else { return tiltOfStart }
      let q = Double(depth - 2) / Double(depth)
      let kept =
        Double.pow(sizeOfStart * (1 - tiltOfStart), -q)
        - .pow(sizeOfStart * (1 + tiltOfStart), -q)
      var (low, high) = (0.0, 1.0)
      for _ in 0..<200 {
        let ε = (low + high) / 2
        if .pow(1 - ε, -q) - .pow(1 + ε, -q) < kept { low = ε } else { high = ε }
      }
      return (low + high) / 2
    }

    /// Least factors by the library against others of the same product.
    private func weightDecay(
      depth: Int, using generator: inout SeededGenerator
    ) throws -> (error: Double, leastQuotient: Double) {
      let a = Matrix.gaussian(rowCount: 5, columnCount: 7, using: &generator)
      let factors = try LayerFactorizer(depth: depth).fit(a).factors
      let weight = squares(factors)
      let expected = Double(depth) * powers(try a.singularValues(), 2 / Double(depth))
      var least = Double.infinity
      for trial in 0..<20 {
        var other = factors
        // W_{j+1}G⁻¹ and GW_j have the same product; the first are close to the balanced ones.
        for j in 0..<(depth - 1) {
          let size = Double(trial + 1) / 20
          let g =
            Matrix.identity(5)
            + 0.3 * size * .gaussian(rowCount: 5, columnCount: 5, using: &generator)
          other[j] = g * other[j]
          other[j + 1] = other[j + 1] * (try LUDecomposition(of: g).solve(Matrix.identity(5)))
        }
        least = min(least, squares(other) / weight)
      }
      return (abs(weight / expected - 1), least)
    }

    private func squares(_ factors: [Matrix]) -> Double { factors.reduce(0) { $0 + $1.inner($1) } }

    /// Two diagonal measurements whose common diagonal solutions are the line through both ends.
    private func measurements() throws -> SensingObjective {
      let along = zip(sparse, nuclear).map { $0 - $1 }
      // Two vectors orthogonal to the line, without zero sums of their own.
      let first = [along[1], -along[0], 0]
      let second = [0, along[2], -along[1]]
      let rows = [first, second].map { Matrix.diagonal($0).elements }
      let values = [first, second].map { zip($0, nuclear).reduce(0) { $0 + $1.0 * $1.1 } }
      return try SensingObjective(
        measurements: Matrix(rows: rows), values: values, outputCount: 3, inputCount: 3)
    }

    private func end(
      _ objective: SensingObjective, depth: Int, start: Double
    ) throws -> [Double] {
      let network = LinearNetwork.identity(
        widths: [Int](repeating: 3, count: depth + 1), scale: Double.root(start, depth))
      let run = GradientFlow(
        until: 1e12, steps: .adaptive(relativeTolerance: 1e-9), targetLoss: 1e-22,
        recording: .end
      ).run(objective, from: network)
      return run.trajectory.finalNetwork.endToEnd().diagonal
    }

    /// What the start leaves of the third component, which the smallest nuclear norm is without.
    ///
    /// With c = Aᵀν, ln(s_r/α) ∝ c_r for two layers and s_r^{−q} − α^{−q} ∝ −c_r, q = (N−2)/N, for more. Once
    /// s₁ and s₂ are one, s₃ is α^{1−c₃} and about α(1 − c₃)^{−1/q}. The norm above 2 is less than s₃.
    private func remainder(_ depth: Int, _ start: Double) -> Double {
      depth == 2
        ? .pow(start, dualSlack)
        : start * .pow(dualSlack, -Double(depth) / Double(depth - 2))
    }

    /// 1 − (Aᵀν)₃ for the dual vector that certifies the first end: Aᵀν is orthogonal to the line and one at both
    /// components in use.
    private var dualSlack: Double {
      let along = zip(sparse, nuclear).map { $0 - $1 }
      return 1 + (along[0] + along[1]) / along[2]
    }

    private func powers(_ values: [Double], _ p: Double) -> Double {
      values.reduce(0) { $0 + .pow(abs($1), p) }
    }

    private func rounded(_ value: Double, _ digits: Int = 3) -> String {
      let unit = Double.pow(10, digits)
      return "\((value * unit).rounded() / unit)"
    }

    private func segment(_ ends: [[[Double]]]) -> Figure {
      let τ = (0...100).map { Double($0) / 100 }
      func point(_ t: Double) -> [Double] { zip(nuclear, sparse).map { (1 - t) * $0 + t * $1 } }
      return Figure(
        title: "Norms over the solutions, and where descent ends",
        caption: """
          Each curve is relative to its value at τ = 0. Quasi-norms are smallest at τ = 1, the nuclear norm at \
          τ = 0, where all depths end (α = 1e-2, so that the points can be told apart).
          """,
        .lines(
          LinePlot(
            horizontal: Axis("solution τ", lower: -0.02, upper: 1.02),
            vertical: Axis("norm relative to τ = 0"),
            series: [(1.0, "nuclear norm"), (2.0 / 3, "Schatten 2/3"), (0.5, "Schatten 1/2")].map {
              p, name in
              Series(
                name, x: τ, y: τ.map { .pow(powers(point($0), p) / powers(nuclear, p), 1 / p) })
            }
              + depths.indices.map { index in
                let end = ends[index][0]
                return Series(
                  "end, \(depths[index]) layers", x: [end[2] / sparse[2]],
                  y: [end.reduce(0, +) / 2], style: .points)
              })))
    }

    private func approach(_ ends: [[[Double]]]) -> Figure {
      Figure(
        title: "Nuclear norm reached, above the smallest",
        caption: "It vanishes with the size of the start at every depth.",
        .lines(
          LinePlot(
            horizontal: Axis("start α", .logarithmic),
            vertical: Axis("nuclear norm − 2", .logarithmic),
            series: depths.indices.map { index in
              Series(
                "\(depths[index]) layers", x: starts,
                y: ends[index].map { max($0.reduce(0, +) - 2, 1e-16) }, style: .connectedPoints)
            })))
    }
  }
}
