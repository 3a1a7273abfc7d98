import Estimators
import Records

extension Cohen2019 {
  /// The slides' two tables: many entries and few.
  struct MatrixCompletion: Experiment {
    let item = Item(
      id: "cohen-matrix-completion", paper: .cohen2019,
      title: "Tables: testing the nuclear norm conjecture",
      shows: """
        With many entries all methods recover the matrix; with few, the smallest nuclear norm does not, two layers \
        do better and three recover it, at a nuclear norm above the smallest.
        """,
      seconds: 12,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let problem = CompletionTeacher(rowCount: 100, columnCount: 100, rank: 5, entryCount: 2000)
          .problem(using: &generator)
        let deep = try MatrixCompleter().fit(problem.entries).completion()
        let nuclear = try NuclearNormCompleter().fit(problem.entries).completion
        for w in [deep, nuclear] {
          print((w - problem.truth).frobeniusNorm / 100, try w.nuclearNorm(), try w.effectiveRank())
        }
        """)

    /// Those of the slides.
    private let depths = [2, 3]

    func findings(under conditions: Conditions) throws -> Findings {
      let comparison = DepthComparison(
        size: conditions.isQuick ? 48 : 100, rank: conditions.isQuick ? 3 : 5, depths: depths)
      // In quick runs about as many entries for each degree of freedom r(2n − r), or more.
      let counts = conditions.isQuick ? [1800, 575] : [5000, 2000]
      let many = try conditions.repetitions(5, to: 0.5) { repetition, generator in
        try comparison.run(entryCount: counts[0], using: &generator) { () throws(Interrupted) in
          try conditions.report(0.1 * Double(repetition))
        }
      }
      let few = try conditions.repetitions(5, from: 0.5) { repetition, generator in
        try comparison.run(entryCount: counts[1], using: &generator) { () throws(Interrupted) in
          try conditions.report(0.5 + 0.1 * Double(repetition))
        }
      }
      func median(
        _ runs: [DepthComparison.Comparison],
        _ value: (DepthComparison.Comparison) -> Double
      ) -> Double {
        runs.map(value).median
      }
      let deep = { (run: DepthComparison.Comparison) in run.networks[1] }
      let residual = MatrixCompleter.metMeanSquare.squareRoot()
      return Findings(
        summary: [
          Fact("few entries, nuclear norm", .number(median(few) { $0.nuclear.relativeError })),
          Fact("2 layers", .number(median(few) { $0.networks[0].relativeError })),
          Fact("3 layers", .number(median(few) { $0.networks[1].relativeError })),
          Fact("the library's completer", .number(median(few) { $0.completer!.relativeError })),
        ],
        settings: [
          Fact("matrix", .text("\(comparison.size)×\(comparison.size), rank \(comparison.rank)")),
          Fact("entries", .text("\(counts[0]) and \(counts[1])")),
          Fact("start", "balanced layers, singular values of W(0) 1e-6"),
          Fact("hidden widths", "those of the matrix"),
          Fact(
            "training", "descent with an adaptive step; gradient flow from a mean square of 1e-5 on"
          ),
          Fact("training ends at a mean square of", .number(MatrixCompleter.metMeanSquare)),
          Fact("repetitions", "5"),
        ],
        claims: [
          Claim(
            "many entries: largest relative error of the smallest nuclear norm, of 5",
            source: "table for 5K entries", .atMost, expected: 1e-4,
            measured: many.map(\.nuclear.relativeError).max()!),
          // The residuals at unknown entries are at most some hundred times those at known ones.
          Claim(
            "many entries: largest relative error of two and three layers, of 5",
            source: "table for 5K entries", .atMost, expected: 100 * residual,
            measured: many.map { max($0.networks[0].relativeError, $0.networks[1].relativeError) }
              .max()!),
          Claim(
            "few entries: smallest relative error of the smallest nuclear norm, of 5",
            source: "table for 2K entries", .atLeast, expected: 0.05,
            measured: few.map(\.nuclear.relativeError).min()!),
          Claim(
            "few entries: median of 3 layers' error over that of the smallest nuclear norm",
            source: "table for 2K entries", .atMost, expected: 0.1,
            measured: median(few) { deep($0).relativeError / $0.nuclear.relativeError }),
          Claim(
            "few entries: median of 3 layers' error over that of 2 layers",
            source: "table for 2K entries", .atMost, expected: 1,
            measured: median(few) { deep($0).relativeError / $0.networks[0].relativeError }),
          Claim(
            "few entries: smallest excess of 3 layers' nuclear norm over the smallest, relative",
            source: "table for 2K entries: rank at the expense of the nuclear norm", .atLeast,
            expected: 0,
            measured: few.map { deep($0).nuclearNorm / $0.nuclear.nuclearNorm - 1 }.min()!),
          Claim(
            "few entries: largest quotient of 3 layers' effective rank and the nuclear norm's",
            source: "table for 2K entries", .atMost, expected: 1,
            measured: few.map { deep($0).effectiveRank / $0.nuclear.effectiveRank }.max()!),
        ],
        notices: [
          Notice(
            .information,
            """
            The slides do not say which error they print. Theirs of the smallest nuclear norm for 2K entries, 2e-1, \
            compares with our relative error.
            """)
        ]
          + (conditions.isQuick
            ? [
              Notice(
                .information,
                "A quick run has a smaller matrix and about as many entries for each degree of freedom, or more."
              )
            ]
            : []),
        sections: [
          Section(
            heading: "The tables",
            prose: "Medians of 5 problems; the slides' numbers beside them, of one problem.",
            blocks: [
              .figure(bars(many, few, median)),
              .table(
                table(
                  "Many entries: \(counts[0])", many, conditions.isQuick ? [] : slides5K, median)),
              .table(
                table(
                  "Few entries: \(counts[1])", few, conditions.isQuick ? [] : slides2K, median)),
            ])
        ])
    }

    /// Error, nuclear norm and effective rank in the slides' order: smallest nuclear norm, two layers, three.
    private let slides5K = [[8e-7, 221, 5], [5e-6, 221, 5], [4e-6, 221, 5]]
    private let slides2K = [[2e-1, 217, 8], [6e-2, 220, 6], [3e-5, 221, 5]]

    private typealias Comparison = DepthComparison.Comparison
    private typealias Median = ([Comparison], (Comparison) -> Double) -> Double

    private var methods: [(name: String, result: (Comparison) -> DepthComparison.Result)] {
      [("nuclear norm", { $0.nuclear })]
        + depths.enumerated().map { index, depth in
          ("\(depth) layers", { $0.networks[index] })
        } + [("completer", { $0.completer! }), ("truth", { $0.truth })]
    }

    private func table(
      _ title: String, _ runs: [Comparison], _ slides: [[Double]], _ median: Median
    ) -> Table {
      let printed = slides.isEmpty ? [] : ["error", "nuclear norm", "effective rank"]
      return Table(
        title: title,
        columns: [
          Column("method", alignment: .leading), Column("relative error", significantDigits: 2),
          Column("mean squared error", significantDigits: 2), Column("nuclear norm"),
          Column("effective rank", significantDigits: 3), Column("steps"),
        ] + printed.map { Column("slides: \($0)", significantDigits: 3) },
        rows: methods.enumerated().map { place, method in
          [.text(method.name)]
            + [
              median(runs) { method.result($0).relativeError },
              median(runs) { method.result($0).meanSquaredError },
              median(runs) { method.result($0).nuclearNorm },
              median(runs) { method.result($0).effectiveRank },
              median(runs) { Double(method.result($0).steps) },
            ].map(Cell.number)
            + printed.indices.map { place < slides.count ? .number(slides[place][$0]) : .missing }
        })
    }

    private func bars(_ many: [Comparison], _ few: [Comparison], _ median: Median) -> Figure {
      let shown = methods.dropLast()
      return Figure(
        title: "Relative error of the completed matrix",
        caption:
          "Medians. With few entries depth decides. Training ends near 1e-4; the library's completer goes on.",
        .bars(
          BarChart(
            categories: shown.map(\.name), horizontalTitle: "method",
            vertical: Axis("relative error", .logarithmic),
            bars: [("many entries", many), ("few entries", few)].map { name, runs in
              Bars(
                name,
                values: shown.map { method in median(runs) { method.result($0).relativeError } })
            })))
    }
  }
}
