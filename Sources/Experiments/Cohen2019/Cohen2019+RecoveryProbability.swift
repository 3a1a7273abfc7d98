import Analysis
import Estimators
import LinearAlgebra
import LinearNetworks
import Records

extension Cohen2019 {
  /// How often a random problem is recovered.
  struct RecoveryProbability: Experiment {
    let item = Item(
      id: "cohen-recovery-probability", paper: .cohen2019,
      title: "Probability of recovery against the number of entries",
      shows: """
        The path of a deep network, finished at the rank it finds, recovers matrices from close to as few entries as \
        anyone could; the smallest nuclear norm needs about twice as many.
        """,
      seconds: 55,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let problem = CompletionTeacher(rowCount: 40, columnCount: 40, rank: 2, entryCount: 350)
          .problem(using: &generator)
        let fit = try MatrixCompleter().fit(problem.entries)
        print(fit.isExact, fit.rank, (fit.completion() - problem.truth).frobeniusNorm)
        """)

    /// A recovered matrix is this near to the truth, relative to its norm.
    var accuracy = 1e-4
    var instanceCount = 20

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable(
          "accuracy", .number(\.accuracy, 1e-8...0.1), "relative, of what counts as recovered"),
        Adjustable("instances", .count(\.instanceCount, 5...1000), "for each number of entries"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let (size, rank) = conditions.isQuick ? (20, 1) : (100, 5)
      let degrees = rank * (2 * size - rank)
      let counts =
        conditions.isQuick
        ? [30, 60, 90, 120, 180, 300] : [900, 1300, 1500, 1750, 2000, 2500, 3000, 3500, 4000]
      let rates = try counts.enumerated().map { place, count in
        let start = Double(place) / Double(counts.count)
        let trials = try conditions.repetitions(
          instanceCount, from: start, to: start + 1 / Double(counts.count)
        ) { _, generator in
          try trial(
            CompletionTeacher(rowCount: size, columnCount: size, rank: rank, entryCount: count),
            using: &generator)
        }
        return Rates(count: count, trials: trials, accuracy: accuracy)
      }
      let deep = threshold(rates, \.completer)
      let nuclear = threshold(rates, \.nuclear)
      let certain = rates.flatMap(\.trials).filter(\.isCertain)
      return Findings(
        summary: [
          Fact("degrees of freedom", .number(Double(degrees))),
          Fact("entries for every second problem, completer", .number(deep)),
          Fact("the same, smallest nuclear norm", .number(nuclear)),
        ],
        settings: [
          Fact("matrix", .text("\(size)×\(size), rank \(rank)")),
          Fact("instances for each number of entries", .number(Double(instanceCount))),
          Fact("recovered", "relative error at most 1e-4"),
        ],
        claims: [
          Claim(
            "\(counts[0]) entries, fewer than degrees of freedom: share recovered by either method",
            source: "fewer equations than unknowns", .atMost, expected: 0,
            measured: max(rates[0].completer, rates[0].nuclear)),
          Claim(
            "entries for every second problem: the completer's over the nuclear norm's",
            source: "tables for 2K and 5K entries", .atMost, expected: 0.8,
            measured: deep / nuclear),
          Claim(
            "smallest excess of the completer's share over the nuclear norm's, any number of entries",
            source: "tables for 2K and 5K entries", .atLeast, expected: 0,
            measured: rates.map { $0.completer - $0.nuclear }.min()!),
          // One of twenty may have a row with fewer entries than the rank.
          Claim(
            "\(counts.last!) entries: share recovered by both", source: "table for 5K entries",
            .atLeast, expected: 0.9,
            measured: min(rates.last!.completer, rates.last!.nuclear)),
          Claim(
            "fits called exact whose mask determines every entry: largest relative error",
            source: "more equations than unknowns, and a Jacobian of full rank", .atMost,
            expected: 1e-6, measured: certain.map(\.completerError).max() ?? 0),
        ],
        notices: [
          Notice(
            .information,
            """
            The completer follows the path of descent on a network of three layers, stops where the spectrum shows a \
            gap, and fits at that rank. It is not told the rank.
            """)
        ],
        sections: [
          Section(
            heading: "Share of problems recovered",
            blocks: [.figure(figure(rates, degrees)), .table(table(rates))])
        ])
    }

    private struct Trial {
      var completerError: Double
      var nuclearError: Double
      /// Called exact, and the mask determines all entries.
      var isCertain: Bool
    }

    private struct Rates {
      var count: Int
      var trials: [Trial]
      /// The shares recovered.
      var completer: Double
      var nuclear: Double

      init(count: Int, trials: [Trial], accuracy: Double) {
        self.count = count
        self.trials = trials
        let total = Double(trials.count)
        completer = Double(trials.count { $0.completerError <= accuracy }) / total
        nuclear = Double(trials.count { $0.nuclearError <= accuracy }) / total
      }
    }

    /// The number of entries from which on at least half of the problems are recovered, between those tried.
    private func threshold(_ rates: [Rates], _ share: (Rates) -> Double) -> Double {
      guard let below = rates.lastIndex(where: { share($0) < 0.5 }) else {
        return Double(rates[0].count)
      }
      guard below + 1 < rates.count else { return .infinity }
      let (a, b) = (share(rates[below]), share(rates[below + 1]))
      let (x, y) = (Double(rates[below].count), Double(rates[below + 1].count))
      return x + (y - x) * (0.5 - a) / (b - a)
    }

    private func trial(
      _ teacher: CompletionTeacher, using generator: inout SeededGenerator
    ) throws -> Trial {
      let problem = teacher.problem(using: &generator)
      let norm = problem.truth.frobeniusNorm
      // Only the search for an exact fit: the rest of the work would look for noise.
      let fit = try MatrixCompleter(seed: generator.next()).fit(problem.entries) {
        $0.fraction < 0.3
      }
      let nuclear = try NuclearNormCompleter().fit(problem.entries, atMost: 100)
      return Trial(
        completerError: (fit.completion() - problem.truth).frobeniusNorm / norm,
        nuclearError: (nuclear.completion - problem.truth).frobeniusNorm / norm,
        isCertain: fit.isExact && fit.mask.undeterminedEntryCount == 0)
    }

    private func figure(_ rates: [Rates], _ degrees: Int) -> Figure {
      let counts = rates.map { Double($0.count) }
      return Figure(
        title: "Share of \(instanceCount) random problems recovered",
        caption:
          "Left of the line there are fewer entries than degrees of freedom, and nothing can be recovered.",
        .lines(
          LinePlot(
            horizontal: Axis("known entries", .whole),
            vertical: Axis("share recovered", lower: -0.02, upper: 1.02),
            series: [
              Series(
                "path of a deep network", x: counts, y: rates.map(\.completer),
                style: .connectedPoints),
              Series(
                "smallest nuclear norm", x: counts, y: rates.map(\.nuclear),
                style: .connectedPoints),
            ], markers: [Marker(.vertical, at: Double(degrees), label: "degrees of freedom")])))
    }

    private func table(_ rates: [Rates]) -> Table {
      Table(
        title: "Shares and median errors",
        columns: [
          Column("entries"), Column("completer: recovered"),
          Column("completer: median error", significantDigits: 2),
          Column("nuclear norm: recovered"),
          Column("nuclear norm: median error", significantDigits: 2),
        ],
        rows: rates.map { rate in
          let middle = rate.trials.count / 2
          return [
            .number(Double(rate.count)), .number(rate.completer),
            .number(rate.trials.map(\.completerError).sorted()[middle]), .number(rate.nuclear),
            .number(rate.trials.map(\.nuclearError).sorted()[middle]),
          ]
        })
    }
  }
}
