import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// Deficiency margins of random starts.
  struct Example1: Experiment {
    let item = Item(
      id: "cohen-razin-example-1", paper: .cohenRazin,
      title: "Example 1: how often a start has a deficiency margin",
      shows: """
        With one output, every other small random start has a deficiency margin; with more outputs \
        small starts never have one.
        """,
      seconds: 6,
      snippet: """
        let problem = QuadraticProblem.factorization(target: Matrix(rows: [[1, 2, 2]]))
        let start = Matrix(rows: [[0.1, 0.1, -0.1]])
        print(try DeficiencyMargin(of: start, for: problem).supremum)
        """)

    var inputs = 5
    private let scales = (0...14).map { Double.exp10(-3 + 0.25 * Double($0)) }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("inputs", .count(\.inputs, 2...20), "dimension of the inputs")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 10
      let draws = conditions.isQuick ? 400 : 4000
      // Per repetition (a target) and number of outputs: the share of starts with a margin, for each scale.
      let shares = try conditions.repetitions(repetitions, to: 0.9) { _, generator in
        try [1, 2, 3].map { outputs in
          let problem = problem(outputs, using: &generator)
          return try scales.map { scale in
            try conditions.report(0)
            let found = try (0..<draws).count { _ in
              let start = Matrix.gaussian(
                rowCount: outputs, columnCount: inputs, standardDeviation: scale, using: &generator)
              return try DeficiencyMargin(of: start, for: problem).supremum > 0
            }
            return Double(found) / Double(draws)
          }
        }
      }
      let margins = try conditions.repetitions(repetitions, from: 0.9) { _, generator in
        try margin(using: &generator)
      }
      func mean(_ outputs: Int, _ scale: Int) -> Double {
        shares.reduce(0) { $0 + $1[outputs - 1][scale] } / Double(repetitions)
      }
      let deviation = 0.5 / Double(draws * repetitions).squareRoot()
      return Findings(
        summary: [
          Fact("share of small starts with a margin, one output", .number(mean(1, 0))),
          Fact("two or three outputs", .number(max(mean(2, 0), mean(3, 0)))),
        ],
        settings: [
          Fact("inputs", .number(Double(inputs)), note: "white"), Fact("outputs", "1, 2, 3"),
          Fact("target", "singular values all 1, random vectors"),
          Fact("starts", "Gaussian matrices of the scales shown"),
          Fact("starts for each point", .number(Double(draws * repetitions))),
          Fact("targets", .number(Double(repetitions))),
        ],
        claims: [
          // Four standard deviations of the share; and a start of norm r has a margin if its angle to the target
          // has a cosine above r/2, which takes about r/2 times the density of a cosine in five dimensions, 0.75.
          Claim(
            "one output, smallest scale: share of starts with a margin", source: "Example 1",
            expected: 0.5, measured: mean(1, 0),
            tolerance: 4 * deviation + 0.4 * scales[0] * Double(inputs).squareRoot()),
          // ‖W − Λ‖ is about ‖Λ‖ = √2 or √3, and must be below σ_min(Λ) = 1.
          Claim(
            "two or three outputs, smallest scale: share of starts with a margin", expected: 0,
            measured: max(mean(2, 0), mean(3, 0))),
          Claim(
            "a matrix just below the margin with a larger loss than W: share, of random ones",
            source: "Definition 3", expected: 1,
            measured: margins.map(\.isMargin).reduce(0, +) / Double(repetitions)),
          Claim(
            "nothing more is a margin: largest loss, over that of W, of the nearest matrix above it",
            source: "Example 1 and Exercise 3", .atMost, expected: 1,
            measured: margins.map(\.quotient).max()!),
        ],
        notices: [
          Notice(
            .caution,
            "The probability of one half is for one output alone. For two outputs or more a start near zero lies at the distance ‖Λ‖ from the target, which is more than σ_min(Λ): it never has a margin, and Theorem 2 says nothing about training from near zero."
          )
        ],
        sections: [
          Section(
            heading: "Starts with a margin",
            blocks: [
              .figure(
                Figure(
                  title: "Share of random starts with a deficiency margin",
                  caption:
                    "Starts have independent Gaussian entries. With one output the share tends to one half as the start shrinks; with more outputs to zero.",
                  .lines(
                    LinePlot(
                      horizontal: Axis("standard deviation of an entry", .logarithmic),
                      vertical: Axis("share with a margin", lower: 0, upper: 0.6),
                      series: [1, 2, 3].map { outputs in
                        Series(
                          outputs == 1 ? "1 output" : "\(outputs) outputs", x: scales,
                          y: scales.indices.map { mean(outputs, $0) }, style: .connectedPoints,
                          color: .palette(outputs - 1))
                      }, markers: [Marker(.horizontal, at: 0.5, label: "one half")]))))
            ])
        ])
    }

    private func problem(
      _ outputs: Int, using generator: inout SeededGenerator
    ) -> QuadraticProblem {
      .factorization(
        target: .random(
          singularValues: [Double](repeating: 1, count: outputs), rowCount: outputs,
          columnCount: inputs, using: &generator))
    }

    /// Whether random matrices of a smallest singular value just below the supremum of the margin all have a larger
    /// loss than a start; and the loss of the nearest such matrix just above, relative to the start's.
    private func margin(
      using generator: inout SeededGenerator
    ) throws -> (isMargin: Double, quotient: Double) {
      let target = Matrix.random(
        singularValues: [2, 1.5, 1], rowCount: 3, columnCount: inputs, using: &generator)
      let problem = QuadraticProblem.factorization(target: target)
      let displacement = Matrix.gaussian(rowCount: 3, columnCount: inputs, using: &generator)
      let start = target + (0.4 / displacement.frobeniusNorm) * displacement
      let supremum = try DeficiencyMargin(of: start, for: problem).supremum
      let isMargin = try (0..<200).allSatisfy { _ in
        let guess = Matrix.gaussian(
          rowCount: 3, columnCount: inputs, standardDeviation: 0.2, using: &generator)
        let poor = try (target + guess).loweringSmallestSingularValue(to: 0.999 * supremum)
        return problem.loss(at: poor) > problem.loss(at: start)
      }
      let nearest = try target.loweringSmallestSingularValue(to: 1.001 * supremum)
      return (isMargin ? 1 : 0, problem.loss(at: nearest) / problem.loss(at: start))
    }
  }
}

extension Matrix {
  /// The nearest matrix whose smallest singular value is at most δ.
  ///
  /// Its last singular value is lowered to δ, the rest stays.
  /// - SeeAlso: Exercise 3 of [cohenRazin].
  func loweringSmallestSingularValue(to δ: Double) throws -> Matrix {
    let decomposition = try SingularValueDecomposition(of: self)
    var values = decomposition.singularValues
    values[values.count - 1] = min(values[values.count - 1], δ)
    return SingularValueDecomposition(
      leftVectors: decomposition.leftVectors, singularValues: values,
      rightVectorsTransposed: decomposition.rightVectorsTransposed
    ).reconstruct()
  }
}
