import Estimators
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Later {
  /// Intervals around filled-in entries cover what they promise.
  struct ConformalCoverage: Experiment {
    let item = Item(
      id: "later-conformal-coverage", paper: .later,
      title: "Split-conformal intervals of filled-in entries: the coverage",
      shows: """
        With known entries at random, intervals from held-out residuals contain a new measurement of an unknown entry as \
        often as they promise, whatever the noise.
        """,
      seconds: 48,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let teacher = CompletionTeacher(rowCount: 40, columnCount: 40, rank: 2, entryCount: 800)
        let problem = teacher.problem(using: &generator)
        let fit = try MatrixCompleter(holdoutFraction: 0.2, intervalCoverage: 0.9).fit(problem.entries)
        print(fit.intervals?.halfWidth(row: 0, column: 0) ?? .nan)
        """,
      citation: """
        Yu Gui, Rina Barber, Cong Ma. Conformalized matrix completion. NeurIPS 2023. https://arxiv.org/abs/2305.10637
        """)

    var coverages: [Double] = [0.8, 0.9]
    var noise = 0.3

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("noise", .number(\.noise, 0.01...2), "relative to the entries"),
        Adjustable("coverages", .numbers(\.coverages, 0.5...0.99), "promised"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 6 : 30
      let side = conditions.isQuick ? 30 : 40
      let runs = try conditions.repetitions(count) { _, generator in
        try coverages.map { try covered($0, side: side, using: &generator) }
      }
      func shares(_ place: Int) -> [Double] { runs.map { $0[place] } }
      func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
      func error(_ values: [Double]) -> Double {
        let middle = mean(values)
        let square = values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
        return (square / Double(values.count - 1) / Double(values.count)).squareRoot()
      }
      var claims: [Claim] = []
      for (place, coverage) in coverages.enumerated() {
        let values = shares(place)
        // Four standard errors of the mean over the instances.
        let tolerance = 4 * error(values)
        claims.append(
          Claim(
            "intervals of coverage \(coverage): share of new measurements of unknown entries inside, mean of \(count)",
            source: "coverage at least as promised", .atLeast, expected: coverage,
            measured: mean(values), tolerance: tolerance))
        claims.append(
          Claim(
            "the same from above: not wider than need be", source: "exchangeable residuals",
            .atMost, expected: coverage + 10 / Double(side * side), measured: mean(values),
            tolerance: tolerance))
      }
      return Findings(
        summary: coverages.indices.map { place in
          Fact("covered at \(coverages[place])", .number(mean(shares(place))))
        },
        settings: [
          Fact("matrix", .text("\(side)×\(side), rank 2, half of the entries known")),
          Fact("noise", .text("Laplace, standard deviation \(noise) of the entries'")),
          Fact("held out", "0.2 of the known entries"), Fact("instances", .number(Double(count))),
        ],
        claims: claims,
        sections: [
          Section(
            heading: "Instance by instance",
            blocks: [
              .figure(
                Figure(
                  title: "Share covered",
                  caption: "Each point is an instance; lines are what was promised.",
                  .lines(
                    LinePlot(
                      horizontal: Axis("instance", .whole),
                      vertical: Axis("share covered", upper: 1),
                      series: coverages.indices.map { place in
                        Series(
                          "coverage \(coverages[place])", x: (1...count).map(Double.init),
                          y: shares(place), style: .points)
                      },
                      markers: coverages.map { Marker(.horizontal, at: $0, label: "\($0)") }))))
            ])
        ])
    }

    /// The share of new measurements of unknown entries that lie inside their intervals.
    private func covered(
      _ coverage: Double, side: Int, using generator: inout SeededGenerator
    ) throws -> Double {
      let teacher = CompletionTeacher(
        rowCount: side, columnCount: side, rank: 2, entryCount: side * side / 2)
      let problem = teacher.problem(using: &generator)
      let scale = problem.truth.frobeniusNorm / Double(side)
      func measurement(_ row: Int, _ column: Int) -> Double {
        // Laplace: heavier tails than any normal model would think.
        let u = generator.nextUniform() - 0.5
        let sign: Double = u < 0 ? -1 : 1
        let laplace = -sign * .log(max(1 - 2 * abs(u), 1e-300)) / 2.0.squareRoot()
        return problem.truth[row, column] + noise * scale * laplace
      }
      let entries = problem.entries
      var isKnown = Set<Int>()
      var values: [Double] = []
      for k in entries.values.indices {
        let (row, column) = (Int(entries.rows[k]), Int(entries.columns[k]))
        isKnown.insert(row * side + column)
        values.append(measurement(row, column))
      }
      let noisy = try ObservedEntries(
        rowCount: side, columnCount: side, rows: entries.rows.map { Int($0) },
        columns: entries.columns.map { Int($0) }, values: values)
      let fit = try MatrixCompleter(
        holdoutFraction: 0.2, intervalCoverage: coverage, seed: generator.next()
      ).fit(noisy)
      guard let intervals = fit.intervals else { return .nan }
      let completion = fit.completion()
      var inside = 0
      var total = 0
      for row in 0..<side {
        for column in 0..<side where !isKnown.contains(row * side + column) {
          total += 1
          let error = abs(measurement(row, column) - completion[row, column])
          if error <= intervals.halfWidth(row: row, column: column) { inside += 1 }
        }
      }
      return Double(inside) / Double(total)
    }
  }
}
