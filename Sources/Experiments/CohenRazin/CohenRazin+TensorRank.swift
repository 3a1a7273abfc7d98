import Dynamics
import LinearAlgebra
import RealModule
import Records

extension CohenRazin {
  /// Low tensor rank without asking for it.
  struct TensorRank: Experiment {
    let item = Item(
      id: "cohen-razin-tensor-rank", paper: .cohenRazin,
      title: "Section 5: tensor rank in canonical factorization",
      shows: """
        Trained near zero on some entries of a tensor, a sum of many products of vectors uses as few of them as the \
        truth has, one after another: each component's size moves by 3σ^{4/3} times its slope, and small ones stay small.
        """,
      seconds: 3,
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
    var componentCount = 4
    var scales: [Double] = [1e-2, 1e-4]
    private let end = 600.0

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("components", .count(\.componentCount, 4...8), "that could be used"),
        Adjustable("starts", .numbers(\.scales, 1e-6...0.05), "sizes of the start, descending"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let shape = [8, 8, 8]
      let entryCount = 300
      let count = conditions.isQuick ? 3 : 5
      let runs = try conditions.repetitions(count) { repetition, generator in
        let problem = try TensorProblem(
          shape: shape, weights: weights, entryCount: entryCount, using: &generator)
        let flow = ProductFlow(entries: problem.entries)
        let direction = flow.start(componentCount: componentCount, size: 1, using: &generator)
        return try scales.map { scale in
          try conditions.report(Double(repetition) / Double(count))
          return try run(flow, problem, from: Double.root(scale, 3) * direction)
        }
      }
      let smallest = runs.map { $0.last! }
      return Findings(
        summary: [
          Fact("rank of the truth", .number(Double(weights.count))),
          Fact("components that could be used", .number(Double(componentCount))),
          Fact(
            "largest third component over the first, small start",
            .number(smallest.map(\.excess).max()!)),
          Fact("largest relative error over all entries", .number(smallest.map(\.error).max()!)),
        ],
        settings: [
          Fact("tensor", "8×8×8"), Fact("weights of its two components", "1.5, 1"),
          Fact("known entries", .number(Double(entryCount))),
          Fact("sizes of the start", .text(scales.map { "\($0)" }.joined(separator: ", "))),
          Fact(
            "flow",
            "integrated, relative tolerance 1e-9, until t = 600; nothing is removed or polished"),
          Fact("repetitions", .number(Double(count))),
        ],
        claims: [
          // σ′ = 3σ^{4/3}⟨−∇ℓ, u⊗v⊗w⟩ is (σ^{−1/3})′ = −⟨−∇ℓ, u⊗v⊗w⟩: the integral of the slopes, which the flow carries
          // along, is a difference of two values of σ^{−1/3}, over the whole path and every rise in it. The identity is
          // conserved, so that errors of the steps add and do not grow: some thousand steps of 1e-9, relative to the
          // largest length of a vector, 1.5^{1/3}, where the shortest is 0.046.
          Claim(
            "σ^{−1/3}(0) − σ^{−1/3}(t) against ∫⟨−∇ℓ, u⊗v⊗w⟩ of every component along the path: largest error relative to the larger σ^{−1/3}",
            source: "Section 5: dynamics of component norms, integrated", .atMost, expected: 1e-4,
            measured: runs.joined().map(\.integralError).max()!),
          // Near zero the gradient is that of W = 0, and a start of size s moves like one of size 1 at s^{1/3} times the speed,
          // towards the moment at which the first component would be infinite. The smaller s, the nearer to that moment the
          // first is when it reaches one half, while the others are at a fixed multiple of s.
          Claim(
            "second largest component over the largest when that reaches one half: small start over large, largest",
            source: "Section 5: one after another, the more so the smaller the start", .atMost,
            expected: 1, measured: runs.map { $0.last!.overlap / $0[0].overlap }.max()!),
        ],
        sections: [
          Section(
            heading: "Components along the path",
            prose: "The training path itself, of the first tensor.",
            blocks: [.row(scales.indices.map { figure(scales[$0], runs[0][$0]) })])
        ])
    }

    private struct Run {
      var times: [Double]
      /// In the order of the components, at each time.
      var sizes: [[Double]]
      var integralError: Double
      var error: Double
      /// The third size over the first, at the end.
      var excess: Double
      /// The second largest size over the largest, when that first reaches one half.
      var overlap: Double
    }

    private func run(_ flow: ProductFlow, _ problem: TensorProblem, from start: Matrix) throws
      -> Run
    {
      // A component rises within a unit of time.
      let times = (0...6000).map { end * .pow(Double($0) / 6000, 2) }
      let rows = start.rowCount
      // The last row is the integral of the slopes.
      let equation = MatrixFlow(
        from: .verticallyStacked([start, .zeros(1, start.columnCount)]),
        loss: { flow.loss(at: $0) },
        velocity: { state in
          var velocity = flow.velocity(at: state)
          for (component, slope) in flow.slopes(of: state).enumerated() {
            velocity[rows, component] = slope
          }
          return velocity
        })
      let result = GradientFlow(
        until: end, steps: .adaptive(relativeTolerance: 1e-9),
        recording: .at(times, of: [.endToEnd])
      ).run(equation)
      let states = result.snapshots.map { $0.endToEnd! }
      let sizes = states.map { flow.sizes(of: $0) }
      let firsts = flow.sizes(of: start).map { 1 / Double.root($0, 3) }
      var worst = 0.0
      for (state, now) in zip(states, sizes) {
        for (r, first) in firsts.enumerated() {
          let inverse = 1 / Double.root(now[r], 3)
          worst = max(worst, abs(first - inverse - state[rows, r]) / max(first, inverse))
        }
      }
      let last = sizes.last!
      let order = last.indices.sorted { last[$0] > last[$1] }
      let risen = sizes.first { $0.max()! >= 0.5 }!.sorted(by: >)
      let shown = Array(stride(from: 0, to: times.count, by: 20))
      return Run(
        times: shown.map { times[$0] }, sizes: shown.map { sizes[$0] }, integralError: worst,
        error: problem.relativeError(of: flow.values(of: states.last!)),
        excess: last[order[2]] / last[order[0]],
        overlap: risen[1] / risen[0])
    }

    private func figure(_ scale: Double, _ run: Run) -> Figure {
      let last = run.sizes.last!
      let order = last.indices.sorted { last[$0] > last[$1] }
      return Figure(
        title: "Start \(scale)", caption: "Sizes of all components.",
        .lines(
          LinePlot(
            horizontal: Axis("time", lower: 0, upper: 150),
            vertical: Axis("size of component", lower: 0),
            series: order.enumerated().map { place, component in
              Series(
                "component \(place + 1)", x: run.times, y: run.sizes.map { $0[component] },
                color: place < 2 ? .palette(place) : .muted)
            })))
    }
  }
}
