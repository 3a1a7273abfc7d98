import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// Singular values along training, for one, two and three layers.
  struct Figure3: Experiment {
    let item = Item(
      id: "cohen-razin-figure-3", paper: .cohenRazin,
      title: "Figure 3: singular values during descent",
      shows: """
        Trained on measurements of a low-rank matrix, a network learns one singular value after another, the more \
        sharply the deeper it is, and ends near the truth; the linear model learns all at once and does not.
        """,
      seconds: 20,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let truth = Matrix.random(
          singularValues: [3, 2, 1], rowCount: 10, columnCount: 10, using: &generator)
        let measurements = Matrix.gaussian(rowCount: 80, columnCount: 100, using: &generator)
        let objective = try SensingObjective(
          measurements: measurements, values: measurements * truth.elements, outputCount: 10,
          inputCount: 10)
        let start = LinearNetwork.balanced(
          widths: [10, 10, 10, 10], scale: 1e-3, using: &generator)
        let run = Descent(stepSize: 0.02, stepLimit: 3000, recording: .spectrum(every: 500))
          .run(objective, from: start)
        for point in run.snapshots { print(point.time, point.singularValues!.prefix(4)) }
        """)

    private let depths = [1, 2, 3]
    private let strengths: [Double] = [4, 2, 1]
    var initialScale = 2e-4
    private let recorded = 400

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("start", .number(\.initialScale, 1e-6...1e-2), "singular values of W(0)")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let size = conditions.isQuick ? 14 : 20
      // Twice the degrees of freedom r(2n − r), 75 and 111; the unknowns are 196 and 400.
      let measurementCount = conditions.isQuick ? 150 : 220
      let runs = try conditions.repetitions(5) { repetition, generator in
        let truth = Matrix.random(
          singularValues: strengths, rowCount: size, columnCount: size, using: &generator)
        let measurements = Matrix.gaussian(
          rowCount: measurementCount, columnCount: size * size, using: &generator)
        let objective = try SensingObjective(
          measurements: measurements, values: measurements * truth.elements, outputCount: size,
          inputCount: size)
        let start = Matrix.random(
          singularValues: [Double](repeating: initialScale, count: size), rowCount: size,
          columnCount: size, using: &generator)
        return try depths.enumerated().map { index, depth in
          try run(
            objective, truth, start, depth: depth, stepLimit: conditions.isQuick ? 20_000 : 60_000
          ) {
            try conditions.report(
              (Double(repetition) + Double(index) / Double(depths.count)) / 5)
          }
        }
      }
      let last = runs[0].map { $0.steps[settled($0)] }.max()! * 1.5
      return Findings(
        summary: depths.indices.map { index in
          Fact(
            "final relative error, depth \(depths[index])",
            .number(runs.map { $0[index].error }.median))
        },
        settings: [
          Fact("matrix", .text("\(size)×\(size), singular values 4, 2, 1")),
          Fact("Gaussian measurements", .number(Double(measurementCount))),
          Fact("singular values of W(0)", .number(initialScale)),
          Fact("step size", "half of 1/(N·smoothness·4^{2−2/N}), fixed"),
          Fact("repetitions", "5 matrices, measurements and starts"),
        ],
        claims: [
          Claim(
            "earliest half-rise of a value relative to that of the one before: 2 layers against 1, least of 5",
            source: "Section 4.3: one after another", .atLeast, expected: 1,
            measured: runs.map { $0[1].leastSeparation / $0[0].leastSeparation }.min()!),
          Claim(
            "the same: 3 layers against 1, least of 5",
            source: "Section 4.3: one after another", .atLeast, expected: 1,
            measured: runs.map { $0[2].leastSeparation / $0[0].leastSeparation }.min()!),
          Claim(
            "largest share of its final value that a value has at the half-rise of the one before: 2 layers against 1, largest of 5",
            source: "Section 4.3: depth 1 learns them together", .atMost, expected: 1,
            measured: runs.map { $0[1].overlap / $0[0].overlap }.max()!),
          Claim(
            "the same: 3 layers against 2, largest of 5", source: "Section 4.3: sharper with depth",
            .atMost,
            expected: 1, measured: runs.map { $0[2].overlap / $0[1].overlap }.max()!),
          // From zero it finds the part of the truth inside the measurements' span: √(1 − m/n²) is missing.
          Claim(
            "smallest relative error of the linear model, of 5",
            source: "Figure 3, left: at least half of √(1 − m/n²)", .atLeast,
            expected: 0.5 * (1 - Double(measurementCount) / Double(size * size)).squareRoot(),
            measured: runs.map { $0[0].error }.min()!),
          Claim(
            "largest relative error of 2 layers, as a share of the linear model's, of 5",
            source: "Figure 3, middle", .atMost, expected: 0.5,
            measured: runs.map { $0[1].error / $0[0].error }.max()!),
          // Of one problem in a hundred a value of three layers is still rising at the last step.
          Claim(
            "relative error of 3 layers, as a share of that of 2 layers, median of 5",
            source: "Figure 3, right", .atMost, expected: 1,
            measured: runs.map { $0[2].error / $0[1].error }.median),
        ],
        sections: [
          Section(
            heading: "The figure",
            prose:
              "From left to right one, two and three layers, on one logarithmic axis of steps.",
            blocks: [.row(depths.indices.map { figure(depths[$0], runs[0][$0], until: last) })])
        ])
    }

    private struct Run {
      var steps: [Double]
      /// The leading values at each recorded step.
      var values: [[Double]]
      /// ‖W − M‖/‖M‖ at the end.
      var error: Double
      /// The smallest quotient of successive half-rise times.
      var leastSeparation: Double
      /// The largest share of its final value that value r + 1 has when value r passes half of its own.
      var overlap: Double
    }

    private func run(
      _ objective: SensingObjective, _ truth: Matrix, _ start: Matrix, depth: Int, stepLimit: Int,
      _ report: () throws -> Void
    ) throws -> Run {
      let network = try LinearNetwork.balanced(
        endToEnd: start, hiddenWidths: [Int](repeating: start.rowCount, count: depth - 1))
      // The curvature over the layers at singular values σ is N σ^{2−2/N} times that of the loss.
      let n = Double(depth)
      let curvature = n * objective.smoothness! * .pow(strengths[0], 2 - 2 / n)
      let descent = GradientDescent(
        step: .fixed(0.5 / curvature), targetLoss: 1e-8, stepLimit: stepLimit,
        // One layer rises within ten steps.
        recording: Recording(.every(depth == 1 ? 1 : 10), of: [.singularValues]))
      var loss = EndToEndLoss(objective, widths: network.widths)
      var failure: (any Error)?
      let trajectory = descent.run(&loss, from: network) { progress in
        guard progress.step % 200 == 0 else { return .goOn }
        do {
          try report()
          return .goOn
        } catch {
          failure = error
          return .interrupt
        }
      }
      if let failure { throw failure }
      let points = trajectory.snapshots
      let values = points.map { $0.singularValues! }
      let final = values.last!
      let rises = strengths.indices.map { r in
        values.firstIndex { $0[r] >= final[r] / 2 }!
      }
      // Between the recorded steps the rising value is taken as straight, the next one, far below, as exponential.
      let shares = zip(strengths.indices, rises).map { r, place in
        guard place > 0 else { return 1.0 }
        let (before, after) = (values[place - 1][r], values[place][r])
        return (final[r] / 2 - before) / (after - before)
      }
      func between(_ r: Int, _ quantity: (Int) -> Double) -> Double {
        let place = rises[r]
        guard place > 0 else { return quantity(place) }
        return quantity(place - 1) + shares[r] * (quantity(place) - quantity(place - 1))
      }
      let times = strengths.indices.map { r in between(r) { points[$0].time } }
      return Run(
        steps: points.map(\.time), values: values,
        error: (trajectory.finalNetwork.endToEnd() - truth).frobeniusNorm / truth.frobeniusNorm,
        leastSeparation: zip(times, times.dropFirst()).map { $1 / max($0, 1) }.min()!,
        overlap: strengths.indices.dropLast().map { r in
          .exp(between(r) { .log(values[$0][r + 1]) }) / final[r + 1]
        }.max()!
      )
    }

    /// From where on nothing moves any more.
    private func settled(_ run: Run) -> Int {
      run.values.firstIndex { values in
        strengths.indices.allSatisfy { abs(values[$0] - run.values.last![$0]) < 0.01 }
      }!
    }

    private func figure(_ depth: Int, _ run: Run, until last: Double) -> Figure {
      let end = run.steps.lastIndex { $0 <= last } ?? run.steps.count - 1
      let shown = Set(
        (0...recorded).map { Int(Double.pow(Double(max(end, 1)), Double($0) / Double(recorded))) }
      ).sorted()
      let percent = run.error >= 0.001 ? "\((run.error * 1000).rounded() / 10) %" : "below 0.1 %"
      return Figure(
        title: depth == 1 ? "Linear" : "\(depth) layers",
        caption: "The five largest singular values. Relative error at the end: \(percent).",
        .lines(
          LinePlot(
            horizontal: Axis("step", .logarithmic, lower: 10, upper: last),
            vertical: Axis("singular value", lower: 0, upper: 4.3),
            series: (0..<5).map { r in
              Series(
                ["σ₁", "σ₂", "σ₃", "σ₄", "σ₅"][r], x: shown.map { run.steps[$0] },
                y: shown.map { run.values[$0][r] }, style: r == 4 ? .dotted : .solid,
                color: r < 3 ? .palette(r) : r == 3 ? .muted : .palette(6))
            })))
    }
  }
}
