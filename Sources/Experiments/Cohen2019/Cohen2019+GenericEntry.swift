import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Cohen2019 {
  /// Depth against gap where the observed entry is not in the singular basis of the start.
  struct GenericEntry: Experiment {
    let item = Item(
      id: "cohen-generic-entry", paper: .cohen2019,
      title: "One observed entry from a generic start: depth against gap",
      shows: """
        With one entry observed and a start in random bases, the difference s₁ − s₂ grows with depth, as the slides say; \
        the quotient s₁/s₂ does not, and one layer can have the largest.
        """,
      seconds: 0.5, corrections: ["one observed entry"],
      snippet: """
        // The entry (1, 2) observed to be 1, two and three layers from the same random start.
        var generator = SeededGenerator(seed: 0)
        let objective = CompletionObjective(
          try ObservedEntries(rowCount: 3, columnCount: 3, rows: [0], columns: [1], values: [1]))
        let start = 0.02 * Matrix.orthogonal(rowCount: 3, columnCount: 3, using: &generator)
        for hidden in [[3], [3, 3]] {
          let run = GradientFlow(until: 1e6, targetLoss: 1e-18).run(
            objective, from: try LinearNetwork.balanced(endToEnd: start, hiddenWidths: hidden))
          print(run.finalNetwork.singularValues())
        }
        """)

    private let depths = [1, 2, 3, 4]
    private let sizes = [2, 3, 4]
    var initial = 0.02

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("start", .number(\.initial, 1e-6...0.5), "size of W(0)")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      let runs = try conditions.repetitions(count) { _, generator in
        try sizes.map { size in
          let start =
            initial * .orthogonal(rowCount: size, columnCount: size, using: &generator)
          return try depths.map { try end(depth: $0, from: start) }
        }
      }
      let all = runs.flatMap(\.self)
      let rises = all.flatMap { ends in
        zip(ends, ends.dropFirst()).map { ($1[0] - $1[1]) - ($0[0] - $0[1]) }
      }
      func quotient(_ values: [Double]) -> Double { values[0] / values[1] }
      let firstIsLargest = all.count { ends in
        quotient(ends[0]) >= ends.dropFirst().map(quotient).max()!
      }
      return Findings(
        summary: [
          Fact("starts", .number(Double(all.count))),
          Fact(
            "one layer has the largest s₁/s₂ in", .number(Double(firstIsLargest)), note: "of them"),
        ],
        settings: [
          Fact("start", "0.02 times a random orthogonal matrix, 2×2, 3×3 and 4×4"),
          Fact("observed", "the entry (1, 2), which is 1"), Fact("depths", "1, 2, 3, 4"),
          Fact("end", "a loss of 1e-20"),
        ],
        claims: [
          Claim(
            "least change of s₁ − s₂ from one depth to the next, all starts",
            source: "greater depth, larger gap", .atLeast, expected: 0, measured: rises.min()!,
            // Both ends are off by the root of the last loss.
            tolerance: 1e-8),
          Claim(
            "starts in which the quotient s₁/s₂ falls from one depth to a greater one",
            source: "greater depth, larger gap: not as a quotient", .atLeast, expected: 1,
            measured: Double(
              all.count { ends in
                zip(ends, ends.dropFirst()).contains { quotient($1) < quotient($0) * (1 - 1e-6) }
              }), refutes: true),
          Claim(
            "one layer, larger than 2×2: largest distance of all values between the first and the last from α, relatively",
            // W₀ + x e₁e₂ᵀ is α times an orthogonal matrix and a change of rank one: all but two values stay, by
            // interlacing, and the product of those two is α² |1 + x q|, q the element of W₀/α.
            source: "a change of rank one", .atMost, expected: 1e-9,
            measured: all.filter { $0[0].count > 2 }.map { ends in
              ends[0].dropFirst().dropLast().map { abs($0 / initial - 1) }.max()!
            }.max()!),
        ],
        sections: [
          Section(
            heading: "Ends by depth",
            prose: "A line is a start; all values after the entry has been learned.",
            blocks: [
              .row([
                figure("Difference s₁ − s₂", runs) { $0[0] - $0[1] },
                figure("Quotient s₁/s₂", runs, quotient),
              ])
            ])
        ])
    }

    /// The singular values after the entry (1, 2) has been learned.
    private func end(depth: Int, from start: Matrix) throws -> [Double] {
      let size = start.rowCount
      let objective = CompletionObjective(
        try ObservedEntries(
          rowCount: size, columnCount: size, rows: [0], columns: [1], values: [1]))
      let run = GradientFlow(
        until: 1e9, steps: .adaptive(relativeTolerance: 1e-11), targetLoss: 1e-20,
        recording: FlowRecording(times: [], of: [.singularValues])
      ).run(
        objective,
        from: try .balanced(
          endToEnd: start, hiddenWidths: [Int](repeating: size, count: depth - 1)))
      return run.snapshots.last!.singularValues!
    }

    private func figure(
      _ title: String, _ runs: [[[[Double]]]], _ gap: ([Double]) -> Double
    ) -> Figure {
      Figure(
        title: title, caption: "Five starts of each size.",
        .lines(
          LinePlot(
            horizontal: Axis("depth", .whole),
            vertical: Axis(
              title.hasPrefix("Q") ? "s₁/s₂" : "s₁ − s₂",
              title.hasPrefix("Q") ? .logarithmic : .linear),
            series: sizes.enumerated().map { place, size in
              // One name for all starts of a size: a gap divides their lines.
              let ends = runs.prefix(5).map { $0[place] }
              return Series(
                "\(size)×\(size)",
                x: ends.flatMap { _ in (depths + depths.suffix(1)).map(Double.init) },
                y: ends.flatMap { $0.map(gap) + [.nan] }, style: .connectedPoints,
                color: .palette(place))
            })))
    }
  }
}
