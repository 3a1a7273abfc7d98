import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Later {
  /// Whether the known entries hang together decides what a vanishing start finds.
  struct MaskConnectivity: Experiment {
    let item = Item(
      id: "later-mask-connectivity", paper: .later,
      title: "Connectivity of the mask: low rank or small nuclear norm",
      shows: """
        Two layers from a vanishing start complete to rank one where the known entries connect all rows and columns. \
        Where they fall into two blocks the rank stays two, and the nuclear norm goes to the smallest.
        """,
      seconds: 5,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let start = LinearNetwork.gaussian(widths: [2, 2, 2], standardDeviation: 1e-4, using: &generator)
        for known in [[(0, 0), (0, 1), (1, 0)], [(0, 0), (1, 1)]] {
          let entries = try ObservedEntries(
            rowCount: 2, columnCount: 2, rows: known.map { $0.0 }, columns: known.map { $0.1 },
            values: known.map { _ in 1 })
          let run = GradientFlow(until: 1e4, targetLoss: 1e-20).run(CompletionObjective(entries), from: start)
          print(run.finalNetwork.singularValues())
        }
        """,
      citation: """
        Zhiwei Bai, Jiajie Zhao, Yaoyu Zhang. Connectivity Shapes Implicit Regularization in Matrix Factorization Models \
        for Matrix Completion. NeurIPS 2024. https://arxiv.org/abs/2405.13721
        """)

    var scales: [Double] = [1e-2, 1e-4, 1e-6]

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("starts", .numbers(\.scales, 1e-9...0.1), "standard deviations, falling")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      let runs = try conditions.repetitions(count) { _, generator in
        try Run(scales, using: &generator)
      }
      return Findings(
        summary: [
          Fact(
            "connected: largest s₂/s₁ from the smallest start",
            .number(runs.map { $0.connected.last! }.max()!)),
          Fact(
            "two blocks: least s₂/s₁ from the smallest start",
            .number(runs.map { $0.blocksRank.last! }.min()!)),
        ],
        settings: [
          Fact("matrix", "4 × 4, rank 1"),
          Fact("connected", "7 known entries that form a tree over rows and columns, or 8 to 10"),
          Fact("two blocks", "the two 2 × 2 blocks on the diagonal"),
          Fact(
            "start",
            .text(
              "Gaussian layers of standard deviation "
                + scales.map { "\($0)" }.joined(separator: ", "))),
          Fact("starts", .number(Double(count))),
        ],
        claims: [
          // How fast it vanishes depends on the values: a power of the start, whose exponent is the ratio of two rates. A
          // start of 1e-2 need not be small enough to be on its way.
          Claim(
            "connected: largest quotient of s₂/s₁ from the smallest start and the one before it",
            source: "Theorem of Bai, Zhao and Zhang: connected, rank minimal as the start vanishes",
            .atMost, expected: 1,
            measured: runs.map { $0.connected.last! / $0.connected[$0.connected.count - 2] }.max()!),
          // The two blocks' directions in the hidden layer are at random to each other and stay so, up to the start's share
          // of them; s₂/s₁ is of the order of their angle, of which one in a hundred of random ones is below 1e-2.
          Claim(
            "two blocks: largest relative change of s₂/s₁ between the smallest start and the one before it",
            source: "disconnected: not of the smallest rank", .atMost,
            expected: 100 * scales[scales.count - 2],
            measured: runs.map {
              abs($0.blocksRank.last! / $0.blocksRank[$0.blocksRank.count - 2] - 1)
            }.max()!),
          // Each block alone is of rank one and nuclear norm s; W is aligned with them up to the start's share.
          Claim(
            "two blocks: excess of the nuclear norm over the smallest of any completion, largest quotient from a start a hundred times smaller",
            source: "disconnected: smallest nuclear norm as the start vanishes", .atMost,
            expected: 1,
            measured: runs.flatMap {
              zip($0.blocksNuclear, $0.blocksNuclear.dropFirst()).map { $1 / $0 }
            }.max()!),
        ],
        sections: [Section(heading: "As the start vanishes", blocks: [.figure(figure(runs))])])
    }

    private struct Run {
      /// s₂/s₁ by size of the start.
      var connected: [Double] = []
      var blocksRank: [Double] = []
      /// The nuclear norm over the smallest, less 1.
      var blocksNuclear: [Double] = []

      init(_ scales: [Double], using generator: inout SeededGenerator) throws {
        // Positive vectors of order one.
        let left = (0..<4).map { _ in 0.7 + 0.6 * generator.nextUniform() }
        let right = (0..<4).map { _ in 0.7 + 0.6 * generator.nextUniform() }
        func entries(_ known: [(Int, Int)]) throws -> ObservedEntries {
          try ObservedEntries(
            rowCount: 4, columnCount: 4, rows: known.map(\.0), columns: known.map(\.1),
            values: known.map { left[$0.0] * right[$0.1] })
        }
        let path = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3)]
        let more = [(3, 0), (2, 0), (0, 3)].prefix(1 + generator.nextIndex(below: 3))
        let blocks = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3)]
        let direction = LinearNetwork.gaussian(
          widths: [4, 4, 4], standardDeviation: 1, using: &generator)
        func end(_ known: ObservedEntries, _ scale: Double) throws -> [Double] {
          var network = direction
          network.layers = network.layers.map { scale * $0 }
          let run = GradientFlow(
            until: 1e7, steps: .adaptive(relativeTolerance: 1e-9), targetLoss: 1e-18,
            recording: FlowRecording(times: [], of: [.singularValues])
          ).run(CompletionObjective(known), from: network)
          return run.snapshots.last!.singularValues!
        }
        func norm(_ values: [Double]) -> Double {
          values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        // Of a block-diagonal pattern of rank-one blocks: the sum of the blocks' norms.
        let smallest =
          norm(Array(left[0..<2])) * norm(Array(right[0..<2]))
          + norm(Array(left[2..<4])) * norm(Array(right[2..<4]))
        for scale in scales {
          let joined = try end(try entries(path + more), scale)
          connected.append(joined[1] / joined[0])
          let apart = try end(try entries(blocks), scale)
          blocksRank.append(apart[1] / apart[0])
          blocksNuclear.append(apart.reduce(0, +) / smallest - 1)
        }
      }
    }

    private func figure(_ runs: [Run]) -> Figure {
      Figure(
        title: "Second singular value over the first",
        caption: "Five starts. Connected masks lead to rank one; two blocks keep a second value.",
        .lines(
          LinePlot(
            horizontal: Axis("standard deviation of the start", .logarithmic),
            vertical: Axis("s₂/s₁", .logarithmic),
            // One name for all starts: a gap divides their lines.
            series: [
              Series(
                "connected", x: runs.prefix(5).flatMap { _ in scales + scales.suffix(1) },
                y: runs.prefix(5).flatMap { $0.connected + [.nan] }, style: .connectedPoints,
                color: .palette(0)),
              Series(
                "two blocks", x: runs.prefix(5).flatMap { _ in scales + scales.suffix(1) },
                y: runs.prefix(5).flatMap { $0.blocksRank + [.nan] }, style: .connectedPoints,
                color: .palette(1)),
            ])))
    }
  }
}
