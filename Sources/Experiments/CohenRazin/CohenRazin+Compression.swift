import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// A layer trained as a network of layers can be cut to a fraction of its numbers.
  struct Compression: Experiment {
    let item = Item(
      id: "cohen-razin-compression", paper: .cohenRazin,
      title: "Section 4.4: implicit compression by overparameterization",
      shows: """
        A linear map trained as three layers is of low rank: cut to ρ(d + d′ − ρ) numbers it loses nothing and \
        generalises, while the same cut ruins the one that was trained directly.
        """,
      seconds: 3,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let weight = Matrix.lowRank(rowCount: 20, columnCount: 30, rank: 2, using: &generator)
        let fit = try LayerFactorizer(depth: 2, rank: .relativeError(1e-6)).fit(weight)
        print(fit.rank, fit.parameterCount, weight.count, fit.relativeError)
        """)

    private let depths = [1, 2, 3]
    private let rank = 2

    func findings(under conditions: Conditions) throws -> Findings {
      let size = conditions.isQuick ? 10 : 20
      let measurementCount = conditions.isQuick ? 60 : 160
      let runs = try conditions.repetitions(5) { repetition, generator in
        let truth = Matrix.random(
          singularValues: [3, 2], rowCount: size, columnCount: size, using: &generator)
        let measurements = Matrix.gaussian(
          rowCount: measurementCount, columnCount: size * size, using: &generator)
        let objective = try SensingObjective(
          measurements: measurements, values: measurements * truth.elements, outputCount: size,
          inputCount: size)
        return try depths.enumerated().map { index, depth in
          try conditions.report((Double(repetition) + Double(index) / 3) / 5)
          return try train(objective, truth, depth: depth, using: &generator)
        }
      }
      let counts = (full: size * size, cut: rank * (2 * size - rank))
      let networks = try conditions.repetitions(5) { _, generator in
        let samples = DigitLikeImages.samples(
          training: conditions.isQuick ? 200 : 400, test: 400, side: 10, using: &generator)
        return try [1, 3].map { depth in
          var network = RectifiedNetwork(
            inputs: 100, hidden: 30, depth: depth, classes: 10, using: &generator)
          network.train(samples.training, steps: conditions.isQuick ? 300 : 600)
          return try CutNetwork(network, on: samples.test)
        }
      }
      func median(_ index: Int, _ value: (Trained) -> Double) -> Double {
        runs.map { value($0[index]) }.median
      }
      // What the depth itself costs: not a claim of the section, and not nothing.
      let gain = networks.map { $0[1].accuracy.last! - $0[0].accuracy.last! }.reduce(0, +) / 5
      let claims = [
        Claim(
          "network of rectified units: test images lost by cutting its first layer, summed over all ranks and 5 networks, trained as three layers over trained directly",
          source: "Section 4.4: neural networks with overparameterised layers", .atMost,
          expected: 1,
          measured: networks.reduce(0) { $0 + $1[1].lost } / networks.reduce(0) { $0 + $1[0].lost }
        ),
        Claim(
          "the same network: smallest rank whose cut keeps the accuracy within one image in a hundred, three layers less direct, largest of 5",
          source: "Section 4.4", .atMost, expected: 0,
          measured: networks.map { Double($0[1].rankKept - $0[0].rankKept) }.max()!),
        Claim(
          "sensing: loss ‖W − W_ρ‖/‖W‖ when cut to rank 2, 2 layers over trained directly, largest of 5",
          source: "Section 4.4", .atMost, expected: 1,
          measured: runs.map { $0[1].cutError[rank] / $0[0].cutError[rank] }.max()!),
        Claim(
          "the same, 3 layers over trained directly, largest of 5", source: "Section 4.4", .atMost,
          expected: 1, measured: runs.map { $0[2].cutError[rank] / $0[0].cutError[rank] }.max()!),
        Claim(
          "3 layers, cut: error relative to the truth over that of the uncut directly trained map, largest of 5",
          source: "Section 4.4: improved generalisation", .atMost, expected: 1,
          measured: runs.map { $0[2].truthError[rank] / $0[0].truthError[size] }.max()!),
      ]
      return Findings(
        summary: [
          Fact("numbers before", .number(Double(counts.full))),
          Fact("numbers after", .number(Double(counts.cut))),
          Fact("error after, 3 layers", .number(median(2) { $0.truthError[rank] })),
          Fact("error after, direct", .number(median(0) { $0.truthError[rank] })),
          Fact(
            "uncut accuracy, three layers less direct", .number(gain),
            note: "mean of 5 networks of rectified units, the same number of steps"),
        ],
        settings: [
          Fact(
            "map",
            .text("\(size)×\(size) of rank 2, seen by \(measurementCount) Gaussian measurements")),
          Fact("start", "balanced layers, singular values of W(0) 1e-4"),
          Fact("training", "descent with an adaptive step to a loss of 1e-9"),
          Fact("repetitions", "5; medians where not stated"),
        ],
        claims: claims,
        notices: [
          Notice(
            .information,
            "The section reports no experiment of its own; this one is of a single linear layer, where all can be measured."
          )
        ],
        sections: [
          Section(
            heading: "Cut to each rank",
            blocks: [
              .figure(
                figure(
                  "Error relative to the truth after the cut", "error relative to the truth",
                  depths.indices.map { index in
                    (1...size).map { k in median(index) { $0.truthError[k] } }
                  },
                  "Three layers lose nothing down to rank 2; the directly trained map is far from the truth at every rank."
                )),
              .figure(accuracyFigure(networks[0])),
              .figure(
                figure(
                  "What the cut takes away", "‖W − W_ρ‖/‖W‖",
                  depths.indices.map { index in
                    (1...size).map { k in max(median(index) { $0.cutError[k] }, 1e-8) }
                  }, "Medians of 5; below 1e-8 drawn as 1e-8.")),
            ])
        ])
    }

    /// A trained network whose first layer is cut to every rank.
    private struct CutNetwork {
      /// By rank, from 1 on.
      var accuracy: [Double]
      /// Σ over the ranks of the accuracy lost.
      var lost: Double
      /// The smallest rank that loses at most one image in a hundred.
      var rankKept: Int
      /// Numbers of the cut first layer, by rank.
      var parameterCounts: [Int]

      init(_ network: RectifiedNetwork, on test: LabelledSamples) throws {
        let first = network.firstLayer
        let decomposition = try SingularValueDecomposition(of: first)
        let least = min(first.rowCount, first.columnCount)
        accuracy = (1...least).map { rank in
          let values = decomposition.singularValues.enumerated().map { $0 < rank ? $1 : 0 }
          let cut =
            decomposition.leftVectors.scalingColumns(by: values)
            * decomposition.rightVectorsTransposed
          return network.accuracy(on: test, firstLayer: cut)
        }
        let full = accuracy.last!
        lost = accuracy.map { max(0, full - $0) }.reduce(0, +)
        rankKept = 1 + accuracy.firstIndex { $0 >= full - 0.01 }!
        parameterCounts = (1...least).map { $0 * (first.rowCount + first.columnCount - $0) }
      }
    }

    private func accuracyFigure(_ networks: [CutNetwork]) -> Figure {
      Figure(
        title: "Accuracy against the numbers of the first layer",
        caption: """
          A network of 30 rectified units on synthetic images: its first layer trained directly, or as a product of \
          three, then cut to ranks 1, 2, …: ρ(d + d′ − ρ) numbers each.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("numbers of the first layer"),
            vertical: Axis("accuracy on the test", upper: 1),
            series: zip(["trained directly", "trained as 3 layers"], networks).map {
              name, network in
              Series(
                name, x: network.parameterCounts.map(Double.init), y: network.accuracy,
                style: .connectedPoints)
            })))
    }

    private struct Trained {
      /// By rank, from 0 on.
      var cutError: [Double]
      var truthError: [Double]
    }

    private func train(
      _ objective: SensingObjective, _ truth: Matrix, depth: Int,
      using generator: inout SeededGenerator
    ) throws -> Trained {
      let size = truth.rowCount
      let start = LinearNetwork.balanced(
        widths: [Int](repeating: size, count: depth + 1), scale: 1e-4, using: &generator)
      var loss = EndToEndLoss(objective, widths: start.widths)
      let network = GradientDescent(targetLoss: 1e-9, stepLimit: 3000)
        .run(&loss, from: start).finalNetwork
      let collapsed = LayerFactorizer.collapse(
        network.layers, biases: [[Double]?](repeating: nil, count: depth)
      ).weight
      var cutError = [1.0]
      var truthError = [1.0]
      for k in 1...size {
        let fit = try LayerFactorizer(depth: 2, rank: .fixed(k)).fit(collapsed)
        let cut = LayerFactorizer.collapse(fit.factors, biases: [nil, nil]).weight
        cutError.append(fit.relativeError)
        truthError.append((cut - truth).frobeniusNorm / truth.frobeniusNorm)
      }
      return Trained(
        cutError: cutError, truthError: truthError)
    }

    private func figure(
      _ title: String, _ vertical: String, _ curves: [[Double]], _ caption: String
    ) -> Figure {
      Figure(
        title: title, caption: caption,
        .lines(
          LinePlot(
            horizontal: Axis("rank kept", .whole), vertical: Axis(vertical, .logarithmic),
            series: zip(depths, curves).map { depth, curve in
              Series(
                depth == 1 ? "trained directly" : "trained as \(depth) layers",
                x: curve.indices.map { Double($0 + 1) }, y: curve, style: .connectedPoints)
            })))
    }
  }
}
