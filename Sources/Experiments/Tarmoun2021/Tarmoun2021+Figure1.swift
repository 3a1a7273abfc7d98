import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Tarmoun2021 {
  /// Reconstruction error and singular values from Gaussian starts of three sizes.
  struct Figure1: Experiment {
    let item = Item(
      id: "tarmoun-figure-1", paper: .tarmoun2021,
      title: "Figure 1: one layer against two, from small to large starts",
      shows: """
        Small starts are nearly balanced and learn one singular value after another; large starts \
        are imbalanced, and then two layers are much faster than one.
        """,
      seconds: 1.0,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let target = Matrix.gaussian(rowCount: 5, columnCount: 10, using: &generator)
        let network = LinearNetwork.gaussian(
          widths: [10, 50, 5], standardDeviation: 1, using: &generator)
        let flow = GradientFlow(until: 0.3, recording: .at([0.1, 0.2], of: [.singularValues]))
          .run(FactorizationObjective(target), from: network)
        for point in flow.trajectory.snapshots { print(point.time, point.loss) }
        """)

    var deviations: [Double] = [1e-2, 1e-1, 1]
    var goal = 1e-3

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable(
          "deviations", .numbers(\.deviations, 1e-3...2), "standard deviations of the start"),
        Adjustable("goal", .number(\.goal, 1e-5...0.1), "relative error to reach"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      var runs: [[Run]] = []
      for (place, deviation) in deviations.enumerated() {
        let share = Double(place) / 3.5
        runs.append(
          try conditions.repetitions(count, from: share, to: share + 1 / 3.5) { _, generator in
            let gaussian = GaussianStart(
              rows: 5, columns: 10, width: 50, standardDeviation: deviation,
              using: &generator)
            return try Run(gaussian, goal: goal)
          })
      }
      var descents: [[DescentRun]] = []
      for (place, deviation) in deviations.enumerated() {
        let share = (3 + Double(place) / 6) / 3.5
        descents.append(
          try conditions.repetitions(5, from: share, to: share + 1 / 21) { _, generator in
            try DescentRun(
              GaussianStart(
                rows: 5, columns: 10, width: 50, standardDeviation: deviation, using: &generator),
              steps: [6000, 4000, 400][place])
          })
      }
      func farthest(_ runs: [DescentRun]) -> Double {
        runs.map(\.ratio).max { abs($0 - 2) < abs($1 - 2) }!
      }

      let largest = runs[2]
      let smallest = runs[0]
      let speedUps = runs.map { $0.map(\.speedUp).median }
      return Findings(
        summary: [
          Fact("speed-up, start 0.01", .number(speedUps[0])),
          Fact("speed-up, start 0.1", .number(speedUps[1])),
          Fact("speed-up, start 1", .number(speedUps[2])),
        ],
        settings: [
          Fact("Y", "5 × 10, standard normal"), Fact("hidden width k", 50),
          Fact("standard deviations of the start", "0.01, 0.1, 1"),
          Fact("starts for each", .number(Double(count))),
          Fact("flow", "relative tolerance 1e-12; one layer in closed form"),
          Fact("speed-up", "time to a relative error of 0.001: one layer over two, median"),
        ],
        claims: [
          // ‖Y − X‖ ≤ ‖Y − X₀‖ e^{−ct}, up to what the integration leaves of an error of 1e-6; c is of order 1 to 30.
          Claim(
            "standard deviation 1: largest quotient of the error and e^{−ct} times its start, c from Q₀ alone",
            source: "conservation law (11)", .atMost, expected: 1,
            measured: largest.map(\.worstShareOfBound).max()!, tolerance: 1e-3),
          Claim(
            "standard deviation 1: least −Δ ln ℓ/Δt between recorded times over 2c, from the losses alone",
            source: "conservation law (11)", .atLeast, expected: 1,
            measured: largest.map(\.leastRate).min()!, tolerance: 1e-3),
          Claim(
            "standard deviation 1: smallest rate c that the imbalance guarantees; one layer has 1",
            source: "Section 5", .atLeast, expected: 1, measured: largest.map(\.guarantee).min()!),
          // From ‖Y − X‖ ≤ ‖Y − X₀‖ e^{−ct}: the time is at most 1/c of that of one layer.
          Claim(
            "standard deviation 1: smallest quotient of the speed-up and c",
            source: "Section 5", .atLeast, expected: 1,
            measured: largest.map { $0.speedUp / $0.guarantee }.min()!),
          Claim(
            "median speed-up rises with the start: smaller of the two ratios of neighbours",
            source: "Figure 1, top row", .atLeast, expected: 1,
            measured: min(speedUps[1] / speedUps[0], speedUps[2] / speedUps[1])),
          // Before saturation mode i is w₀ e^{2σᵢt}, w₀ = kσ²/2 up to a factor 1 + O(1/√k), with overlaps of the
          // same order between modes: ln w₀ moves by a few times 1/√50 of its 6 to 8, that is by less than a tenth.
          Claim(
            "standard deviation 0.01: relative distance of the half-rise times from those of independent modes, median start of the largest",
            source: "Section 5: sequential learning", .atMost, expected: 0.1,
            measured: smallest.map(\.halfRiseDeviation).median),
          Claim(
            "standard deviation 0.01: components that are half learned before one with a target at least 1.3 times as large",
            source: "Section 5: sequential learning", expected: 0,
            measured: Double(smallest.map(\.outOfOrder).reduce(0, +))),
          // Euler's method has order 1; the second-order term is a share ηL of the first, L ≈ 2 · 5 the curvature.
          Claim(
            "distance of descent from the flow, η = 0.001 over η = 0.0005, standard deviations 0.01 and 0.1",
            source: "Section 5: gradient descent for the flow", expected: 2,
            measured: farthest(descents[0] + descents[1]), tolerance: 0.1),
          // L = ‖U‖² + ‖V‖² ≈ (√50 + √5)² + (√50 + √10)² ≈ 190: twice ηL.
          Claim(
            "the same, standard deviation 1", source: "Section 5: gradient descent for the flow",
            expected: 2, measured: farthest(descents[2]), tolerance: 0.4),
        ],
        notices: [
          Notice(
            .information,
            """
            The paper explains the acceleration by theorems about special starts. For these general starts it \
            follows from the conserved Q = UᵀU − VᵀV itself: the error falls at least at the rate \
            c = max(λ_m(Q), 0) + max(λ_n(−Q), 0), which is computed before the run.
            """),
          Notice(
            .information,
            """
            The time is that of the flow. In steps of descent much of the gain is lost, because larger layers need \
            smaller steps: see tarmoun-imbalance.
            """),
        ],
        sections: [
          Section(
            heading: "The figure",
            prose: """
              The first of the random starts. One layer begins at the same end-to-end matrix. Singular values \
              are shown with those of Y as lines across. Points are descent with η = 0.001; at most it is off the \
              flow by \(descents[0].map(\.distance).max()!.formatted), \
              \(descents[1].map(\.distance).max()!.formatted) and \
              \(descents[2].map(\.distance).max()!.formatted) of the first error.
              """,
            blocks: [
              .row(
                deviations.indices.map { errorFigure(deviations[$0], runs[$0][0], descents[$0][0]) }
              ),
              .row(zip(deviations, runs).map { valueFigure($0, $1[0]) }),
            ]),
          Section(
            heading: "Over all starts",
            blocks: [
              .table(
                Table(
                  title: "Time to a relative error of 0.001",
                  columns: [
                    Column("standard deviation"), Column("two layers, median"),
                    Column("one layer, median"), Column("speed-up, median"),
                    Column("least"), Column("guaranteed rate c, median"),
                  ],
                  rows: zip(deviations, runs).map { deviation, runs in
                    [
                      .number(deviation), .number(runs.map(\.time).median),
                      .number(runs.map(\.oneLayerTime).median),
                      .number(runs.map(\.speedUp).median), .number(runs.map(\.speedUp).min()!),
                      .number(runs.map(\.guarantee).median),
                    ]
                  }))
            ]),
        ])
    }

    /// One start, followed with two layers and with one.
    private struct Run {
      let times: [Double]
      let errors: [Double]
      let oneLayerErrors: [Double]
      let values: [[Double]]
      let targetValues: [Double]
      let guarantee: Double
      /// Largest quotient of the error and its guaranteed bound.
      let worstShareOfBound: Double
      /// The least rate of the error between neighbouring times, over c.
      let leastRate: Double
      let time: Double
      let oneLayerTime: Double
      /// Largest relative distance of a half-rise time from that of an independent balanced mode.
      let halfRiseDeviation: Double
      let outOfOrder: Int
      var speedUp: Double { oneLayerTime / time }

      init(_ start: GaussianStart, goal: Double) throws {
        let decomposition = try SingularValueDecomposition(of: start.target)
        targetValues = decomposition.singularValues
        // Along mode i the growing combination is (Uᵀφᵢ + Vᵀψᵢ)/2: alone it would be a balanced mode.
        let growing =
          0.5
          * (start.network.layers[1].transposedTimes(decomposition.leftVectors)
            + start.network.layers[0] * decomposition.rightVectors)
        let modes = targetValues.enumerated().map { i, target in
          BalancedMode(
            depth: 2, target: target, curvature: 1,
            initial: Matrix(rowCount: 1, columnCount: growing.rowCount, elements: growing.column(i))
              .frobeniusNorm)
        }
        let end = max(1.5, 1.3 * (modes.compactMap { $0.time(toReach: 0.99999) }.max() ?? 0))
        // Denser early, where large starts are done.
        let times = (0...400).map { end * Double.pow(Double($0) / 400, 2) }
        let objective = FactorizationObjective(start.target)
        let flow = GradientFlow(
          until: end, steps: .adaptive(relativeTolerance: 1e-12),
          recording: FlowRecording(
            times: times, of: [.singularValues], locatingHalfRises: true)
        ).run(objective, from: start.network)
        let norm = start.target.frobeniusNorm
        let errors = flow.trajectory.snapshots.map { (2 * $0.loss).squareRoot() / norm }
        let first = start.error(of: start.network.endToEnd())
        let guarantee = try ImbalanceGuarantee.rate(of: start.network)
        self.times = times
        self.errors = errors
        self.guarantee = guarantee
        oneLayerErrors = times.map { first * .exp(-$0) }
        values = flow.trajectory.snapshots.map { $0.singularValues ?? [] }
        // The integration leaves 1e-12 ‖U‖‖V‖/‖Y‖ ≈ 1e-10 in the error: a share of 1e-4 where it counts.
        worstShareOfBound =
          zip(times, errors).filter { $1 > 1e-6 }.map { $1 / (first * .exp(-guarantee * $0)) }
          .max()!
        let counted = zip(times, errors).filter { $1 > 1e-5 }
        leastRate =
          zip(counted, counted.dropFirst()).map { before, after in
            .log(before.1 / after.1) / (after.0 - before.0) / guarantee
          }.min() ?? .nan
        oneLayerTime = .log(first / goal)
        if let after = errors.firstIndex(where: { $0 <= goal }), after > 0 {
          let share =
            Double.log(errors[after - 1] / goal) / .log(errors[after - 1] / errors[after])
          time = times[after - 1] + share * (times[after] - times[after - 1])
        } else {
          time = .infinity
        }
        let rises = flow.halfRiseTimes ?? []
        var deviation = 0.0
        var outOfOrder = 0
        for (i, target) in targetValues.enumerated() {
          if let rise = rises[i], let expected = modes[i].time(toReach: 0.5) {
            deviation = max(deviation, abs(rise / expected - 1))
          }
          for j in 0..<i where targetValues[j] >= 1.3 * target {
            if let later = rises[i], let earlier = rises[j], later <= earlier { outOfOrder += 1 }
          }
        }
        halfRiseDeviation = deviation
        self.outOfOrder = outOfOrder
      }
    }

    /// Descent with η = 0.001 from one start, and how far it is from the flow.
    private struct DescentRun {
      let times: [Double]
      let errors: [Double]
      /// The largest distance of the error from that of the flow, relative to the first error.
      let distance: Double
      /// The same over the distance with half of η.
      let ratio: Double

      init(_ start: GaussianStart, steps: Int) throws {
        let objective = FactorizationObjective(start.target)
        let norm = start.target.frobeniusNorm
        let stride = steps / 40
        let times = (0...40).map { 1e-3 * Double($0 * stride) }
        func errors(_ losses: [Double]) -> [Double] { losses.map { (2 * $0).squareRoot() / norm } }
        let flow = errors(
          GradientFlow(
            until: times.last!, steps: .adaptive(relativeTolerance: 1e-10), recording: .at(times)
          ).run(objective, from: start.network).trajectory.losses)
        let descents = [1, 2].map { refinement in
          errors(
            Descent(
              stepSize: 1e-3 / Double(refinement), stepLimit: steps * refinement,
              recording: Recording(.every(stride * refinement))
            ).run(objective, from: start.network).losses)
        }
        let distances = descents.map { errors in
          zip(errors, flow).map { abs($0 - $1) }.max()! / flow[0]
        }
        self.times = times
        self.errors = descents[0]
        distance = distances[0]
        ratio = distances[0] / distances[1]
      }
    }

    private func errorFigure(_ deviation: Double, _ run: Run, _ descent: DescentRun) -> Figure {
      let shown = shownCount(run)
      let points = descent.times.prefix { $0 <= run.times[shown - 1] }.count
      return Figure(
        title: "Error, standard deviation \(deviation.formatted)",
        caption:
          "Relative reconstruction error of two layers, of one, and the rate that Q₀ guarantees.",
        .lines(
          LinePlot(
            horizontal: Axis("time t"), vertical: Axis("‖Y − X‖ / ‖Y‖", .logarithmic, lower: 1e-4),
            series: [
              Series("two layers", x: run.times.first(shown), y: run.errors.first(shown)),
              Series(
                "two, descent", x: descent.times.first(points), y: descent.errors.first(points),
                style: .points, color: .palette(0)),
              Series(
                "one layer", x: run.times.first(shown), y: run.oneLayerErrors.first(shown),
                style: .dashed, color: .palette(1)),
              Series(
                "guaranteed for two", x: run.times.first(shown),
                y: run.times.first(shown).map { run.errors[0] * .exp(-run.guarantee * $0) },
                style: .dotted, color: .muted),
            ])))
    }

    private func valueFigure(_ deviation: Double, _ run: Run) -> Figure {
      let shown = shownCount(run)
      return Figure(
        title: "Singular values, standard deviation \(deviation.formatted)",
        caption: "The singular values of X; lines across: those of Y.",
        .lines(
          LinePlot(
            horizontal: Axis("time t"), vertical: Axis("singular value of X"),
            series: run.targetValues.indices.map { i in
              Series(
                "value \(i + 1)", x: run.times.first(shown),
                y: run.values.first(shown).map { $0[i] },
                color: .gradient(Double(i) / Double(run.targetValues.count - 1)))
            },
            markers: run.targetValues.map { Marker(.horizontal, at: $0, label: "") })))
    }

    /// Until both curves say what they have to say: a little after two layers have reached 1e-4.
    private func shownCount(_ run: Run) -> Int {
      min(run.times.count, (run.errors.firstIndex { $0 < 1e-4 } ?? run.times.count) + 20)
    }
  }
}

extension Array {
  fileprivate func first(_ count: Int) -> [Element] { Array(prefix(count)) }
}
