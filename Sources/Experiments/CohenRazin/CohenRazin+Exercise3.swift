import LinearAlgebra
import RealModule
import Records

extension CohenRazin {
  /// The distance to the matrices with a small singular value.
  struct Exercise3: Experiment {
    let item = Item(
      id: "cohen-razin-exercise-3", paper: .cohenRazin,
      title: "Exercise 3: the distance to matrices with a small singular value",
      shows: """
        Lowering the smallest singular value to δ gives the nearest matrix that has one of at most δ; \
        of thousands of others none is nearer.
        """,
      seconds: 2.0,
      snippet: """
        let w = Matrix(rows: [[3, 0, 0], [0, 1, 0]])
        let decomposition = try SingularValueDecomposition(of: w)
        let nearest = SingularValueDecomposition(
          leftVectors: decomposition.leftVectors,
          singularValues: [decomposition.singularValues[0], 0.25],
          rightVectorsTransposed: decomposition.rightVectorsTransposed
        ).reconstruct()
        print((w - nearest).frobeniusNorm)
        """)

    private let thresholds = [Double].spaced(from: 0, to: 1.4, count: 29)

    private struct Measurement {
      var error = 0.0
      var violation = -Double.infinity
      var bhatia = -Double.infinity
      /// For each threshold the least distance of a random matrix.
      var nearest: [Double] = []
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 20
      let tries = conditions.isQuick ? 40 : 400
      let measured = try conditions.repetitions(repetitions) { _, generator in
        try measure(tries, conditions, using: &generator)
      }
      return Findings(
        summary: [
          Fact(
            "random matrices", .number(Double(repetitions * tries * thresholds.count))),
          Fact(
            "largest error of the minimum", .number(measured.map(\.error).max()!)),
        ],
        settings: [
          Fact("W", "3×4 with singular values 3, 2, 1 and random vectors"),
          Fact("thresholds δ", "0 to 1.4"), Fact("matrices W", .number(Double(repetitions))),
          Fact("random W′ for each δ", .number(Double(tries))),
        ],
        claims: [
          Claim(
            "largest error of ‖W − W′‖ = max{0, σ_min(W) − δ} at the constructed W′",
            source: "Exercise 3", .atMost, expected: 1e-13, measured: measured.map(\.error).max()!),
          Claim(
            "how much nearer than that a random admissible W′ is, at most", source: "Exercise 3",
            .atMost, expected: 0, measured: measured.map(\.violation).max()!, tolerance: 1e-13),
          Claim(
            "largest ‖σ(W) − σ(W′)‖ − ‖W − W′‖, which the proof needs not to be positive",
            source: "Exercise IV.3.5 of Bhatia", .atMost, expected: 0,
            measured: measured.map(\.bhatia).max()!, tolerance: 1e-13),
        ],
        sections: [
          Section(
            heading: "Distances",
            blocks: [
              .figure(
                Figure(
                  title: "Distance to the matrices whose smallest singular value is at most δ",
                  caption:
                    "σ_min(W) = 1. Points: the nearest of many random admissible matrices near W, for each of the first five W. None is below the line.",
                  .lines(
                    LinePlot(
                      horizontal: Axis("δ", lower: 0), vertical: Axis("‖W − W′‖", lower: 0),
                      series: [
                        Series(
                          "max{0, σ_min − δ}", x: thresholds, y: thresholds.map { max(0, 1 - $0) },
                          color: .palette(0)),
                        Series(
                          "nearest of the random matrices",
                          x: measured.prefix(5).flatMap { _ in thresholds },
                          y: measured.prefix(5).flatMap(\.nearest), style: .points,
                          color: .palette(1)),
                      ]))))
            ])
        ])
    }

    private func measure(
      _ tries: Int, _ conditions: Conditions, using generator: inout SeededGenerator
    ) throws -> Measurement {
      let w = Matrix.random(
        singularValues: [3, 2, 1], rowCount: 3, columnCount: 4, using: &generator)
      let values = try w.singularValues()
      var result = Measurement()
      for δ in thresholds {
        try conditions.report(0)
        let least = max(0, 1 - δ)
        let constructed = try w.loweringSmallestSingularValue(to: δ)
        result.error = max(result.error, abs((w - constructed).frobeniusNorm - least))
        var nearest = Double.infinity
        for attempt in 0..<tries {
          // From far away to next to W, so that the best ones are tried too.
          let size = Double.exp10(-4 * Double(attempt) / Double(tries))
          let step = Matrix.gaussian(
            rowCount: 3, columnCount: 4, standardDeviation: size, using: &generator)
          let other = try (w + step).loweringSmallestSingularValue(to: δ)
          let distance = (w - other).frobeniusNorm
          nearest = min(nearest, distance)
          result.violation = max(result.violation, least - distance)
          let gap = zip(values, try other.singularValues()).reduce(0) {
            $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
          }.squareRoot()
          result.bhatia = max(result.bhatia, gap - distance)
        }
        result.nearest.append(nearest)
      }
      return result
    }
  }
}
