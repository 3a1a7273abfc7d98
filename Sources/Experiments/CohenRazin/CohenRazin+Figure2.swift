import Estimators
import LinearAlgebra
import Records

extension CohenRazin {
  /// Completion from few to many entries.
  struct Figure2: Experiment {
    let item = Item(
      id: "cohen-razin-figure-2", paper: .cohenRazin,
      title: "Figure 2: matrix completion, smallest nuclear norm against depth",
      shows: """
        With many known entries networks find what the smallest nuclear norm finds; with fewer, the deeper ones find \
        the low-rank truth, whose nuclear norm is above the smallest.
        """,
      seconds: 80,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let problem = CompletionTeacher(rowCount: 40, columnCount: 40, rank: 2, entryCount: 400)
          .problem(using: &generator)
        // The network itself, and nothing after it.
        for depth in [2, 3, 4] {
          let fit = try MatrixCompleter(depth: depth, width: 40, polish: .none).fit(problem.entries)
          let error = fit.completion() - problem.truth
          print(depth, error.frobeniusNorm / problem.truth.frobeniusNorm)
        }
        """)

    private let depths = [2, 3, 4]
    private typealias Comparison = DepthComparison.Comparison
    private typealias Method = (name: String, result: (Comparison) -> DepthComparison.Result)

    func findings(under conditions: Conditions) throws -> Findings {
      let comparison = DepthComparison(
        size: conditions.isQuick ? 48 : 100, rank: conditions.isQuick ? 3 : 5, depths: depths)
      let counts =
        conditions.isQuick
        ? [140, 240, 600, 1200, 1800] : Array(stride(from: 500, through: 5000, by: 500))
      let degrees = comparison.rank * (2 * comparison.size - comparison.rank)
      let runs = try counts.enumerated().map { place, count in
        let start = Double(place) / Double(counts.count)
        return try conditions.repetitions(
          5, from: start, to: start + 1 / Double(counts.count)
        ) { _, generator in
          // With fewer entries nothing can be recovered, and the completer would look for noise.
          try comparison.run(
            entryCount: count, withCompleter: count >= 2 * degrees, using: &generator
          ) { () throws(Interrupted) in
            try conditions.report(start)
          }
        }
      }
      func median(_ place: Int, _ value: (Comparison) -> Double) -> Double {
        let values = runs[place].map(value)
        return values.contains(where: \.isNaN) ? .nan : values.median
      }
      let methods = self.methods
      func curve(_ value: (Comparison, DepthComparison.Result) -> Double) -> [[Double]] {
        methods.map { method in
          counts.indices.map { place in median(place) { value($0, method.result($0)) } }
        }
      }
      let last = counts.count - 1
      // Twice as many entries as degrees of freedom: there the paper's figure separates the methods.
      let few = counts.firstIndex { $0 >= 2 * degrees }!
      let tooFew = counts.lastIndex { $0 < degrees }!
      let manyErrors = (0..<4).map { method in
        median(last) { methods[method].result($0).relativeError }
      }
      let tooFewErrors = runs[tooFew].flatMap { run in
        methods.dropLast().map { $0.result(run).relativeError }
      }
      let claims = [
        Claim(
          "\(counts[last]) entries: largest relative error of nuclear norm and networks, each the median of 5",
          source: "Figure 2, many observations", .atMost, expected: 0.05,
          measured: manyErrors.max()!),
        Claim(
          "\(counts[few]) entries: relative error of the smallest nuclear norm, median of 5",
          source: "Figure 2, few observations", .atLeast, expected: 0.05,
          measured: median(few) { $0.nuclear.relativeError }),
        Claim(
          "\(counts[few]) entries: 3 layers' error over that of the smallest nuclear norm, median of 5",
          source: "Figure 2, few observations", .atMost, expected: 0.5,
          measured: median(few) { $0.networks[1].relativeError / $0.nuclear.relativeError }),
        Claim(
          "\(counts[few]) entries: 3 layers' nuclear norm over the smallest, median of 5",
          source: "Figure 2, right", .atLeast, expected: 1,
          measured: median(few) { $0.networks[1].nuclearNorm / $0.nuclear.nuclearNorm }),
        Claim(
          "\(counts[tooFew]) entries, fewer than degrees of freedom: smallest error of any method, of 5",
          source: "fewer equations than unknowns", .atLeast, expected: 0.05,
          measured: tooFewErrors.min()!),
      ]
      return Findings(
        summary: [
          Fact("degrees of freedom", .number(Double(degrees))),
          Fact("entries where depth matters", .number(Double(counts[few]))),
          Fact("nuclear norm's error there", .number(median(few) { $0.nuclear.relativeError })),
          Fact("3 layers' error there", .number(median(few) { $0.networks[1].relativeError })),
        ],
        settings: [
          Fact("matrix", .text("\(comparison.size)×\(comparison.size), rank \(comparison.rank)")),
          Fact("start", "balanced layers, singular values of W(0) 1e-6"),
          Fact("hidden widths", "those of the matrix"),
          Fact(
            "training", "descent with an adaptive step; gradient flow from a mean square of 1e-5 on"
          ), Fact("training ends at a mean square of", .number(MatrixCompleter.metMeanSquare)),
          Fact("repetitions", "5 for each number of entries; medians"),
        ],
        claims: claims,
        notices: conditions.isQuick
          ? [Notice(.information, "A quick run has a smaller matrix and fewer numbers of entries.")]
          : [],
        sections: [
          Section(
            heading: "The figure",
            blocks: [
              .figure(
                figure(
                  "Reconstruction error", Axis("relative error", .logarithmic), counts,
                  curve { $1.relativeError.isNaN ? .nan : max($1.relativeError, 1e-4) },
                  """
                  Distance from the truth, medians of 5. Training ends near 1e-4; the completer goes on to \
                  rounding (shown as 1e-4).
                  """)),
              .figure(
                figure(
                  "Nuclear norm", Axis("nuclear norm relative to the truth"), counts,
                  curve { $1.nuclearNorm / $0.truth.nuclearNorm },
                  "The smallest nuclear norm is below the truth's where entries are few; depth leads to the truth's."
                )),
              .figure(
                figure(
                  "Effective rank", Axis("effective rank", lower: 0), counts,
                  curve { $1.effectiveRank },
                  "The deeper, the lower. The truth has rank \(comparison.rank).")),
            ])
        ])
    }

    private var methods: [Method] {
      let networks: [Method] = depths.enumerated().map { index, depth in
        ("\(depth) layers", { $0.networks[index] })
      }
      let first: [Method] = [("smallest nuclear norm", { $0.nuclear })]
      return first + networks + [("the library's completer", { $0.completer ?? .missing })]
    }

    private func figure(
      _ title: String, _ vertical: Axis, _ counts: [Int], _ curves: [[Double]], _ caption: String
    ) -> Figure {
      Figure(
        title: title, caption: caption,
        .lines(
          LinePlot(
            horizontal: Axis("known entries", .whole), vertical: vertical,
            series: zip(methods, curves).enumerated().map { place, pair in
              Series(
                pair.0.name, x: counts.map(Double.init), y: pair.1, style: .connectedPoints,
                color: .palette(place))
            })))
    }
  }
}
