import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Later {
  /// The flow from a vanishing start goes through the best matrices of rank one, two, and so on.
  struct GreedyLowRank: Experiment {
    let item = Item(
      id: "later-greedy-low-rank", paper: .later,
      title: "Greedy low-rank learning as the start vanishes",
      shows: """
        From a start of size ε the flow of U Uᵀ passes the best matrix of each rank, at a distance that vanishes like a \
        power of ε: 2(σ_k − σ_{k+1})/(σ_k + σ_{k+1}).
        """,
      seconds: 0.8,
      snippet: """
        let target = Matrix.diagonal([3, 2, 1])
        var generator = SeededGenerator(seed: 0)
        let start = 1e-6 * Matrix.gaussian(rowCount: 3, columnCount: 3, using: &generator)
        let flow = try SymmetricRiccati(target: target, factor: start)
        for time in [2.0, 2.5, 3, 4, 6] { print(time, try flow.endToEnd(at: time).symmetricEigenvalues()) }
        """,
      citation: """
        Zhiyuan Li, Yuping Luo, Kaifeng Lyu. Towards Resolving the Implicit Bias of Gradient Descent for Matrix \
        Factorization: Greedy Low-Rank Learning. ICLR 2021. https://arxiv.org/abs/2012.09839. Jikai Jin and others. \
        Understanding Incremental Learning of Gradient Descent. ICML 2023. https://arxiv.org/abs/2301.11500
        """)

    var eigenvalues: [Double] = [3, 2, 1]
    private let scales = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7]

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("eigenvalues", .numbers(\.eigenvalues, 0.1...10), "of Y, descending")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 3 : 10
      let runs = try conditions.repetitions(count) { _, generator in
        let target = Matrix.randomSymmetric(eigenvalues: eigenvalues, using: &generator)
        let direction = Matrix.gaussian(rowCount: 3, columnCount: 3, using: &generator)
        return try scales.map { try closest(target, $0 * direction) }
      }
      let predicted = (0..<2).map { k -> Double in
        let (own, next) = (eigenvalues[k], eigenvalues[k + 1])
        return 2 * (own - next) / (own + next)
      }
      func slope(_ run: [[Double]], _ k: Int) -> Double {
        .log(run[3][k] / run[4][k]) / .log(10)
      }
      var claims: [Claim] = []
      for k in 0..<2 {
        // The balance of e^{−4σ_k t} with ε² e^{4σ_{k+1}t}; corrections are a power of the distance itself, from 1e-6 to
        // 1e-7 a few hundredths of the exponent's part.
        claims.append(
          Claim(
            "rank \(k + 1): exponent of the closest distance in ε, from 1e-6 to 1e-7, the start farthest from the prediction",
            source: "derived here", expected: predicted[k],
            measured: farthest(runs.map { slope($0, k) }, predicted[k]), tolerance: 0.02))
      }
      for k in 0..<2 {
        let quotients = runs.flatMap { run -> [Double] in
          zip(run, run.dropFirst()).map { $1[k] / $0[k] }
        }
        claims.append(
          Claim(
            "rank \(k + 1): largest quotient of the closest distances at neighbouring ε, all starts",
            source: "Theorem of Li, Luo and Lyu: the limit is the greedy path", .atMost,
            expected: 1,
            measured: quotients.max()!))
      }
      return Findings(
        summary: (0..<2).map { k in exponent(k, runs.map { slope($0, k) }.median, predicted[k]) },
        settings: [
          Fact("Y", "3 × 3, eigenvalues 3, 2, 1, random vectors"),
          Fact("start", "ε times a Gaussian matrix, ε = 1e-3 to 1e-7"),
          Fact("starts", .number(Double(count))), Fact("relative tolerance", 1e-10),
        ],
        claims: claims,
        notices: [
          Notice(
            .information,
            """
            With every entry observed the best matrices of rank k are the cuts of Y. Where only measurements are known \
            the path goes through other critical points of rank k.
            """)
        ],
        sections: [Section(heading: "How close", blocks: [.figure(figure(runs, predicted))])])
    }

    private func farthest(_ values: [Double], _ from: Double) -> Double {
      values.max { abs($0 - from) < abs($1 - from) }!
    }

    private func exponent(_ k: Int, _ found: Double, _ predicted: Double) -> Fact {
      let rounded = (1e4 * predicted).rounded() / 1e4
      return Fact("exponent, rank \(k + 1)", .number(found), note: "predicted \(rounded)")
    }

    /// The least distance of the integrated flow from the best matrices of rank one and two.
    private func closest(_ target: Matrix, _ factor: Matrix) throws -> [Double] {
      let size = Double.log(1 / factor.frobeniusNorm)
      let end = size / (2 * eigenvalues[2]) + 2
      let times = (0...3000).map { end * Double($0) / 3000 }
      let flow = GradientFlow(
        until: end, steps: .adaptive(relativeTolerance: 1e-10),
        recording: .at(times, of: [.endToEnd])
      ).run(
        SymmetricFlow(FactorizationObjective(target), from: SymmetricNetwork(factor: factor)))
      let eigen = try SymmetricEigendecomposition(of: target)
      return (1...2).map { rank in
        let best = eigen.map { $0 > eigenvalues[rank] + 0.5 ? $0 : 0 }
        let distances = flow.snapshots.map { ($0.endToEnd! - best).frobeniusNorm }
        let least = distances.indices.min { distances[$0] < distances[$1] }!
        guard least > 0, least + 1 < distances.count else { return distances[least] }
        // The vertex of the parabola through three values.
        let (a, b, c) = (distances[least - 1], distances[least], distances[least + 1])
        let bend = a - 2 * b + c
        return bend > 0 ? b - (a - c) * (a - c) / (8 * bend) : b
      }
    }

    private func figure(_ runs: [[[Double]]], _ predicted: [Double]) -> Figure {
      Figure(
        title: "Closest distance from the best matrix of a rank",
        caption: "Three starts; dashed lines have the predicted slopes 0.4 and 2/3.",
        .lines(
          LinePlot(
            horizontal: Axis("size of the start ε", .logarithmic),
            vertical: Axis("closest distance", .logarithmic),
            series: curves(runs, predicted))))
    }

    private func curves(_ runs: [[[Double]]], _ predicted: [Double]) -> [Series] {
      var result: [Series] = []
      for (place, run) in runs.prefix(3).enumerated() {
        for k in 0..<2 {
          let name = "rank \(k + 1)" + (place == 0 ? "" : ", start \(place + 1)")
          result.append(
            Series(
              name, x: scales, y: run.map { $0[k] }, style: .connectedPoints, color: .palette(k)))
        }
      }
      for k in 0..<2 {
        let last = runs[0][4][k]
        let y = scales.map { scale -> Double in last * .pow(scale / scales[4], predicted[k]) }
        result.append(
          Series(k == 0 ? "ε^{2/5}" : "ε^{2/3}", x: scales, y: y, style: .dashed, color: .muted))
      }
      return result
    }
  }
}
