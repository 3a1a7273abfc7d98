import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// Proposition 5 for a negative determinant.
  struct Exercise4: Experiment {
    let item = Item(
      id: "cohen-razin-exercise-4", paper: .cohenRazin,
      title: "Exercise 4: the other sign of the determinant",
      shows: """
        From a negative determinant the problem of Proposition 5 is solved with a finite norm; with \
        the sign of one known entry changed, it is the mirror image and the norm diverges again.
        """,
      seconds: 20,
      snippet: """
        let entries = try ObservedEntries(
          rowCount: 2, columnCount: 2, rows: [0, 1, 1], columns: [1, 0, 1], values: [1, -1, 0])
        let network = try LinearNetwork.balanced(
          endToEnd: Matrix(rows: [[0.3, 0], [0, -0.2]]), hiddenWidths: [2, 2])
        let end = GradientFlow(until: 1000).run(CompletionObjective(entries), from: network)
        print(end.trajectory.losses.last!, end.trajectory.finalNetwork.endToEnd())
        """)

    private let depths = [3, 4]
    private let mirrored = DivergenceProblem(values: [1, -1, 0])

    private struct Measurement {
      var finite: Trajectory
      var divergent: Trajectory
      var slack: Double
      var mirror: Double
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 20
      let level = conditions.isQuick ? 1e-4 : 1e-7
      let measured = try conditions.repetitions(repetitions) { _, generator in
        let start = try DivergenceProblem.start(sign: -1, using: &generator)
        return try depths.map { try measure($0, start, level, conditions) }
      }
      let all = measured.flatMap { $0 }
      func norm(_ trajectory: Trajectory) -> Double {
        trajectory.snapshots.last!.endToEnd!.frobeniusNorm
      }
      let finite = all.map { norm($0.finite) }.max()!
      return Findings(
        summary: [
          Fact("largest norm, original problem", .number(finite)),
          Fact("least norm, changed problem", .number(all.map { norm($0.divergent) }.min()!)),
        ],
        settings: [
          Fact("original problem", "w₁₂ = 1, w₂₁ = 1, w₂₂ = 0"),
          Fact("changed problem", "w₁₂ = 1, w₂₁ = −1, w₂₂ = 0"),
          Fact("depths", "3, 4"),
          Fact("start", "balanced, random, singular values 0.1 to 0.5, det W < 0"),
          Fact("until the loss is", .number(level)), Fact("starts", .number(Double(repetitions))),
        ],
        claims: [
          Claim(
            "largest loss at the end, both problems", .atMost, expected: level,
            measured: all.map { max($0.finite.losses.last!, $0.divergent.losses.last!) }.max()!,
            tolerance: 1e-6 * level),
          // With both layers small no entry overshoots by much: the bound at this loss is far above.
          Claim(
            "original problem, det W < 0: largest norm at the end, below what det W > 0 requires",
            .atMost, expected: NormDivergence.bound(atLoss: level), measured: finite),
          Claim(
            "changed problem: least slack of ‖W‖ ≥ 1/√(6ℓ) − 8", source: "Exercise 4", .atLeast,
            expected: 0, measured: all.map(\.slack).min()!),
          // Changing the sign of the second row maps one problem, and one start, onto the other.
          Claim(
            "largest distance of the changed problem's run from the mirrored original one, relative",
            source: "Exercise 4", .atMost, expected: 1e-6, measured: all.map(\.mirror).max()!),
        ],
        notices: [
          Notice(
            .information,
            "The proof is adapted by changing the sign of the second measurement: with w₁₂ near 1, w₂₁ near −1 and det W < 0, w₁₁w₂₂ < w₁₂w₂₁ is negative and bounded away from zero while w₂₂ vanishes. For the original measurements a negative determinant is no obstacle, as the solutions have the determinant −1."
          ),
          Notice(
            .information,
            "Two layers are left out: their determinant vanishes exponentially fast, and rounding of the balance lets it change its sign; see the page of Proposition 5."
          ),
        ],
        sections: [
          Section(
            heading: "Norm and loss from a negative determinant",
            blocks: [.figure(figure(measured[0], level))])
        ])
    }

    private func measure(
      _ depth: Int, _ start: Matrix, _ level: Double, _ conditions: Conditions
    ) throws -> Measurement {
      let finite = try DivergenceProblem.printed.run(
        depth, from: start, until: level, under: conditions)
      let divergent = try mirrored.run(depth, from: start, until: level, under: conditions)
      let image = try DivergenceProblem.printed.run(
        depth, from: start.scalingRows(by: [1, -1]), until: level, under: conditions)
      let mirror = zip(divergent.snapshots, image.snapshots).map { one, other in
        let difference = one.endToEnd! - other.endToEnd!.scalingRows(by: [1, -1])
        return difference.frobeniusNorm / one.endToEnd!.frobeniusNorm
      }.max()!
      return Measurement(
        finite: finite, divergent: divergent,
        slack: divergent.snapshots.map {
          $0.endToEnd!.frobeniusNorm - NormDivergence.bound(atLoss: $0.loss)
        }.min()!, mirror: mirror)
    }

    private func figure(_ runs: [Measurement], _ level: Double) -> Figure {
      let losses = (0...60).map { level * .exp10(Double($0) * 0.1) }
        .filter { NormDivergence.bound(atLoss: $0) > 1 }
      func series(
        _ name: String, _ path: (Measurement) -> Trajectory, _ style: Series.Style
      ) -> [Series] {
        zip(depths, runs).enumerated().map { place, pair in
          let run = path(pair.1)
          return Series(
            "\(pair.0) layers, \(name)", x: run.losses,
            y: run.snapshots.map { $0.endToEnd!.frobeniusNorm }, style: style,
            color: .palette(place))
        }
      }
      return Figure(
        title: "Norm against loss",
        caption:
          "Training goes from right to left, from the same start with det W < 0. Solid: w₂₁ = −1, dashed: w₂₁ = 1 as in Proposition 5.",
        .lines(
          LinePlot(
            horizontal: Axis("loss", .logarithmic),
            vertical: Axis("Frobenius norm of W", .logarithmic),
            series: series("changed", \.divergent, .solid) + series("original", \.finite, .dashed)
              + [
                Series(
                  "bound", x: losses, y: losses.map { NormDivergence.bound(atLoss: $0) },
                  style: .dotted, color: .muted)
              ])))
    }
  }
}
