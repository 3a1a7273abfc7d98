import Estimators
import LinearAlgebra
import Records

extension CohenRazin {
  /// Low hierarchical rank without asking for it.
  struct HierarchicalTensor: Experiment {
    let item = Item(
      id: "cohen-razin-hierarchical-tensor", paper: .cohenRazin,
      title: "Section 5: hierarchical tensor rank",
      shows: """
        A tree-shaped network of products, trained near zero on some entries of a tensor, uses few components at every \
        node of the tree: those the truth has.
        """,
      seconds: 0.4,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let a = (0..<4).map { _ in Matrix.gaussian(rowCount: 5, columnCount: 1, using: &generator) }
        var indices: [Int] = []
        var values: [Double] = []
        for place in generator.sample(200, below: 625).sorted() {
          let position = [place / 125, place / 25 % 5, place / 5 % 5, place % 5]
          indices += position
          values.append((0..<4).reduce(1) { $0 * a[$1][position[$1], 0] })
        }
        let fit = try TensorCompleter(structure: .hierarchical).fit(
          ObservedTensor(shape: [5, 5, 5, 5], indices: indices, values: values))
        print(fit.ranks, fit.isExact)
        """)

    var initialScale = 3e-4
    var largeScale = 3e-2
    private let places = ["pair (1, 2)", "pair (3, 4)", "root"]

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("start", .number(\.initialScale, 1e-6...1e-2), "size of the small start"),
        Adjustable("large-start", .number(\.largeScale, 1e-3...0.3), "size of the large start"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let extent = conditions.isQuick ? 5 : 6
      let shape = [Int](repeating: extent, count: 4)
      let entryCount = conditions.isQuick ? 350 : 700
      let componentCount = extent
      let rank = 2
      let rootRank = 1
      let runs = try conditions.repetitions(5) { _, generator in
        let problem = try TensorProblem(
          hierarchical: shape, rank: rank, rootRank: rootRank, entryCount: entryCount,
          using: &generator)
        let seed = generator.next()
        let fits = try [initialScale, largeScale].map {
          try TensorCompleter(
            structure: .hierarchical, componentCount: componentCount, initialScale: $0, seed: seed
          ).fit(problem.entries)
        }
        return Run(
          fits[0], largeStart: fits[1], error: problem.relativeError(of: fits[0].completion()))
      }
      let truth = [rank, rank, rootRank]
      func beyond(_ paths: [[TensorCompleter.PathPoint]]) -> Double {
        truth.indices.map { place in
          paths.map { path in
            let sizes = path.last!.componentSizes[place]
            return sizes[truth[place]] / sizes[0]
          }.median
        }.max()!
      }
      return Findings(
        summary: [
          Fact("ranks of the truth", .text(truth.map(String.init).joined(separator: ", "))),
          Fact(
            "ranks found, first run",
            .text(runs[0].ranks.map(String.init).joined(separator: ", "))),
          Fact("components that could be used at each node", .number(Double(componentCount))),
          Fact("tensors recovered, of 5", .number(Double(runs.count { $0.error <= 1e-6 }))),
          Fact(
            "size beyond the truth's ranks at the end", .number(beyond(runs.map(\.path))),
            note: "relative to the largest; worst node, median of 5"),
        ],
        settings: [
          Fact("tensor", .text(shape.map(String.init).joined(separator: "×"))),
          Fact("tree", "((1, 2), (3, 4)); nodes of rank 2, 2 and 1"),
          Fact("known entries", .number(Double(entryCount))),
          Fact("size of the start", .number(initialScale)),
          Fact("size of the large start", .number(largeScale)),
          Fact("repetitions", "5"),
        ],
        claims: [
          Claim(
            "relative error over all entries, median of 5", source: "Section 5", .atMost,
            expected: 1e-6, measured: runs.map(\.error).median),
          Claim(
            "largest total of components kept beyond those of the truth, of 5", source: "Section 5",
            .atMost, expected: 0,
            measured: runs.map { Double($0.ranks.reduce(0, +) - truth.reduce(0, +)) }.max()!),
          Claim(
            "end of the path: first size beyond the truth's ranks over the largest there, worst node, median of 5: small start over large",
            source: "Section 5: implicit lowering of hierarchical tensor rank", .atMost,
            expected: 1, measured: beyond(runs.map(\.path)) / beyond(runs.map(\.pathOfLargeStart))),
        ],
        notices: [
          Notice(
            .information,
            "Components can be mixed at a node without changing the tensor, so that fewer of the tree's components than listed never suffice, but their sizes are not unique."
          )
        ],
        sections: [
          Section(
            heading: "Components along the path",
            blocks: [.row((0..<3).map { figure($0, runs[0]) })])
        ])
    }

    private struct Run {
      var ranks: [Int]
      var error: Double
      var path: [TensorCompleter.PathPoint]
      var pathOfLargeStart: [TensorCompleter.PathPoint]

      init(_ fit: TensorCompleter.Fit, largeStart: TensorCompleter.Fit, error: Double) {
        ranks = fit.ranks
        self.error = error
        path = fit.path
        pathOfLargeStart = largeStart.path
      }
    }

    private func figure(_ place: Int, _ run: Run) -> Figure {
      let stride = max(1, run.path.count / 300)
      let points = run.path.indices.filter { $0 % stride == 0 }.map { run.path[$0] }
      return Figure(
        title: "Components at the \(places[place])",
        caption: "Sizes of the four largest.",
        .lines(
          LinePlot(
            horizontal: Axis("step", .whole), vertical: Axis("size of component", lower: 0),
            series: points[0].componentSizes[place].indices.prefix(4).map { r in
              Series(
                "component \(r + 1)", x: points.map { Double($0.step) },
                y: points.map { $0.componentSizes[place][r] },
                color: r < 2 ? .palette(r) : .muted)
            })))
    }
  }
}
