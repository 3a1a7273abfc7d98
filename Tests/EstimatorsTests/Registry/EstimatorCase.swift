import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import Testing

/// One estimator on a small problem, for the tests that all of them face.
struct EstimatorCase: Sendable, CustomTestStringConvertible {
  /// How the problem is changed before it is fitted.
  struct Variation: Sendable {
    /// Another problem of the same kind.
    var seed: UInt64 = 1
    /// What the data are multiplied by.
    var scale = 1.0
    /// Whether what may be reordered (rows, samples, measurements) comes in another order.
    var isPermuted = false
    /// Whether one number of the data is NaN.
    var hasNaN = false
    /// What the observer answers.
    var goesOn = true
  }

  /// The answer in the order of the unpermuted problem, in the units of the data.
  struct Answer: Equatable, Sendable {
    var numbers: [Double]
    var outcome: Outcome
  }

  let name: String
  /// Whether a fit takes long enough to be cancelled.
  var isCancellable = true
  /// How far answers to reordered data may differ, relative to the largest number: rounding for direct methods,
  /// what an iteration stops at for others.
  let tolerance: Double
  let answer: @Sendable (Variation) throws -> Answer

  var testDescription: String { name }
}

extension EstimatorCase {
  static let all: [EstimatorCase] = [
    matrixCompleter, nuclearNormCompleter, penalisedCompleter, matrixSensor, reducedRankRegressor,
    linearAutoencoder, layerFactorizer, tensorCompleter,
    convolutionalClassifier,
  ]

  /// The rows of a matrix in the order 1, 2, …, 0, and back.
  private static func rotated(_ count: Int) -> [Int] { (0..<count).map { ($0 + 1) % count } }
  private static func unrotated(_ count: Int) -> [Int] {
    (0..<count).map { ($0 + count - 1) % count }
  }

  private static func varied(_ matrix: Matrix, _ variation: Variation) -> Matrix {
    var result = variation.scale * matrix
    if variation.hasNaN { result[1, 0] = .nan }
    return variation.isPermuted ? result.selecting(rows: rotated(matrix.rowCount)) : result
  }

  private static func restored(_ matrix: Matrix, _ variation: Variation) -> [Double] {
    (variation.isPermuted ? matrix.selecting(rows: unrotated(matrix.rowCount)) : matrix).elements
  }

  private static func entries(
    _ variation: Variation, rank: Int, noise: Double = 0
  ) throws -> ObservedEntries {
    let problem = NuclearNormCompleterTests.problem(
      16, 12, rank: rank, entries: 110, noise: noise, seed: variation.seed)
    let known = problem.entries
    let order = rotated(16)
    return try ObservedEntries(
      rowCount: 16, columnCount: 12,
      rows: known.rows.map { variation.isPermuted ? Int32(order.firstIndex(of: Int($0))!) : $0 },
      columns: known.columns,
      values: known.values.enumerated().map {
        variation.hasNaN && $0 == 3 ? .nan : variation.scale * $1
      })
  }

  static let matrixCompleter = EstimatorCase(name: "MatrixCompleter", tolerance: 1e-9) {
    variation in
    let fit = try MatrixCompleter().fit(entries(variation, rank: 1)) { _ in variation.goesOn }
    return Answer(numbers: restored(fit.completion(), variation), outcome: fit.outcome)
  }

  // Gaps of 1e-10 leave errors of about their root.
  static let nuclearNormCompleter = EstimatorCase(name: "NuclearNormCompleter", tolerance: 1e-4) {
    variation in
    let fit = try NuclearNormCompleter(tolerance: 1e-10).fit(entries(variation, rank: 2)) { _ in
      variation.goesOn
    }
    return Answer(numbers: restored(fit.completion, variation), outcome: fit.outcome)
  }

  static let penalisedCompleter = EstimatorCase(
    name: "NuclearNormCompleter with a penalty", tolerance: 1e-4
  ) { variation in
    let completer = NuclearNormCompleter(
      penalty: .fixed(0.5 * variation.scale), tolerance: 1e-10)
    let fit = try completer.fit(entries(variation, rank: 2, noise: 0.1)) { _ in variation.goesOn }
    return Answer(numbers: restored(fit.completion, variation), outcome: fit.outcome)
  }

