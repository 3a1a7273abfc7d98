import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// A convolutional network whose dense layers are deep linear networks.
  struct Figure1Right: Experiment {
    let item = Item(
      id: "cohen-razin-figure-1-right", paper: .cohenRazin,
      title: "Figure 1, right: a convolutional network with overparameterised dense layers",
      shows: """
        A convolutional network for digits is trained as it is, and with each dense layer replaced by a product of two \
        matrices, each at the best step size found by search; collapsed, the second is the first's equal in form.
        """,
      seconds: 4,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let images = Matrix.gaussian(rowCount: 64, columnCount: 144, using: &generator)
        let labels = (0..<64).map { $0 % 4 }
        let classifier = ConvolutionalClassifier(
          imageShape: ImageShape(height: 12, width: 12), channelCounts: [4], hiddenWidths: [20],
          denseDepths: [2, 2], stepSize: 0.01, batchSize: 16)
        let fit = try classifier.fit(images, labels: labels)
        print(fit.losses.last!, fit.predict(images) == fit.collapsed().predict(images))
        """)

    private let depths = [1, 2]
    var seeds = 5

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("repetitions", .count(\.seeds, 1...50), "with data and starts of their own")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let given = try conditions.data.digits?()
      let model = Model(isQuick: conditions.isQuick, isGiven: given != nil)
      let samples = given.map {
        (training: $0.training.first(model.sampleCount), test: $0.test.first(1000))
      }
      let runs = try conditions.repetitions(seeds) { repetition, generator in
        let data =
          samples
          ?? DigitLikeImages.samples(
            training: model.sampleCount, test: 200, side: model.side, using: &generator)
        let seed = generator.next()
        return try depths.enumerated().map { index, depth in
          let start = (Double(repetition) + Double(index) / 2) / Double(seeds)
          return try search(model, data.training, data.test, depth: depth, seed: seed) {
            try conditions.report(start + 0.5 * $0 / Double(seeds))
          }
        }
      }
      let ratios = runs.map { $0[1].late / $0[0].late }
      let areas = runs.map { $0[1].mean / $0[0].mean }
      let isFaster = areas.median < 1
      let stepSizes = depths.indices.map { index in runs.map { $0[index].stepSize }.median }
      let claims = [
        Claim(
          "largest share of test images on which the collapsed network decides otherwise, of \(seeds)",
          source: "Section 3.2: no gain in expressiveness; single precision may turn a tie",
          .atMost,
          expected: 0.002, measured: runs.map { $0[1].disagreement }.max()!),
        Claim(
          "overparameterised: largest late training loss over the loss of chance, of \(seeds)",
          source: "Figure 1, right: both are trained", .atMost, expected: 0.5,
          measured: runs.map { $0[1].late / .log(10) }.max()!),
        // At the best step sizes there is nothing to claim; a notice says what was found.
        Claim(
          "at the smallest step size: mean training loss over equally many steps, overparameterised over original, median of \(seeds)",
          source: "Figure 1, right: faster at the same step size", .atMost, expected: 1,
          measured: runs.map { $0[1].tried[0] / $0[0].tried[0] }.median),
      ]
      var result = Findings(
        summary: [
          Fact("mean loss over the original's", .number(areas.median), note: "median of \(seeds)"),
          Fact(
            "late loss over the original's", .number(ratios.median), note: "median of \(seeds)"),
          Fact("best step size, original", .number(stepSizes[0])),
          Fact("best step size, overparameterised", .number(stepSizes[1])),
        ],
        settings: [
          Fact(
            "images",
            .text(
              given == nil
                ? "synthetic: \(model.sampleCount) smooth random patterns of ten classes with noise"
                : "\(model.sampleCount) of the digits given")),
          Fact("channels", .text(model.channels.map(String.init).joined(separator: ", "))),
          Fact("hidden units", .number(Double(model.hidden))),
          Fact("momentum", 0.9), Fact("batch", .number(Double(model.batch))),
          Fact("epochs", .number(Double(model.epochs))),
          Fact("step sizes tried", .text(model.stepSizes.map { "\($0)" }.joined(separator: ", "))),
          Fact("factors", "balanced, with the original's product at the start"),
          Fact("repetitions", .number(Double(seeds))),
        ],
        claims: claims, notices: notices(isFaster, areas, isGiven: given != nil),
        sections: [
          Section(
            heading: "Training loss by step",
            blocks: [.figure(losses(runs)), .figure(stepSizeFigure(runs, model))])
        ])
      result.isSynthetic = given == nil
      return result
    }

    private func notices(_ isFaster: Bool, _ areas: [Double], isGiven: Bool) -> [Notice] {
      let wins = areas.count { $0 < 1 }
      var result = [
        isFaster
          ? Notice(
            .information,
            "The overparameterised network has the lower mean training loss in \(wins) of \(areas.count) repetitions."
          )
          : Notice(
            .caution,
            """
            The acceleration is one of the step size: with both step sizes at their best, the overparameterised network \
            has the lower mean training loss in \(wins) of \(areas.count) repetitions only, and the median of the \
            quotients is \((100 * areas.median).rounded() / 100).
            """)
      ]
      if !isGiven {
        result.append(
          Notice(
            .information,
            "The paper's network is trained on MNIST; these images are synthetic. `--mnist FOLDER` takes its files."
          ))
      }
      return result
    }

    /// The network and its training.
    private struct Model {
      var side: Int
      var channels: [Int]
      var kernel: Int
      var hidden: Int
      var sampleCount: Int
      var batch: Int
      var epochs: Int
      var stepSizes: [Double]

      init(isQuick: Bool, isGiven: Bool) {
        side = isGiven ? 28 : 12
        kernel = isGiven ? 5 : 3
        channels = isGiven ? (isQuick ? [4, 8] : [8, 16]) : [8]
        hidden = isQuick ? 32 : isGiven ? 128 : 64
        sampleCount = isQuick ? (isGiven ? 1600 : 640) : isGiven ? 3200 : 2000
        batch = isQuick ? 16 : 32
        epochs = isQuick ? (isGiven ? 1 : 3) : isGiven ? 1 : 4
        stepSizes =
          isQuick ? [0.005, 0.02, 0.08] : [0.0025, 0.005, 0.01, 0.02, 0.04, 0.08]
      }
    }

    /// A training at its best step size.
    private struct Best {
      var stepSize: Double
      /// Of each step's batch.
      var losses: [Double]
      /// Means over all steps by step size, infinite where training diverged.
      var tried: [Double]
      var disagreement: Double
      /// The numbers of the network with one matrix in each dense layer.

      var mean: Double { losses.reduce(0, +) / Double(losses.count) }
      /// Over the last quarter.
      var late: Double {
        let last = losses.suffix(max(1, losses.count / 4))
        return last.reduce(0, +) / Double(last.count)
      }
    }

    private func search(
      _ model: Model, _ training: LabelledSamples, _ test: LabelledSamples, depth: Int,
      seed: UInt64, _ report: (Double) throws -> Void
    ) throws -> Best {
      var best: (fit: ConvolutionalClassifier.Fit, stepSize: Double, mean: Double)?
      var tried: [Double] = []
      for (place, η) in model.stepSizes.enumerated() {
        var failure: (any Error)?
        let fit = try ConvolutionalClassifier(
          imageShape: ImageShape(height: model.side, width: model.side),
          channelCounts: model.channels, kernelSize: model.kernel, hiddenWidths: [model.hidden],
          denseDepths: [depth, depth], stepSize: η, batchSize: model.batch,
          epochCount: model.epochs, seed: seed
        ).fit(training.inputs, labels: training.labels, classCount: training.classCount) {
          guard $0.step % 10 == 0 else { return true }
          do {
            try report((Double(place) + $0.fraction) / Double(model.stepSizes.count))
            return true
          } catch {
            failure = error
            return false
          }
        }
        if let failure { throw failure }
        let mean =
          fit.outcome == .converged
          ? fit.losses.reduce(0, +) / Double(fit.losses.count) : .infinity
        tried.append(mean)
        if mean < best?.mean ?? .infinity { best = (fit, η, mean) }
      }
      guard let best else {
        return Best(
          stepSize: .nan, losses: [.infinity], tried: tried, disagreement: 1)
      }
      let collapsed = best.fit.collapsed()
      let pairs = zip(best.fit.predict(test.inputs), collapsed.predict(test.inputs))
      return Best(
        stepSize: best.stepSize, losses: best.fit.losses, tried: tried,
        disagreement: Double(pairs.count { $0 != $1 }) / Double(test.labels.count))
    }

    private func name(_ index: Int) -> String { index == 0 ? "original" : "overparameterised" }

    private func losses(_ runs: [[Best]]) -> Figure {
      let count = runs[0][0].losses.count
      let window = max(1, count / 20)
      // A running mean of the median over repetitions: single batches say little.
      let curves = depths.indices.map { index in
        (0..<count - window).map { step in
          runs.map { run in
            run[index].losses[step..<min(step + window, run[index].losses.count)].reduce(0, +)
              / Double(window)
          }.median
        }
      }
      let steps = curves[0].indices.map { Double($0 + window / 2) }
      return Figure(
        title: "Training loss, each at its best step size",
        caption:
          "Means over \(window) steps, medians of \(seeds) repetitions. Both see the same batches in the same order.",
        .lines(
          LinePlot(
            horizontal: Axis("step"), vertical: Axis("cross-entropy", .logarithmic),
            series: curves.enumerated().map { Series(name($0), x: steps, y: $1) })))
    }

    private func stepSizeFigure(_ runs: [[Best]], _ model: Model) -> Figure {
      Figure(
        title: "Mean training loss by step size",
        caption: "Medians of \(seeds) repetitions; a gap where training diverged.",
        .lines(
          LinePlot(
            horizontal: Axis("step size", .logarithmic),
            vertical: Axis("mean cross-entropy over all steps"),
            series: depths.indices.map { index in
              Series(
                name(index), x: model.stepSizes,
                y: model.stepSizes.indices.map { place in
                  runs.map { $0[index].tried[place] }.median
                },
                style: .connectedPoints)
            })))
    }
  }
}
