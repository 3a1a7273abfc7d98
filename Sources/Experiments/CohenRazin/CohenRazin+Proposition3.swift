import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// Saddles of the loss: which are strict, and that nothing else is in the way.
  struct Proposition3: Experiment {
    let item = Item(
      id: "cohen-razin-proposition-3", paper: .cohenRazin,
      title: "Proposition 3: saddles without negative curvature",
      shows: """
        With three layers or more the origin is a saddle whose Hessian vanishes; the other critical \
        points are classified too, and random runs all end in a global minimum.
        """,
      seconds: 3, corrections: ["Proposition 3"],
      snippet: """
        let landscape = LossLandscape(.factorization(target: Matrix(rows: [[2, 0], [0, 1]])))
        for depth in 2...4 {
          let origin = LinearNetwork(zerosOfWidths: [Int](repeating: 2, count: depth + 1))
          print(depth, try landscape.criticalPoint(at: origin.layers))
        }
        """)

    private let depths = [2, 3, 4]
    var targets = [3.0, 2, 1]
    private let sizes = (0...12).map { Double.exp10(-6 + 0.5 * Double($0)) }

    private struct Measurement {
      /// Of gradient and Hessian at the origin, for three and four layers.
      var origin = 0.0
      var strictAtDepth2 = true
      /// ℓ(0) − ℓ(W) of the witness divided by its slope bound; negative where it is no witness.
      var leastDescent = Double.infinity
      var norm = 0.0
      var printed = Double.infinity
      var misclassified = 0
      var excess = 0.0
      var falls = true
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("singular-values", .numbers(\.targets, 0.1...10), "of the target")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 10
      let starts = conditions.isQuick ? 2 : 10
      let measured = try conditions.repetitions(repetitions) { _, generator in
        try measure(starts, conditions, using: &generator)
      }
      return Findings(
        summary: [
          Fact(
            "least quotient of the norm to the printed one",
            .number(measured.map(\.printed).min()!)),
          Fact(
            "runs from random starts", .number(Double(repetitions * starts * depths.count)),
            note: "all in a global minimum"),
        ],
        settings: [
          Fact("target", "3×3 with singular values 3, 2, 1 and random vectors, ℓ = ½‖W − Y‖²"),
          Fact("depths", "2, 3, 4"), Fact("hidden widths", "3"),
          Fact(
            "starts of the runs", "Gaussian weights of standard deviation 0.5"),
          Fact("targets", .number(Double(repetitions))),
          Fact("starts for each target and depth", .number(Double(starts))),
        ],
        claims: [
          Claim(
            "three and four layers: largest entry of gradient and Hessian at the origin",
            source: "Proposition 3", .atMost, expected: 0, measured: measured.map(\.origin).max()!),
          Claim(
            "two layers: share of targets where the origin is a strict saddle", expected: 1,
            measured: Double(measured.count(where: \.strictAtDepth2)) / Double(repetitions)),
          Claim(
            "share of targets where every network of the construction has a lower loss than zero",
            source: "proof of Proposition 3", expected: 1,
            measured: Double(measured.count(where: \.falls)) / Double(repetitions)),
          Claim(
            "largest relative error of ‖W‖^{1/n} √(1 + (n−1) min(d₀, d_n)) for its norm",
            source: "proof of Proposition 3, corrected", .atMost, expected: 1e-12,
            measured: measured.map(\.norm).max()!),
          // √((1 + 2·3)/3) for three layers of width 3, √((1 + 3·3)/4) for four.
          Claim(
            "least quotient of the norm to the printed √n ‖W‖^{1/n}",
            source: "proof of Proposition 3, printed", .atLeast,
            expected: (7.0 / 3).squareRoot() - 1e-9,
            measured: measured.map(\.printed).min()!, refutes: true),
          Claim(
            "critical points classified otherwise than theory has it, of 24 for each target",
            .atMost, expected: 0, measured: Double(measured.map(\.misclassified).max()!)),
          // The runs end where the loss passes 1e-10 or their time is over.
          Claim(
            "largest loss at the end of runs from random starts", source: "no other local minima",
            .atMost, expected: 1e-10, measured: measured.map(\.excess).max()!, tolerance: 1e-13),
        ],
        notices: [
          Notice(
            .caution,
            "The norm of the construction is printed as √n ε^{1/n}; it is ‖W‖^{1/n} √(1 + (n−1) min(d₀, d_n)), larger as soon as both ends are wider than one. It still vanishes with W, so the conclusion stands."
          ),
          Notice(
            .information,
            "A network that has learned the strongest components exactly, and nothing else, has no direction of negative curvature either when it has three layers or more: training passes near such saddles one after another. All other critical points with distinct components have one."
          ),
        ],
        sections: [
          Section(
            heading: "Beside the origin",
            blocks: [.figure(try figure(conditions)), .table(try table(conditions))])
        ])
    }

    private func target(using generator: inout SeededGenerator) -> Matrix {
      .random(singularValues: targets, rowCount: 3, columnCount: 3, using: &generator)
    }

    private func measure(
      _ starts: Int, _ conditions: Conditions, using generator: inout SeededGenerator
    ) throws -> Measurement {
      let target = target(using: &generator)
      let objective = FactorizationObjective(target)
      let landscape = LossLandscape(objective)
      var result = Measurement()
      for depth in depths {
        let hidden = [Int](repeating: 3, count: depth - 1)
        let origin = LinearNetwork(zerosOfWidths: [3] + hidden + [3]).layers
        let kind = try landscape.criticalPoint(at: origin)
        if depth == 2 {
          if case .strictSaddle = kind {} else { result.strictAtDepth2 = false }
        } else {
          result.origin = max(
            result.origin, landscape.gradients(at: origin).map(\.maxAbsolute).max()!,
            landscape.hessian(at: origin).maxAbsolute)
          if kind != .nonStrictSaddle { result.misclassified += 1 }
          for size in sizes {
            let w = (size / target.frobeniusNorm) * target
            let network = try Witnesses.besideTheOrigin(endToEnd: w, hiddenWidths: hidden)
            let norm = network.layers.reduce(0) { $0 + $1.inner($1) }.squareRoot()
            let root = Double.root(size, depth)
            let right = root * Double(1 + 3 * (depth - 1)).squareRoot()
            result.norm = max(result.norm, abs(norm - right) / right)
            result.printed = min(result.printed, norm / (root * Double(depth).squareRoot()))
            let zero = objective.value(at: 0 * target)
            if objective.value(at: network.endToEnd()) >= zero { result.falls = false }
          }
        }
        for subset in 0..<8 {
          let found = try landscape.criticalPoint(at: try critical(subset, depth, target).layers)
          if word(found) != expected(subset, depth) { result.misclassified += 1 }
        }
        for _ in 0..<starts {
          try conditions.report(0)
          let start = LinearNetwork.gaussian(
            widths: [3] + hidden + [3], standardDeviation: 0.5, using: &generator)
          let run = GradientFlow(
            until: 1e6, steps: .adaptive(relativeTolerance: 1e-6), targetLoss: 1e-10
          ).run(objective, from: start)
          result.excess = max(result.excess, run.trajectory.losses.last!)
        }
      }
      return result
    }

    /// The balanced network that has learned some of the three components; bit k stands for component k.
    private func critical(_ subset: Int, _ depth: Int, _ target: Matrix) throws -> LinearNetwork {
      try .spectral(
        alignedWith: target,
        scales: targets.indices.map { subset >> $0 & 1 == 1 ? targets[$0] : 0 },
        hiddenWidths: [Int](repeating: 3, count: depth - 1))
    }

    /// Exchanging a learned component for a stronger one lowers the loss at second order at every depth; a
    /// missing one at order n.
    private func expected(_ subset: Int, _ depth: Int) -> String {
      if subset == 7 { return "global minimum" }
      let isLeading = subset & (subset + 1) == 0
      return depth > 2 && isLeading ? "non-strict saddle" : "strict saddle"
    }

    private func word(_ point: CriticalPoint) -> String {
      switch point {
      case .none: "not critical"
      case .strictSaddle: "strict saddle"
      case .nonStrictSaddle: "non-strict saddle"
      case .globalMinimum: "global minimum"
      case .undecided: "undecided"
      }
    }

    private func figure(_ conditions: Conditions) throws -> Figure {
      var generator = conditions.generator(0)
      let target = target(using: &generator)
      let norms = try [3, 4].map { depth in
        try sizes.map { size in
          try Witnesses.besideTheOrigin(
            endToEnd: (size / target.frobeniusNorm) * target,
            hiddenWidths: [Int](repeating: 3, count: depth - 1)
          ).layers.reduce(0) { $0 + $1.inner($1) }.squareRoot()
        }
      }
      return Figure(
        title: "How near the origin the loss is lower",
        caption:
          "Norm of all layers of the construction against the norm of its product W, whose loss is lower than that of zero. Dashed: as printed.",
        .lines(
          LinePlot(
            horizontal: Axis("‖W‖", .logarithmic),
            vertical: Axis("norm of all layers", .logarithmic),
            series: [3, 4].enumerated().flatMap { place, depth in
              [
                Series(
                  "\(depth) layers", x: sizes, y: norms[place], style: .connectedPoints,
                  color: .palette(place)),
                Series(
                  "\(depth) layers, as printed", x: sizes,
                  y: sizes.map { Double(depth).squareRoot() * .root($0, depth) }, style: .dashed,
                  color: .palette(place)),
              ]
            })))
    }

    private func table(_ conditions: Conditions) throws -> Table {
      var generator = conditions.generator(0)
      let target = target(using: &generator)
      let landscape = LossLandscape(FactorizationObjective(target))
      return Table(
        title: "Critical points by what has been learned",
        caption: "Balanced networks whose product is a part of the target's components.",
        columns: [
          Column("components learned", alignment: .leading), Column("loss"),
        ] + depths.map { Column("\($0) layers", alignment: .leading) },
        rows: try (0..<8).map { subset in
          let learned = targets.indices.filter { subset >> $0 & 1 == 1 }
          let rest = targets.indices.filter { subset >> $0 & 1 == 0 }
          return [
            .text(learned.isEmpty ? "none" : learned.map { "\($0 + 1)" }.joined(separator: ", ")),
            .number(rest.reduce(0) { $0 + targets[$1] * targets[$1] / 2 }),
          ]
            + (try depths.map { depth in
              .text(
                word(try landscape.criticalPoint(at: try critical(subset, depth, target).layers)))
            })
        })
    }
  }
}