  static let matrixSensor = EstimatorCase(name: "MatrixSensor", tolerance: 1e-9) { variation in
    var generator = SeededGenerator(seed: variation.seed)
    let truth = Matrix.lowRank(rowCount: 8, columnCount: 6, rank: 1, using: &generator)
    var left = Matrix.gaussian(rowCount: 40, columnCount: 8, using: &generator)
    var right = Matrix.gaussian(rowCount: 40, columnCount: 6, using: &generator)
    var values = try LinearMeasurements(left: left, right: right).values(of: truth)
      .map { variation.scale * $0 }
    if variation.hasNaN { values[3] = .nan }
    if variation.isPermuted {
      let order = rotated(40)
      (left, right) = (left.selecting(rows: order), right.selecting(rows: order))
      values = order.map { values[$0] }
    }
    let fit = try MatrixSensor().fit(LinearMeasurements(left: left, right: right), values: values) {
      _ in variation.goesOn
    }
    return Answer(numbers: fit.matrix().elements, outcome: fit.outcome)
  }

  static let reducedRankRegressor = EstimatorCase(name: "ReducedRankRegressor", tolerance: 1e-12) {
    variation in
    let problem = ReducedRankRegressorTests.problem(
      samples: 30, inputs: 4, outputs: 3, rank: 2, noise: 0.3, seed: variation.seed)
    let inputs =
      variation.isPermuted ? problem.inputs.selecting(rows: rotated(30)) : problem.inputs
    let fit = try ReducedRankRegressor(rank: .fixed(2), pathStepLimit: 100).fit(
      inputs: inputs, targets: varied(problem.targets, variation)
    ) { _ in variation.goesOn }
    return Answer(numbers: fit.coefficients.elements + fit.intercept, outcome: fit.outcome)
  }

  // The loss stops a billionth of its range above the minimum.
  static let linearAutoencoder = EstimatorCase(name: "LinearAutoencoder", tolerance: 1e-3) {
    variation in
    let samples = LinearAutoencoderTests.samples(seed: variation.seed)
    let fit = try LinearAutoencoder(componentCount: 2).fit(varied(samples, variation)) { _ in
      variation.goesOn
    }
    let projection = fit.components.transposedTimes(fit.components)
    return Answer(numbers: (variation.scale * projection).elements, outcome: fit.outcome)
  }

  static let layerFactorizer = EstimatorCase(
    name: "LayerFactorizer", isCancellable: false, tolerance: 1e-13
  ) { variation in
    let weight = LayerFactorizerTests.weight(6, 5, seed: variation.seed)
    let fit = try LayerFactorizer(depth: 3, rank: .fixed(2)).fit(varied(weight, variation))
    let product = fit.factors.dropFirst().reduce(fit.factors[0]) { $1 * $0 }
    return Answer(numbers: restored(product, variation), outcome: .converged)
  }

  static let tensorCompleter = EstimatorCase(name: "TensorCompleter", tolerance: 1e-9) {
    variation in
    let known = try TensorCompleterTests.problem(
      [7, 6, 5], rank: 1, count: 90, seed: variation.seed
    ).entries
    let order = variation.isPermuted ? rotated(90) : Array(0..<90)
    let entries = try ObservedTensor(
      shape: known.shape, indices: order.flatMap { known.indices[3 * $0..<3 * $0 + 3] },
      values: order.map { variation.hasNaN && $0 == 3 ? .nan : variation.scale * known.values[$0] })
    let fit = try TensorCompleter().fit(entries) { _ in variation.goesOn }
    return Answer(numbers: fit.completion(), outcome: fit.outcome)
  }

  // All images in each step: their order changes the rounding of sums in single precision alone, by 2⁻²⁴ of each of
  // some hundred operations in a row.
  static let convolutionalClassifier = EstimatorCase(
    name: "ConvolutionalClassifier", tolerance: 100 * 0x1p-24
  ) { variation in
    let (images, labels) = ConvolutionalClassifierTests.bars(30, seed: variation.seed)
    var classifier = ConvolutionalClassifierTests.small
    (classifier.batchSize, classifier.epochCount, classifier.denseDepths) = (30, 3, [2, 1])
    let order = variation.isPermuted ? rotated(30) : Array(0..<30)
    let fit = try classifier.fit(varied(images, variation), labels: order.map { labels[$0] }) {
      _ in variation.goesOn
    }
    let probabilities = fit.probabilities(variation.scale * images)
    return Answer(numbers: (variation.scale * probabilities).elements, outcome: fit.outcome)
  }
}
