import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// Closed forms of the singular value equation, and the sign of the determinant.
  struct Lemma2: Experiment {
    let item = Item(
      id: "cohen-razin-lemma-2", paper: .cohenRazin,
      title: "Lemma 2: the determinant never changes its sign",
      shows: """
        The closed forms of the singular value equation agree with its integration for either sign, \
        up to the moment where they become infinite; no singular value of two or more layers crosses zero, however \
        long it is drawn to the other side.
        """,
      seconds: 0.7,
      snippet: """
        // σ(0) = ½ under ∫g = 1, for two and for three layers.
        print(SingularValueEquation.solution(from: 0.5, integral: 1, depth: 2) ?? .infinity)
        print(SingularValueEquation.solution(from: 0.5, integral: 1, depth: 3) ?? .infinity)
        """)

    private let depths = [2, 3, 4, 5]
    private let starts = [0.5, -0.5, 0]
    private let times = [Double].spaced(from: 0, to: 2 * .pi, count: 101)

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 20
      let closed = depths.flatMap { depth in starts.map { distance(depth, from: $0) } }.max()!
      let blowUps = [3, 4, 5].flatMap { depth in [5.0, -5].map { blowUp(depth, from: $0) } }
      try conditions.report(0.1)
      let measured = try conditions.repetitions(repetitions, from: 0.1) { _, generator in
        try signs(using: &generator)
      }
      let long = try conditions.repetitions(5) { _, generator in try longRuns(using: &generator) }
      return Findings(
        summary: [
          Fact("largest distance of the closed forms", .number(closed)),
          Fact(
            "runs of layers", .number(Double(repetitions * 6)),
            note: "none changes the sign of det W"),
        ],
        settings: [
          Fact("g(t)", "2 cos t"), Fact("depths", "2, 3, 4, 5"),
          Fact("starts of the closed forms", "0.5, −0.5, 0; with a blow-up 5 and −5"),
          Fact("relative tolerance of the integration", 1e-13),
          Fact(
            "runs of layers",
            "3×3, depths 1 to 4, det W of either sign and zero, until time 4; to 100 for the slopes"
          ),
          Fact("targets", .number(Double(repetitions))),
        ],
        claims: [
          Claim(
            "largest distance of the closed forms from integration, relative",
            source: "proof of Lemma 2", .atMost, expected: 1e-10, measured: closed),
          // Integration ends where no step changes the time any more.
          Claim(
            "largest error of the time at which the closed form becomes infinite",
            source: "proof of Lemma 2", .atMost, expected: 1e-6,
            measured: blowUps.map { abs($0.found - $0.expected) }.max()!),
          Claim(
            "two to four layers: runs in which det W changes its sign", source: "Lemma 2", .atMost,
            expected: 0, measured: Double(measured.map(\.changes).reduce(0, +))),
          Claim(
            "two to four layers: largest σ_min/σ_max from a start with det W = 0",
            source: "Lemma 2", .atMost, expected: 1e-12, measured: measured.map(\.singular).max()!),
          // σ′ = −Nσ^{2−2/N}κ towards a target of the other sign, and κ tends to the target's smallest value, 0.6: ln σ for
          // two layers and σ^{−(N−2)/N} for more are straight in the end. κ is off by the errors of the other modes, which
          // decay like e^{−1.6·50} for two layers, and by σ itself for more: (1 + σ/0.6) of 0.6, σ ≤ 1e-4 from t = 50 on.
          Claim(
            "towards the other sign from t = 50 to 100: slope of −½ ln σ_min for two layers, of (N−2)⁻¹ σ_min^{−(N−2)/N} for three and four, the one farthest from 0.6",
            source: "proof of Lemma 2, far beyond rounding of W", expected: 0.6,
            measured: long.flatMap(\.slopes).max { abs($0 - 0.6) < abs($1 - 0.6) }!, tolerance: 1e-3
          ),
          Claim(
            "two layers at t = 100: largest σ_min, below the rounding of W and not zero",
            source: "Lemma 2", .atMost, expected: 1e-16, measured: long.map(\.twoLayers).max()!),
          // The slope of these quantities is ⟨∇ℓ, uvᵀ⟩ ≤ ‖∇ℓ‖_F = √(2ℓ), u and v of the smallest singular value. The loss
          // falls, so that the sum over the left ends of the times is above the integral.
          Claim(
            "two to four layers, t = 0 to 100: largest quotient of what these quantities gain and ∫√(2ℓ); a crossing would make it infinite",
            source: "proof of Lemma 2: the gradient's size bounds how near zero σ_min comes",
            .atMost,
            expected: 1, measured: long.flatMap(\.gains).max()!),
          Claim(
            "one layer: share of runs towards a determinant of the other sign in which it changes",
            expected: 1, measured: measured.map(\.oneLayer).reduce(0, +) / Double(repetitions)),
        ],
        sections: [
          Section(
            heading: "Closed forms",
            blocks: [
              .row([
                courses("Starts at ±½", from: 0.5), courses("Starts at ±5", from: 5),
              ])
            ]),
          Section(
            heading: "Runs towards a determinant of the other sign",
            prose:
              "The target has a determinant of the other sign. One layer crosses zero; deeper networks come close and stay on their side.",
            blocks: [.row(try determinants(conditions))]),
        ])
    }

    /// The course of σ′ = (σ²)^{1−1/n} 2 cos t; the time is a second component.
    private func integrate(_ depth: Int, from start: Double) -> Trajectory {
      let exponent = 1 - 1 / Double(depth)
      let equation = MatrixFlow(from: Matrix(rows: [[start, 0]])) { state in
        let σ = state[0, 0]
        return Matrix(rows: [[.pow(σ * σ, exponent) * 2 * .cos(state[0, 1]), 1]])
      }
      return GradientFlow(
        until: times.last!, method: .dormandPrince, steps: .adaptive(relativeTolerance: 1e-13),
        stepLimit: 100_000, recording: .at(times, of: [.endToEnd])
      ).run(equation).trajectory
    }

    private func solution(_ depth: Int, from start: Double, at time: Double) -> Double? {
      SingularValueEquation.solution(from: start, integral: 2 * .sin(time), depth: depth)
    }

    private func distance(_ depth: Int, from start: Double) -> Double {
      integrate(depth, from: start).snapshots.map { point in
        let exact = solution(depth, from: start, at: point.time) ?? .infinity
        let error = abs(point.endToEnd![0, 0] - exact)
        return error == 0 ? 0 : error / abs(exact)
      }.max()!
    }

    private func blowUp(_ depth: Int, from start: Double) -> (found: Double, expected: Double) {
      let integral = SingularValueEquation.blowUpIntegral(from: start, depth: depth)!
      let angle = Double.asin(integral / 2)
      // 2 sin t passes a negative number after π.
      return (integrate(depth, from: start).times.last!, angle > 0 ? angle : .pi - angle)
    }

    private struct Signs {
      var changes = 0
      var singular = 0.0
      var oneLayer = 0.0
    }

    private func target(using generator: inout SeededGenerator) -> Matrix {
      .random(singularValues: [1, 0.8, 0.6], rowCount: 3, columnCount: 3, using: &generator)
    }

    private func signs(using generator: inout SeededGenerator) throws -> Signs {
      let target = target(using: &generator)
      let start = Matrix.random(
        singularValues: [0.5, 0.4, 0.3], rowCount: 3, columnCount: 3, using: &generator)
      var result = Signs()
      for factor in [1.0, -1] {
        // −1 times a 3×3 matrix has the other sign of the determinant.
        for depth in 1...4 {
          let run = try run(depth, from: factor * start, to: target)
          let signs = Set(try DeterminantSign.along(run))
          if depth > 1 {
            if signs.count > 1 { result.changes += 1 }
          } else if try DeterminantSign.of(target) != DeterminantSign.of(factor * start) {
            result.oneLayer = signs.isSuperset(of: [-1, 1]) ? 1 : 0
          }
        }
      }
      let singular = Matrix.random(
        singularValues: [0.5, 0.4], rowCount: 3, columnCount: 3, using: &generator)
      for depth in 2...4 {
        for point in try run(depth, from: singular, to: target).snapshots {
          let values = try point.endToEnd!.singularValues()
          result.singular = max(result.singular, values[2] / values[0])
        }
      }
      return result
    }

    /// Runs towards a target of the other sign until time 100, in coordinates that keep every singular value.
    private func longRuns(
      using generator: inout SeededGenerator
    ) throws -> LongRuns {
      let target = target(using: &generator)
      let some = Matrix.random(
        singularValues: [0.5, 0.4, 0.3], rowCount: 3, columnCount: 3, using: &generator)
      let start =
        try DeterminantSign.of(some) == DeterminantSign.of(target) ? -1 * some : some
      var result = LongRuns()
      let (end, step) = (100.0, 0.5)
      for depth in 2...4 {
        let flow = GradientFlow(
          until: end, steps: .adaptive(relativeTolerance: 1e-10),
          recording: .at(
            .spaced(from: 0, to: end, count: Int(end / step) + 1), of: [.singularValues])
        ).run(
          FactorizationObjective(target),
          from: try .balanced(
            endToEnd: start, hiddenWidths: [Int](repeating: 3, count: depth - 1)))
        let least = flow.singularValues.map { $0[2] }
        let n = Double(depth)
        let straight = least.map { σ in
          depth == 2 ? -0.5 * Double.log(σ) : .pow(σ, -(n - 2) / n) / (n - 2)
        }
        let middle = straight.count / 2
        result.slopes.append((straight.last! - straight[middle]) / (end / 2))
        let room = flow.losses.dropLast().reduce(0) { $0 + (2 * $1).squareRoot() * step }
        result.gains.append((straight.last! - straight[0]) / room)
        if depth == 2 { result.twoLayers = least.last! }
      }
      return result
    }

    private struct LongRuns {
      /// For each depth, from half the time on.
      var slopes: [Double] = []
      /// For each depth: what −½ ln σ_min or its like gained, over ∫√(2ℓ).
      var gains: [Double] = []
      /// σ_min of two layers at the end.
      var twoLayers = 0.0
    }

    private func run(_ depth: Int, from start: Matrix, to target: Matrix) throws -> Trajectory {
      GradientFlow(
        until: 4, steps: .adaptive(relativeTolerance: 1e-10),
        recording: .at(.spaced(from: 0, to: 4, count: 81), of: [.endToEnd])
      ).run(
        FactorizationObjective(target),
        from: try .balanced(endToEnd: start, hiddenWidths: [Int](repeating: 3, count: depth - 1))
      ).trajectory
    }

    private func courses(_ title: String, from size: Double) -> Figure {
      Figure(
        title: title,
        caption: size < 1
          ? "σ under g = 2 cos t: closed forms. Neither sign reaches zero."
          : "The same from larger starts: with three layers or more σ becomes infinite, where the curve ends.",
        .lines(
          LinePlot(
            horizontal: Axis("time"),
            vertical: Axis("σ", lower: -14 * size, upper: 14 * size),
            series: depths.enumerated().flatMap { place, depth in
              [size, -size].map { start in
                let integral = SingularValueEquation.blowUpIntegral(from: start, depth: depth)
                let isBeyond = times.map { time in
                  // Once infinite, it does not come back.
                  integral.map { limit in
                    times.contains { $0 <= time && 2 * .sin($0) / limit >= 1 }
                  } ?? false
                }
                let shown = times.indices.filter { !isBeyond[$0] }
                return Series(
                  "\(depth) layers" + (start < 0 ? ", negative" : ""), x: shown.map { times[$0] },
                  y: shown.map { solution(depth, from: start, at: times[$0]) ?? .nan },
                  style: start < 0 ? .dashed : .solid, color: .palette(place))
              }
            })))
    }

    /// On a linear axis with one layer, and on a logarithmic one without.
    private func determinants(_ conditions: Conditions) throws -> [Figure] {
      var generator = conditions.generator(0)
      let target = target(using: &generator)
      let some = Matrix.random(
        singularValues: [0.5, 0.4, 0.3], rowCount: 3, columnCount: 3, using: &generator)
      let other =
        try DeterminantSign.of(some) == DeterminantSign.of(target) ? -1 * some : some
      let sign = try DeterminantSign.of(other)
      let curves = try (1...4).map { depth in
        let run = try run(depth, from: other, to: target)
        return Series(
          depth == 1 ? "1 layer" : "\(depth) layers", x: run.times,
          y: try run.snapshots.map {
            Double(sign) * (try LUDecomposition(of: $0.endToEnd!).determinant)
          }, color: .palette(depth - 1))
      }
      return [
        Figure(
          title: "Determinant of W", caption: "Signed so that it begins positive.",
          .lines(
            LinePlot(
              horizontal: Axis("time"), vertical: Axis("± det W"), series: curves))),
        Figure(
          title: "The same without the single layer",
          caption: "Two layers approach zero exponentially, more layers slower.",
          .lines(
            LinePlot(
              horizontal: Axis("time"), vertical: Axis("± det W", .logarithmic),
              series: Array(curves.dropFirst())))),
      ]
    }
  }
}
