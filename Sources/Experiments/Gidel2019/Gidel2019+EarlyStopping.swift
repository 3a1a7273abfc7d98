import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

// In the eigenbasis of Σ̂x all four methods are shrinkages W = U diag(f) Uᵀ: ridge f = s/(s + μ), one layer
// f = 1 − e^{−ts}, two layers the logistic curve of BalancedMode, reduced rank f = 1 for the k largest. For a clean signal
// of covariance C and noise of variance ν² the error E ‖W(x + e) − x‖² is
//
//     Σ_i (1 − f_i)² a_i + ν² f_i²,   a_i = (Uᵀ C U)_ii.
//
// As e^{−x} ≤ 1/(1 + x) and (1 − e^{−x})² ≤ 1.6862 (x/(1 + x))², the best time of one layer costs at most 1.6862 times
// what the best ridge costs (Ali, Kolter and Tibshirani, 2019).

extension Gidel2019 {
  /// What the paths of descent are worth when stopped in time.
  struct EarlyStopping: Experiment {
    let item = Item(
      id: "gidel-early-stopping", paper: .gidel2019,
      title: "Section 4.2: stopped in time, against ridge and reduced-rank regression",
      shows: """
        At the best point of its path two layers are as good as the best reduced-rank regression, and one layer about as \
        good as the best ridge: which of the two wins is a question of the noise and the number of samples.
        """,
      seconds: 0.5, corrections: ["(42)"],
      snippet: """
        // Shrinkage of two layers at the time when the second of two components is half learned.
        let modes = [2.0, 1.0].map {
          BalancedMode(depth: 2, target: $0, curvature: $0, initial: 4.5e-5)
        }
        let time = modes[1].time(toReach: 0.5)!
        print(modes.map { $0.endToEnd(at: time) }, [2.0, 1.0].map { 1 - Double.exp(-time * $0) })
        """)

    private let dimension = 20
    var variances: [Double] = [4, 2, 1, 0.5, 0.25]
    private let sampleCounts = [30, 1000]
    var noises: [Double] = [1e-3, 1.5]
    var delta = 100.0

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("delta", .number(\.delta, 20...300), "δ of the start e^{−δ}"),
        Adjustable("noises", .numbers(\.noises, 1e-6...5), "standard deviations"),
        Adjustable("variances", .numbers(\.variances, 0.01...100), "of the sources"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let seeds = try conditions.repetitions(5) { _, generator in
        try sampleCounts.flatMap { count in
          try noises.map { try Outcome(count, $0, parent: self, using: &generator) }
        }
      }
      let all = seeds.flatMap(\.self)
      let noisy = all.filter { $0.noise > 1 }
      return Findings(
        summary: [
          Fact(
            "noise 1.5: best two layers over best one layer",
            .number(noisy.map { $0.two / $0.one }.median), note: "median"),
          Fact(
            "noise 1.5: best two layers over best reduced rank",
            .number(noisy.map { $0.two / $0.reduced }.median), note: "median"),
        ],
        settings: [
          Fact("inputs", "20, five sources of variances 4 to ¼ mixed by a uniform matrix"),
          Fact("samples", "30 and 1000"), Fact("noise", "0.001 and 1.5"),
          Fact("data sets for each", 5),
          Fact("error", "E‖W(x + e) − x‖², exact, of the fit at its best point"),
          Fact("start", .text("e^{−\(Int(delta))} in each of two layers, 0 for one layer")),
        ],
        claims: [
          Claim(
            "best point of one layer's path over the best ridge, largest of all data sets",
            source: "Ali, Kolter and Tibshirani 2019: at most 1.6862", .atMost, expected: 1.6862,
            measured: all.map { $0.one / $0.ridge }.max()!),
          Claim(
            "best point of two layers' path over the best reduced rank, less what δ leaves of it, largest of all data sets",
            source: "Corollary 2 for an autoencoder: the path passes all reduced-rank fits",
            .atMost,
            expected: 1, measured: all.map { $0.two / $0.allowed }.max()!, tolerance: 1e-9),
          Claim(
            "integrated descent of two layers, two of the data sets: largest distance of its shrinkages from the closed form",
            source: "Equation 29", .atMost, expected: 1e-6,
            measured: seeds.prefix(2).map { $0[3].flowDistance }.max()!),
          Claim(
            "noise 0.001, 1000 samples: best of two layers over best of one, the data set farthest from 1",
            source: "Section 4.2: with little noise and many samples nothing is gained",
            expected: 1,
            // Both keep the five strong components: what differs is of the order of the noise's share.
            measured: seeds.map { $0[2].two / $0[2].one }.max { abs($0 - 1) < abs($1 - 1) }!,
            tolerance: 1.6862 - 1),
          Claim(
            "noise 1.5: best of two layers over the end of the path (no stopping), largest of all data sets",
            source: "stopping early helps", .atMost, expected: 1,
            measured: noisy.map { $0.two / $0.end }.max()!),
        ],
        sections: [
          Section(
            heading: "Along the paths",
            prose:
              "One of the data sets with noise 1.5 and 30 samples. Each method has its own parameter; what it shrinks in all is a common axis.",
            blocks: [.figure(figure(seeds[0][1])), .table(table(seeds))])
        ])
    }

    private struct Outcome {
      var sampleCount: Int
      var noise: Double
      var one = Double.infinity
      var two = Double.infinity
      var ridge = Double.infinity
      var reduced = Double.infinity
      var end = 0.0
      /// The best reduced-rank error with what a finite δ leaves at the middle of that step.
      var allowed = Double.infinity
      var flowDistance = 0.0
      /// Σ f and the error along each path.
      var curves: [(name: String, x: [Double], y: [Double])] = []

