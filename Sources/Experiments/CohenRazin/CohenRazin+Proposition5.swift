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
      seconds: 38, corrections: ["Proposition 5"],
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
        return try depths.map { try measure($0, start, level, conditions) }
      }
      let given = try givenRun(conditions)
      let general = try conditions.repetitions(repetitions) { _, generator in
        try [(2, 2), (2, 3), (3, 2), (3, 3)].map { depth, side in
          try generalRun(depth, side: side, under: conditions, using: &generator)
        }
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
          Fact(
            "other problems",
            "2 × 2 and 3 × 3, one unknown entry; its minor is singular, the rest of its row and column has random parts of size 0.7 to 1.3 along the minor and across it; two and three layers"
          ),
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
            "two layers from (0.3, 0.05; −0.1, 0.2) at t = 1000: the loss; by an independent integration 1.10e-3",
            source: "Proposition 5", expected: 1.10e-3, measured: given.loss, tolerance: 0.005e-3),
          Claim(
            "the same: the Frobenius norm; by an independent integration 12.3",
            source: "Proposition 5", expected: 12.3, measured: given.norm, tolerance: 0.05),
          Claim(
            "the same until t = 3000: recorded times at which the norm or the reciprocal loss is less than before",
            source: "Proposition 5", .atMost, expected: 0, measured: Double(given.setbacks)),
          Claim(
            "random known entries, 2 × 2 and 3 × 3, the sign that diverges: least quotient of the unknown entry and its bound Π(σ_k(C) − r)/Π(σ_k(M) + r)",
            source: "Proposition 5 for any size and values", .atLeast, expected: 1,
            measured: general.joined().map(\.leastQuotient).min()!, tolerance: 1e-6),
          // A start of the other sign is free of the bound, which is infinite at a loss of zero.
          Claim(
            "the other sign of the determinant: largest quotient of the unknown entry and that bound at the end",
            source: "the sign decides", .atMost, expected: 1,
            measured: general.joined().map(\.quotientOfOther).max()!),
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
            "With two layers the determinant vanishes exponentially fast, and an imbalance, however small, lets it change its sign: the run then ends in a solution of finite norm. Rounding is enough for that in the layers themselves. Here they are followed in coordinates that keep balance and sign exactly."
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
      let run = try problem.run(depth, from: start, until: level, under: conditions)
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
        // Of two layers it is smaller than the rounding of W.
        determinant: depth == 2 ? 0 : try DeterminantSign.along(run).count { $0 <= 0 },
        trajectory: run)
    }

    /// The start of the reference, until t = 3000.
    private func givenRun(
      _ conditions: Conditions
    ) throws -> (loss: Double, norm: Double, setbacks: Int) {
      let times = [Double](stride(from: 0, through: 3000, by: 100))
      let run = GradientFlow(
        until: 3000, steps: .adaptive(relativeTolerance: 1e-9),
        recording: .at(times, of: [.endToEnd])
      ).run(
        try DivergenceProblem.printed.objective,
        from: try .balanced(
          endToEnd: Matrix(rows: [[0.3, 0.05], [-0.1, 0.2]]), hiddenWidths: [2]))
      let norms = run.snapshots.map { $0.endToEnd!.frobeniusNorm }
      // Early the norm may fall: the entries that are known settle first.
      let setbacks = zip(run.snapshots, run.snapshots.dropFirst()).filter { before, after in
        before.time >= 100
          && (after.loss > before.loss
            || after.endToEnd!.frobeniusNorm < before.endToEnd!.frobeniusNorm)
      }.count
      return (run.losses[10], norms[10], setbacks)
    }

    private struct General {
      /// Of the unknown entry and its bound.
      var leastQuotient: Double
      /// The same at the end from a start of the other sign, for which the bound does not hold.
      var quotientOfOther: Double
    }

    /// A square matrix with one unknown entry whose minor is singular, so that the norm must grow for one sign.
    private func generalRun(
      _ depth: Int, side: Int, under conditions: Conditions, using generator: inout SeededGenerator
    ) throws -> General {
      let place = (row: generator.nextIndex(below: side), column: generator.nextIndex(below: side))
      // The bound speaks from r < σ_min(C) on. A row b and a column c with parts of size 0.7 to 1.3 across the minor xyᵀ, as
      // along it, have |det C| = |b⊥c⊥| ≥ 0.49 and ‖C‖²_F ≤ 1 + 4 · 1.3², so that σ_min(C) ≥ 2 · 0.49/7.76 = 0.126 for 3 × 3,
      // and 0.7 for 2 × 2: ten times r and more at a loss of 1e-5.
      func size() -> Double {
        (generator.nextUniform() < 0.5 ? -1 : 1) * (0.7 + 0.6 * generator.nextUniform())
      }
      func direction() -> [Double] {
        let angle = 2 * .pi * generator.nextUniform()
        return side == 2 ? [1] : [.cos(angle), .sin(angle)]
      }
      func mixed(_ direction: [Double]) -> [Double] {
        let (along, across) = (size(), size())
        return side == 2
          ? [across]
          : [
            along * direction[0] - across * direction[1],
            along * direction[1] + across * direction[0],
          ]
      }
      let (x, y) = (direction(), direction())
      let (column, row) = (mixed(x), mixed(y))
      var known = Matrix.zeros(side, side)
      let others = { (without: Int) in (0..<side).filter { $0 != without } }
      for (i, other) in others(place.row).enumerated() {
        for (j, next) in others(place.column).enumerated() {
          known[other, next] = side == 2 ? 0 : x[i] * y[j]
        }
        known[other, place.column] = column[i]
      }
      for (j, next) in others(place.column).enumerated() { known[place.row, next] = row[j] }
      var rows: [Int] = []
      var columns: [Int] = []
      for i in 0..<side {
        for j in 0..<side where (i, j) != place {
          rows.append(i)
          columns.append(j)
        }
      }
      let entries = try ObservedEntries(
        rowCount: side, columnCount: side, rows: rows, columns: columns,
        values: zip(rows, columns).map { known[$0, $1] })
      let divergence = try NormDivergence(entries)!
      let some = Matrix.random(
        singularValues: (0..<side).map { 0.5 - 0.15 * Double($0) }, rowCount: side,
        columnCount: side, using: &generator)
      let isDiverging = try DeterminantSign.of(some) == divergence.divergingSign
      let turned = some.scalingColumns(by: [-1] + [Double](repeating: 1, count: side - 1))
      let level = conditions.isQuick ? 1e-5 : 1e-6
      var result = General(leastQuotient: .infinity, quotientOfOther: .nan)
      for diverges in [true, false] {
        try conditions.report(0)
        let run = GradientFlow(
          until: 1e12, steps: .adaptive(relativeTolerance: 1e-8),
          targetLoss: level, stepLimit: 1_000_000,
          recording: .at((0...80).map { .exp10(-1 + 0.1 * Double($0)) }, of: [.endToEnd])
        ).run(
          CompletionObjective(entries),
          from: try .balanced(
            endToEnd: diverges == isDiverging ? some : turned,
            hiddenWidths: [Int](repeating: side, count: depth - 1)))
        func quotient(_ point: Snapshot) -> Double? {
          let bound = divergence.smallestEntry(atLoss: point.loss)
          return bound > 0 ? abs(point.endToEnd![place.row, place.column]) / bound : nil
        }
        if diverges {
          result.leastQuotient = run.snapshots.compactMap(quotient).min() ?? 0
        } else {
          result.quotientOfOther = quotient(run.snapshots.last!) ?? .infinity
        }
      }
      return result
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
                "w_{\(entry.0 + 1)\(entry.1 + 1)}", x: points.map(\.time),
                y: points.map { abs($0.endToEnd![entry.0, entry.1]) },
                style: place == 2 ? .dashed : .solid, color: .palette(place))
            })))
    }
  }
}
