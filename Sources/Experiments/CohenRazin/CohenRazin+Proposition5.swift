import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// Norms that grow without bound while the loss vanishes.
  struct Proposition5: Experiment {
    let item = Item(
      id: "cohen-razin-proposition-5", paper: .cohenRazin,
      title: "Proposition 5: all norms grow while the loss vanishes",
      shows: """
        On a completion problem that has solutions of small norm, training from a positive \
        determinant drives every norm to infinity, at least as fast as the bound says.
        """,
      seconds: 7, corrections: ["Proposition 5"],
      snippet: """
        // The smallest norm that a positive determinant allows at a loss.
        for loss in [1e-4, 1e-6, 1e-8] { print(NormDivergence.bound(atLoss: loss)) }
        """)

    private let depths = [2, 3, 4]

    private struct Measurement {
      var slack: Double
      var isDecreasing: Bool
      var loss: Double
      var growth: Double
      /// ‖W‖ √ℓ at the end.
      var constant: Double
      var determinant: Int
      var trajectory: Trajectory
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 20
      let level = conditions.isQuick ? 1e-4 : 1e-5
      let measured = try conditions.repetitions(repetitions) { _, generator in
        let start = try DivergenceProblem.start(sign: 1, using: &generator)
        let values = try start.singularValues()
        let definite = Matrix.randomSymmetric(eigenvalues: values, using: &generator)
        return try depths.map { try measure($0, $0 == 2 ? definite : start, level, conditions) }
      }
      let unbalanced = try conditions.repetitions(repetitions) { _, generator in
        try DivergenceProblem.printed.run(
          2, from: try DivergenceProblem.start(sign: 1, using: &generator), imbalance: 1e-6,
          until: level, under: conditions
        ).snapshots.last!.endToEnd!.frobeniusNorm
      }
      let all = measured.flatMap { $0 }
      let norm = all.map { $0.trajectory.snapshots.last!.endToEnd!.frobeniusNorm }
      return Findings(
        summary: [
          Fact("loss at the end", .number(all.map(\.loss).max()!)),
          Fact("least norm at the end", .number(norm.min()!), note: "a solution has the norm √2"),
        ],
        settings: [
          Fact("known entries", "(1, 2) and (2, 1) are 1, (2, 2) is 0"),
          Fact("depths", "2, 3, 4"), Fact("hidden widths", "2"),
          Fact("start", "balanced, random, singular values 0.1 to 0.5, det W > 0"),
          Fact("two layers", "U and Uᵀ, integrated as one factor U"),
          Fact("until the loss is", .number(level)),
          Fact("relative tolerance of the flow", 1e-9),
          Fact("starts", .number(Double(repetitions))),
        ],
        claims: [
          Claim(
            "largest loss at the end", .atMost, expected: level, measured: all.map(\.loss).max()!,
            tolerance: 1e-6 * level),
          Claim(
            "runs whose loss rises anywhere", .atMost, expected: 0,
            measured: Double(all.count { !$0.isDecreasing })),
          // The bound is the same for every norm in which the four unit matrices have the norm 1.
          Claim(
            "least slack of ‖W‖ ≥ 1/√(6ℓ) − 8: spectral, Frobenius, nuclear and maximum norm",
            source: "Proposition 5, constant corrected", .atLeast, expected: 0,
            measured: all.map(\.slack).min()!),
          Claim(
            "three and four layers: points with det W ≤ 0", source: "Lemma 2", .atMost, expected: 0,
            measured: Double(all.map(\.determinant).reduce(0, +))),
          // At a level ℓ the bound itself has grown by this factor.
          Claim(
            "least growth of the spectral norm over that of a solution, which is 1", .atLeast,
            expected: NormDivergence.bound(atLoss: level), measured: all.map(\.growth).min()!),
          // From the bound, less its −8 times the root of the last loss; the entries w₁₂ and w₂₁ are settled by then,
          // so that the bound is sharp.
          Claim(
            "least ‖W‖√ℓ at the end: c is 1/√6, and not √6/2 = 1.22 as the print can be read",
            source: "Proposition 5, constant corrected", expected: 1 / 6.0.squareRoot(),
            measured: all.map(\.constant).min()!, tolerance: 8 * level.squareRoot()),
          Claim(
            "two layers out of balance by a millionth: largest norm at the end, below the bound",
            source: "Assumption 1", .atMost, expected: NormDivergence.bound(atLoss: level),
            measured: unbalanced.max()!),
        ],
        notices: [
          Notice(
            .caution,
            "The constant c is garbled in the text of the notes. The derivation gives c = ‖e₁e₁ᵀ‖/√6 and c′ = min(−√6 c, −2 Σ‖eᵢeⱼᵀ‖), which is −8 for the norms used here."
          ),
          Notice(
            .caution,
            "With two layers the determinant vanishes exponentially fast, and an imbalance, however small, lets it change its sign: the run then ends in a solution of finite norm. Rounding is enough for that. Two layers are therefore integrated as U and Uᵀ from a positive definite start, which stay balanced exactly; three and four layers need no such care."
          ),
        ],
        sections: [
          Section(
            heading: "Norm and loss",
            blocks: [.figure(againstLoss(measured[0], level)), .figure(inTime(measured[0]))])
        ])
    }

    private func measure(
      _ depth: Int, _ start: Matrix, _ level: Double, _ conditions: Conditions
    ) throws -> Measurement {
      let problem = DivergenceProblem.printed
      let run =
        depth == 2
        ? try problem.symmetricRun(from: start, until: level, under: conditions)
        : try problem.run(depth, from: start, until: level, under: conditions)
      let slack = try run.snapshots.map { point in
        let w = point.endToEnd!
        let norms = [
          try w.spectralNorm(), w.frobeniusNorm, try w.nuclearNorm(), w.maxAbsolute,
        ]
        return norms.min()! - NormDivergence.bound(atLoss: point.loss)
      }.min()!
      let last = run.snapshots.last!.endToEnd!
      return Measurement(
        slack: slack,
        isDecreasing: zip(run.losses, run.losses.dropFirst()).allSatisfy { $0 >= $1 },
        loss: run.losses.last!, growth: try last.spectralNorm(),
        constant: last.frobeniusNorm * run.losses.last!.squareRoot(),
        // Of two layers it is (det U)², smaller than the rounding of W.
        determinant: depth == 2 ? 0 : try DeterminantSign.along(run).count { $0 <= 0 },
        trajectory: run)
    }

    private func againstLoss(_ runs: [Measurement], _ level: Double) -> Figure {
      let losses = (0...60).map { level * .exp10(Double($0) * 0.1) }
        .filter { NormDivergence.bound(atLoss: $0) > 1 }
      return Figure(
        title: "Norm against loss",
        caption:
          "Training goes from right to left. The norm stays above the bound and grows like one over the root of the loss; solutions of norm √2 exist.",
        .lines(
          LinePlot(
            horizontal: Axis("loss", .logarithmic),
            vertical: Axis("Frobenius norm of W", .logarithmic),
            series: zip(depths, runs).enumerated().map { place, pair in
              Series(
                "\(pair.0) layers", x: pair.1.trajectory.losses,
                y: pair.1.trajectory.snapshots.map { $0.endToEnd!.frobeniusNorm },
                color: .palette(place))
            } + [
              Series(
                "bound", x: losses, y: losses.map { NormDivergence.bound(atLoss: $0) },
                style: .dashed, color: .muted)
            ],
            markers: [
              Marker(.horizontal, at: 2.squareRoot(), label: "solution of least norm")
            ])))
    }

    private func inTime(_ runs: [Measurement]) -> Figure {
      Figure(
        title: "Entries of W in time, three layers",
        caption:
          "Magnitudes. The known entries approach 1, 1 and 0; as the determinant must stay positive, the free one has to grow.",
        .lines(
          LinePlot(
            horizontal: Axis("time", .logarithmic),
            vertical: Axis("magnitude of the entry", .logarithmic),
            series: [(0, 0), (0, 1), (1, 0), (1, 1)].enumerated().map { place, entry in
              let points = runs[1].trajectory.snapshots
              return Series(
                "w\(entry.0 + 1)\(entry.1 + 1)", x: points.map(\.time),
                y: points.map { abs($0.endToEnd![entry.0, entry.1]) },
                style: place == 2 ? .dashed : .solid, color: .palette(place))
            })))
    }
  }
}
