import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Cohen2019 {
  /// One measurement ties the singular values together, and more tightly with depth.
  struct OneObservedEntry: Experiment {
    let item = Item(
      id: "cohen-one-observed-entry", paper: .cohen2019,
      title: "One observed entry: how the singular values hang together",
      shows: """
        With one measurement, each singular value is a function of any other: linear for one layer, a power \
        for two, and with a ceiling for three or more. The relation is exact while the singular vectors stand still, \
        and only then: for the entry (1, 2) it is one layer that has the largest gap.
        """,
      seconds: 0.4, corrections: ["one observed entry"],
      snippet: """
        // ⟨A, W⟩ = 1 with A = diag(1, 0.6), three layers from W(0) = 0.1·1.
        let objective = try SensingObjective(
          measurements: Matrix(rows: [[1, 0, 0, 0.6]]), values: [1], outputCount: 2, inputCount: 2)
        let start = try LinearNetwork.balanced(
          endToEnd: Matrix.identity(2) * 0.1, hiddenWidths: [2, 2])
        let run = GradientFlow(until: 40, recording: .at([40], of: [.singularValues]))
          .run(objective, from: start)
        let values = run.trajectory.snapshots.last!.singularValues!
        func transformed(_ s: Double) -> Double { s.squareRoot().squareRoot() }
        print(values, 0.1 / (0.4 * 0.4 * 0.4))  // the second stays below the ceiling s₀/(1 − ρ)³
        """)

    private let depths = [1, 2, 3, 5]
    var initial = 0.02
    /// Of both singular components in the measurement matrix; their quotient is ρ.
    var coefficients: [Double] = [1.0, 0.6]
    private let tolerance = 1e-11

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("start", .number(\.initial, 1e-6...0.5), "size of W(0)"),
        Adjustable(
          "coefficients", .numbers(\.coefficients, 0.01...1),
          "of both components in the measurement"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let shared = try conditions.repetitions(5, to: 0.6) { _, generator in
        try depths.map { try run(standing($0, using: &generator), depth: $0) }
      }
      let deviations = depths.indices.map { index in
        shared.map { relationError(depths[index], $0[index]) }.max()!
      }
      let corner = try depths.map { try run(entry(0, 0), depth: $0) }
      let aside = try depths.map { try run(entry(0, 1), depth: $0) }
      // The first value grows to about 10⁶: the ceiling is reached within (N/(N−2)) ρ (s₀/s₁)^{1/3}/(1 − ρ).
      let far = try conditions.repetitions(5, from: 0.9) { _, generator in
        try run(standing(3, value: 1e6, using: &generator), depth: 3, until: 1e-2)
      }
      let ρ = coefficients[1] / coefficients[0]
      let ceiling = initial * Double.pow(1 - ρ, -3)
      // Each integration is accurate to its tolerance per step; a thousand steps at most.
      let bound = 1e3 * tolerance
      let byDepth: [Claim] = depths.indices.map { index in
        Claim(
          "depth \(depths[index]): largest relative error of the \(relationName(depths[index])), 5 bases",
          source: "one observed entry, corrected: A diagonal in the basis of W(0)", .atMost,
          expected: bound,
          measured: deviations[index])
      }
      return Findings(
        summary: depths.indices.map { index in
          Fact("final second value, depth \(depths[index])", .number(shared[0][index].last![1]))
        },
        settings: [
          Fact("start", "W(0) = 0.02·1, or 0.02 UVᵀ with random U and V"), Fact("ρ", .number(ρ)),
          Fact("relative tolerance of the flow", .number(tolerance)),
          Fact("repetitions", "5 bases"),
        ],
        claims: byDepth + [
          Claim(
            "depth 3, first value grown to 10⁶: second value over its ceiling s₀(1 − ρ)^{−N/(N−2)}, the basis farthest from 1",
            source: "the relation for N ≥ 3 as the first value grows", expected: 1,
            measured: far.map { $0.map { $0[1] }.max()! / ceiling }
              .max { abs($0 - 1) < abs($1 - 1) }!,
            tolerance: 3 * ρ / (1 - ρ) * .root(initial / 1e6, 3) * 1.1),
          Claim(
            "entry (1, 2), from α·1: gap s₁/s₂ of one layer over that of two, three and five, the least",
            source: "greater depth, larger gap: not for this entry", .atLeast, expected: 1,
            measured: gap(aside[0]) / aside.dropFirst().map(gap).max()!, refutes: true),
          Claim(
            "entry (1, 1): largest relative movement of the second value, every depth",
            source: "identity start: only s₁ moves", .atMost, expected: bound,
            measured: corner.joined().map { abs(sorted($0)[1] / initial - 1) }.max()!),
          Claim(
            "entry (1, 2), depth 1: largest relative error of s₁s₂ = α²",
            source: "one observed entry, corrected", .atMost, expected: bound,
            measured: aside[0].map { abs($0[0] * $0[1] / (initial * initial) - 1) }.max()!),
          Claim(
            "entry (1, 2), depth 1: how far the linear relation printed is off at the end",
            source: "one observed entry, as printed", .atLeast, expected: 0.1,
            measured: linearDefect(aside[0]), refutes: true),
          Claim(
            "entry (1, 2), depth 2: relative change of s₁s₂",
            source: "the product is conserved by one layer only", .atLeast, expected: 0.1,
            measured: abs(product(aside[1].last!) / (initial * initial) - 1)),
        ],
        notices: [
          Notice(
            .caution,
            """
            An observed entry (i, j) is a measurement by e_{i}e_{j}ᵀ, which is diagonal in the singular basis of W(0) only \
            in special cases. Otherwise the singular vectors turn and the relations are no more than a guide: for \
            the entry (1, 2) and one layer from α·1 the truth is s₁s₂ = α² with s₁ − s₂ = W₁₂, not a line.
            """)
        ],
        sections: [
          Section(
            heading: "Second value against first",
            blocks: [.figure(curves(shared[0])), .figure(entryCurves(aside))])
        ])
    }

    /// A measurement and the matrix a run starts from.
    private struct Problem {
      var objective: SensingObjective
      var start: Matrix
    }

    private func standing(
      _ depth: Int, value: Double = 1, using generator: inout SeededGenerator
    ) throws -> Problem {
      let u = Matrix.orthogonal(rowCount: 2, columnCount: 2, using: &generator)
      let v = Matrix.orthogonal(rowCount: 2, columnCount: 2, using: &generator)
      let measurement = u.scalingColumns(by: coefficients).timesTransposed(v)
      return Problem(
        objective: try SensingObjective(
          measurements: Matrix(rows: [measurement.elements]), values: [value], outputCount: 2,
          inputCount: 2),
        start: initial * u.timesTransposed(v))
    }

    private func entry(_ i: Int, _ j: Int) throws -> Problem {
      var measurement = [0.0, 0, 0, 0]
      measurement[2 * i + j] = 1
      return Problem(
        objective: try SensingObjective(
          measurements: Matrix(rows: [measurement]), values: [1], outputCount: 2, inputCount: 2),
        start: initial * .identity(2))
    }

    /// The singular values along the flow.
    private func run(
      _ problem: Problem, depth: Int, until end: Double = 60
    ) throws -> [[Double]] {
      let network = try LinearNetwork.balanced(
        endToEnd: problem.start, hiddenWidths: [Int](repeating: 2, count: depth - 1))
      let times = (0...200).map { end * Double.pow(Double($0) / 200, 2) }
      return GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(times, of: [.singularValues])
      ).run(problem.objective, from: network).trajectory.snapshots.compactMap(\.singularValues)
    }

    private func relationName(_ depth: Int) -> String {
      depth == 1 ? "linear relation" : depth == 2 ? "power law" : "relation with a ceiling"
    }

    /// With f the function whose differences are proportional (s, ln s, or −s^{−(N−2)/N}), the second value that the
    /// first implies, against the one found.
    private func relationError(_ depth: Int, _ values: [[Double]]) -> Double {
      values.map { abs($0[1] / implied($0[0], depth: depth) - 1) }.max()!
    }

    private func implied(_ first: Double, depth: Int) -> Double {
      let ρ = coefficients[1] / coefficients[0]
      switch depth {
      case 1: return initial + ρ * (first - initial)
      case 2: return initial * .pow(first / initial, ρ)
      default:
        let power = -Double(depth - 2) / Double(depth)
        let start = Double.pow(initial, power)
        return .pow(start + ρ * (.pow(first, power) - start), 1 / power)
      }
    }

    /// s₁/s₂ at the end.
    private func gap(_ values: [[Double]]) -> Double {
      let last = sorted(values.last!)
      return last[0] / last[1]
    }

    /// How far the middle of the run is from the line through its ends, relative to the change of the second value.
    private func linearDefect(_ values: [[Double]]) -> Double {
      let (first, last) = (values.first!, values.last!)
      let slope = (last[1] - first[1]) / (last[0] - first[0])
      let defect = values.map { abs($0[1] - first[1] - slope * ($0[0] - first[0])) }.max()!
      return defect / abs(last[1] - first[1])
    }

    private func sorted(_ values: [Double]) -> [Double] { values.sorted(by: >) }
    private func product(_ values: [Double]) -> Double { values.reduce(1, *) }

    private func curves(_ runs: [[[Double]]]) -> Figure {
      Figure(
        title: "The second singular value as a function of the first, ρ = 0.6",
        caption: """
          Solid: along the flow. Dotted: the relations. One layer goes along a line, two along a power, and from \
          three on the second value has a ceiling: the greater the depth, the smaller the second value.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("first singular value"),
            vertical: Axis("second singular value", lower: 0),
            series: zip(depths, runs).flatMap { depth, run in
              let color = SeriesColor.gradient(Double(depths.firstIndex(of: depth)!) / 3)
              let x = (0...60).map { initial + (run.last![0] - initial) * Double($0) / 60 }
              return [
                Series(
                  depth == 1 ? "1 layer" : "\(depth) layers", x: run.map { $0[0] },
                  y: run.map { $0[1] }, color: color),
                Series(
                  "relation, depth \(depth)", x: x, y: x.map { implied($0, depth: depth) },
                  style: .dotted, color: .muted),
              ]
            })))
    }

    private func entryCurves(_ runs: [[[Double]]]) -> Figure {
      Figure(
        title: "Entry (1, 2) observed: the vectors turn",
        caption:
          "One layer keeps the product s₁s₂, and with it the smallest second value; none of the relations above is followed.",
        .lines(
          LinePlot(
            horizontal: Axis("first singular value"),
            vertical: Axis("second singular value", lower: 0),
            series: zip(depths, runs).map { depth, run in
              Series(
                depth == 1 ? "1 layer" : "\(depth) layers", x: run.map { sorted($0)[0] },
                y: run.map { sorted($0)[1] },
                color: .gradient(Double(depths.firstIndex(of: depth)!) / 3))
            })))
    }
  }
}