      init(
        _ sampleCount: Int, _ noise: Double, parent: EarlyStopping,
        using generator: inout SeededGenerator
      ) throws {
        self.sampleCount = sampleCount
        self.noise = noise
        let dimension = parent.dimension
        let mixing = Matrix.uniform(rowCount: dimension, columnCount: 5, using: &generator)
        let sources = Matrix.gaussian(rowCount: sampleCount, columnCount: 5, using: &generator)
          .scalingColumns(by: parent.variances.map { $0.squareRoot() })
        let samples =
          sources.timesTransposed(mixing)
          + .gaussian(
            rowCount: sampleCount, columnCount: dimension, standardDeviation: noise,
            using: &generator)
        let objective = try RegressionObjective(inputs: samples, targets: samples)
        let eigen = try SymmetricEigendecomposition(of: objective.inputCovariance)
        let covariance = mixing.scalingColumns(by: parent.variances).timesTransposed(mixing)
        let signal = eigen.eigenvectors.transposedTimes(covariance * eigen.eigenvectors).diagonal
        let s = eigen.eigenvalues
        func error(_ f: [Double]) -> Double {
          zip(f, signal).reduce(0) {
            $0 + (1 - $1.0) * (1 - $1.0) * $1.1 + noise * noise * $1.0 * $1.0
          }
        }
        func path(_ name: String, _ fits: [[Double]]) -> Double {
          let errors = fits.map(error)
          curves.append((name, fits.map { $0.reduce(0, +) }, errors))
          return errors.min()!
        }
        let grid = (0...400).map { Double.exp10(-6 + 12 * Double($0) / 400) / s[0] }
        ridge = path("ridge", grid.map { time in s.map { $0 * time / ($0 * time + 1) } })
        one = path("one layer", grid.map { time in s.map { -Double.expMinusOne(-time * $0) } })
        let cuts = (0...dimension).map { k in s.indices.map { $0 < k ? 1.0 : 0 } }
        reduced = path("reduced rank", cuts)
        let delta = parent.delta
        let modes = s.map {
          BalancedMode(depth: 2, target: $0, curvature: $0, initial: .exp(-delta))
        }
        // The middle of each step on the flow's clock, and steps between.
        let rises = s.map { delta / max($0, 1e-9) }
        let middles = zip(rises, rises.dropFirst()).map { 2 / (1 / $0 + 1 / $1) }
        let times =
          ([0.5 * rises[0]] + rises + middles + grid.map { delta * $0 * 1e3 }).sorted()
        two = path("two layers", times.map { time in modes.map { $0.endToEnd(at: time) } })
        end = error([Double](repeating: 1, count: dimension))
        let errors = cuts.map(error)
        let best = errors.indices.min { errors[$0] < errors[$1] }!
        if best == 0 || best == dimension {
          allowed = max(errors[best], two)
        } else {
          // In the middle of step k mode i is e^{−2δ|s_i t/δ − 1|} off at most, s_i t/δ from the harmonic mean of the rises.
          let time = middles[best - 1]
          allowed = zip(cuts[best], zip(s, signal)).reduce(0) { sum, mode in
            let off = Double.exp(-2 * delta * abs(mode.1.0 * time / delta - 1))
            let miss = mode.0 == 1 ? off : 1
            let kept = mode.0 == 1 ? 1 : min(off, 1)
            return sum + miss * miss * mode.1.1 + noise * noise * kept * kept
          }
        }
        if noise > 1, sampleCount > 100 {
          // From e^{−10}, so that rounding of the random basis does not grow into another path.
          let size = 10.0
          let asked = rises.prefix(6).map { size * $0 / delta }
          let flow = GradientFlow(
            until: asked.last!, steps: .adaptive(relativeTolerance: 1e-10),
            recording: .at(asked, of: [.endToEnd])
          ).run(
            objective,
            from: .identity(widths: [dimension, dimension, dimension], scale: .exp(-size)))
          for (time, point) in zip(asked, flow.snapshots) {
            let found = eigen.eigenvectors.transposedTimes(point.endToEnd! * eigen.eigenvectors)
              .diagonal
            let exact = s.map {
              BalancedMode(depth: 2, target: $0, curvature: $0, initial: .exp(-size))
                .endToEnd(at: time)
            }
            flowDistance = max(flowDistance, zip(found, exact).map { abs($0 - $1) }.max()!)
          }
        }
      }
    }

    private func figure(_ outcome: Outcome) -> Figure {
      Figure(
        title: "Error along four paths",
        caption: """
          Against the trace of W, the number of components kept in all: two layers pass the points of reduced rank, one \
          layer stays close to ridge.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("trace of W"), vertical: Axis("E‖W(x + e) − x‖²", .logarithmic),
            series: outcome.curves.enumerated().map { place, curve in
              Series(
                curve.name, x: curve.x, y: curve.y,
                style: curve.name == "reduced rank"
                  ? .points : curve.name == "ridge" ? .dashed : .solid,
                color: .palette([2, 1, 3, 0][place]))
            })))
    }

    private func table(_ seeds: [[Outcome]]) -> Table {
      Table(
        title: "Least errors of each path",
        columns: [
          Column("data set"), Column("samples"), Column("noise"), Column("ridge"),
          Column("one layer"), Column("reduced rank"), Column("two layers"),
          Column("end of all paths"),
        ],
        rows: seeds.enumerated().flatMap { place, outcomes in
          outcomes.map {
            [
              .number(Double(place + 1)), .number(Double($0.sampleCount)), .number($0.noise),
              .number($0.ridge), .number($0.one), .number($0.reduced), .number($0.two),
              .number($0.end),
            ]
          }
        })
    }
  }
}
