import Estimators
import LinearAlgebra
import Records

extension CohenRazin {
  /// Low tensor rank without asking for it.
  struct TensorRank: Experiment {
    let item = Item(
      id: "cohen-razin-tensor-rank", paper: .cohenRazin,
      title: "Section 5: tensor rank in canonical factorization",
      shows: """
        Trained near zero on some entries of a tensor, a sum of many products of vectors uses as few of them as the \
        truth has, one after another.
        """,
      seconds: 0.3,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let a = (0..<3).map { _ in Matrix.gaussian(rowCount: 8, columnCount: 1, using: &generator) }
        var indices: [Int] = []
        var values: [Double] = []
        for place in generator.sample(150, below: 512).sorted() {
          let (i, j, k) = (place / 64, place / 8 % 8, place % 8)
          indices += [i, j, k]
          values.append(a[0][i, 0] * a[1][j, 0] * a[2][k, 0])
        }
        let fit = try TensorCompleter().fit(
          ObservedTensor(shape: [8, 8, 8], indices: indices, values: values))
        print(fit.ranks, fit.isExact)
        """)

    private let weights = [1.5, 1.0]
    private let componentCount = 8
    private let scales = [1e-2, 1e-4, 1e-6]

    func findings(under conditions: Conditions) throws -> Findings {
      let shape = conditions.isQuick ? [8, 8, 8] : [12, 12, 12]
      let entryCount = conditions.isQuick ? 300 : 600
      let runs = try conditions.repetitions(5) { repetition, generator in
        let problem = try TensorProblem(
          shape: shape, weights: weights, entryCount: entryCount, using: &generator)
        return try scales.enumerated().map { index, scale in
          try conditions.report((Double(repetition) + Double(index) / Double(scales.count)) / 5)
          let fit = try TensorCompleter(
            componentCount: componentCount, initialScale: scale, seed: generator.next()
          ).fit(problem.entries)
          return Run(fit, error: problem.relativeError(of: fit.completion()))
        }
      }
      let smallest = runs.map { $0.last! }
      func third(_ index: Int) -> Double {
        runs.map { $0[index].excess }.median
      }
      let excesses = scales.indices.map(third)
      return Findings(
        summary: [
          Fact("rank of the truth", .number(Double(weights.count))),
          Fact("components that could be used", .number(Double(componentCount))),
          Fact("rank found, median", .number(smallest.map { Double($0.rank) }.median)),
          Fact(
            "tensors recovered of 5", .number(Double(smallest.count { $0.error <= 1e-6 }))),
        ],
        settings: [
          Fact("tensor", .text(shape.map(String.init).joined(separator: "×"))),
          Fact("weights of its two components", "1.5, 1"),
          Fact("known entries", .number(Double(entryCount))),
          Fact("sizes of the start", "1e-2, 1e-4, 1e-6"), Fact("repetitions", "5"),
        ],
        claims: [
          Claim(
            "start 1e-6: difference of the rank found from that of the truth, median of 5",
            source: "Section 5", expected: 0,
            measured: smallest.map { abs(Double($0.rank - weights.count)) }.median),
          Claim(
            "start 1e-6: relative error over all entries, median of 5", source: "Section 5",
            .atMost,
            expected: 1e-6, measured: smallest.map(\.error).median),
          Claim(
            "start 1e-6: size of the third component at the end of the path over the first's, median of 5",
            source: "Section 5: implicit lowering of tensor rank", .atMost, expected: 0.05,
            measured: excesses.last!),
          Claim(
            "start 1e-6: second component when the first is half grown, over the first's final size, median of 5",
            source: "Section 5: one after another, as for matrices", .atMost, expected: 0.25,
            measured: smallest.map(\.overlap).median),
          Claim(
            "median third component over the first: start 1e-6 against 1e-2",
            source: "the tendency sharpens as the start vanishes", .atMost, expected: 0.5,
            measured: excesses.last! / excesses[0]),
        ],
        notices: smallest.allSatisfy { $0.error <= 1e-6 }
          ? []
          : [
            Notice(
              .caution,
              "The completer recovered \(smallest.count { $0.error <= 1e-6 }) of the 5 tensors; in the others it took a wrong rank after the path."
            )
          ],
        sections: [
          Section(
            heading: "Components along the path",
            blocks: [.row(scales.indices.reversed().map { figure(scales[$0], runs[0][$0]) })])
        ])
    }

    private struct Run {
      var rank: Int
      var error: Double
      /// Step and sizes of the components, descending.
      var path: [TensorCompleter.PathPoint]
      /// The third size over the first, at the end of the path.
      var excess: Double
      /// The second size at the time of the first's half-rise, over the first's final one.
      var overlap: Double

      init(_ fit: TensorCompleter.Fit, error: Double) {
        rank = fit.ranks[0]
        self.error = error
        path = fit.path
        let last = path.last!.componentSizes[0]
        excess = last[2] / last[0]
        let half = path.first { $0.componentSizes[0][0] >= last[0] / 2 }!
        overlap = half.componentSizes[0][1] / last[0]
      }
    }

    private func figure(_ scale: Double, _ run: Run) -> Figure {
      let stride = max(1, run.path.count / 300)
      let points = run.path.indices.filter { $0 % stride == 0 }.map { run.path[$0] }
      return Figure(
        title: "Start \(scale)",
        caption: "Sizes of the four largest of \(componentCount) components.",
        .lines(
          LinePlot(
            horizontal: Axis("step", .whole), vertical: Axis("size of component", lower: 0),
            series: (0..<4).map { r in
              Series(
                "component \(r + 1)", x: points.map { Double($0.step) },
                y: points.map { $0.componentSizes[0][r] }, color: r < 2 ? .palette(r) : .muted)
            })))
    }
  }
}
