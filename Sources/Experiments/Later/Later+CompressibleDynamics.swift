import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Later {
  /// From orthogonal layers only few singular values of each move.
  struct CompressibleDynamics: Experiment {
    let item = Item(
      id: "later-compressible-dynamics", paper: .later,
      title: "Compressible dynamics: only 2r singular values of a layer move",
      shows: """
        From scaled orthogonal layers descent on a fully observed matrix of rank r moves 2r singular values of each \
        layer; all others keep one common value, that of a scalar recursion.
        """,
      seconds: 0.7,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let target = Matrix.lowRank(rowCount: 12, columnCount: 12, rank: 2, using: &generator)
        let network = LinearNetwork.orthogonal(widths: [12, 12, 12, 12], scale: 0.3, using: &generator)
        let run = Descent(stepSize: 0.002, stepLimit: 500)
          .run(FactorizationObjective(target), from: network)
        print(try run.finalNetwork.layers[0].singularValues())
        """,
      citation: """
        Can Yaras, Peng Wang, Laura Balzano, Qing Qu. Compressible Dynamics in Deep Overparameterized Low-Rank Learning \
        and Adaptation. ICML 2024. https://arxiv.org/abs/2406.04112
        """)

    var size = 12
    private let ranks = [1, 2, 3]
    private let depths = [2, 3, 4]
    var scale = 0.3

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("size", .count(\.size, 8...40), "rows and columns"),
        Adjustable("start", .number(\.scale, 0.05...0.6), "of each orthogonal layer"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 2 : 8
      let runs = try conditions.repetitions(count) { _, generator in
        try ranks.flatMap { rank in
          try depths.map { try Run(rank, depth: $0, size: size, scale: scale, using: &generator) }
        }
      }.flatMap(\.self)
      return Findings(
        summary: [
          Fact(
            "largest spread of the values that stay together", .number(runs.map(\.spread).max()!)),
          Fact("values that left them over 2r, all runs", .number(runs.map(\.share).max()!)),
        ],
        settings: [
          Fact("matrix", .text("\(size)×\(size), rank 1, 2 and 3")), Fact("depths", "2, 3, 4"),
          Fact("start of each layer", .text("\(scale) times a random orthogonal matrix")),
          Fact("step size", "0.05"), Fact("steps", "1500"),
          Fact("repetitions", .number(Double(count))),
        ],
        claims: [
          // Rounding of 1500 steps; orthogonal matrices are so to some 1e-15.
          Claim(
            "d − 2r values of every layer at the end: largest distance from ρ ← ρ − ηρ^{2N−1}, relatively",
            source: "Theorem of Yaras and others", .atMost, expected: 1e-10,
            measured: runs.map(\.spread).max()!),
          Claim(
            "values further from ρ than 1e-8 of it, over 2r, largest of all layers and runs",
            source: "at most 2r move", .atMost, expected: 1, measured: runs.map(\.share).max()!),
          Claim(
            "the same, least: the bound is attained", source: "2r move", .atLeast, expected: 1,
            measured: runs.map(\.leastShare).min()!),
          Claim(
            "from Gaussian layers of the same size: least number of values that left, over 2r",
            source: "needs an orthogonal start", .atLeast, expected: 1.5,
            measured: runs.map(\.gaussianShare).min()!),
        ],
        sections: [
          Section(
            heading: "One layer's singular values", blocks: [.figure(runs[4].figure(scale: scale))])
        ])
    }

    private struct Run {
      var rank: Int
      var depth: Int
      /// Of the values that stay together, relatively.
      var spread = 0.0
      /// Values that left over 2r: most and least of all layers.
      var share = 0.0
      var leastShare = Double.infinity
      var gaussianShare = Double.infinity
      var steps: [Double] = []
      var values: [[Double]] = []

      init(
        _ rank: Int, depth: Int, size: Int, scale: Double, using generator: inout SeededGenerator
      ) throws {
        self.rank = rank
        self.depth = depth
        let target = Matrix.random(
          singularValues: Array([2, 1.5, 1].prefix(rank)), rowCount: size, columnCount: size,
          using: &generator)
        let widths = [Int](repeating: size, count: depth + 1)
        let (η, limit) = (0.05, 1500)
        let descent = Descent(
          stepSize: η, stepLimit: limit, recording: Recording(.every(15), of: [.layers]))
        let objective = FactorizationObjective(target)
        let layers = (0..<depth).map { _ in
          scale * Matrix.orthogonal(rowCount: size, columnCount: size, using: &generator)
        }
        let run = descent.run(objective, from: try LinearNetwork(layers: layers))
        var ρ = scale
        for _ in 0..<limit { ρ -= η * .pow(ρ, 2 * depth - 1) }
        for layer in run.finalNetwork.layers {
          let distances = try layer.singularValues().map { abs($0 / ρ - 1) }.sorted()
          spread = max(spread, distances.prefix(size - 2 * rank).max()!)
          let left = Double(distances.count { $0 > 1e-8 }) / Double(2 * rank)
          share = max(share, left)
          leastShare = min(leastShare, left)
        }
        steps = run.snapshots.map(\.time)
        values = try run.snapshots.map { try $0.layers![0].singularValues() }
        let other = descent.run(
          objective,
          from: .gaussian(
            widths: widths, standardDeviation: scale / Double(size).squareRoot(), using: &generator)
        )
        for layer in other.finalNetwork.layers {
          let values = try layer.singularValues()
          let middle = values.sorted()[size / 2]
          gaussianShare = min(
            gaussianShare,
            Double(values.count { abs($0 / middle - 1) > 1e-8 }) / Double(2 * rank))
        }
      }

      func figure(scale: Double) -> Figure {
        Figure(
          title: "Singular values of the first of \(depth) layers, r = \(rank)",
          caption:
            "\(2 * rank) of \(values[0].count) leave the common value: \(rank) grow, \(rank) shrink.",
          .lines(
            LinePlot(
              horizontal: Axis("step", .whole), vertical: Axis("singular value", lower: 0),
              series: values[0].indices.map { k in
                let isMoving = k < rank || k >= values[0].count - rank
                return Series(
                  isMoving ? "value \(k + 1)" : k == rank ? "the others" : "",
                  x: steps, y: values.map { $0[k] }, color: isMoving ? .palette(k % 6) : .muted)
              }.filter { !$0.name.isEmpty })))
      }
    }
  }
}
