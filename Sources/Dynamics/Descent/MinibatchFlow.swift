public import LinearAlgebra
public import LinearNetworks

// The batch of a step is a function of the seed and the step's number, not of what was drawn before: a run can be
// resumed at any step, and two runs with one seed see the same batches.

/// Regression on all layers with gradients from random batches of samples.
///
/// With label noise the targets of a step have Gaussian numbers added that are drawn anew at every step.
/// Samples are drawn without replacement: each pass through the data visits every sample once in an order of its own.
/// The loss is that of all samples.
public struct MinibatchFlow: FlowEquation {
  public let start: [Double]
  public let blockSizes: [Int]
  /// How many samples a step sees.
  public let batchSize: Int
  /// The standard deviation of the label noise.
  public let labelNoise: Double

  private let objective: RegressionObjective
  private let samples: RegressionObjective.Samples
  private let generator: SeededGenerator
  private var network: LinearNetwork
  private var chain: ProductChain
  private var gradients: [Matrix]
  private var order: [Int] = []
  private var pass = -1
  private var step = 0

  /// - Precondition: the objective was made from samples, at least as many as a batch has.
  public init(
    _ objective: RegressionObjective, batchSize: Int, labelNoise: Double = 0,
    from network: LinearNetwork, using generator: SeededGenerator
  ) {
    guard let samples = objective.samples else {
      preconditionFailure("covariances have no batches: give inputs and targets")
    }
    precondition(
      batchSize >= 1 && batchSize <= samples.count,
      "a batch of \(batchSize) cannot be drawn from \(samples.count) samples")
    self.objective = objective
    self.samples = samples
    self.batchSize = batchSize
    self.labelNoise = labelNoise
    self.generator = generator
    self.network = network
    chain = ProductChain(widths: network.widths)
    start = network.layers.flatMap(\.elements)
    blockSizes = network.layers.map(\.count)
    gradients = network.layers.map { Matrix(rowCount: $0.rowCount, columnCount: $0.columnCount) }
  }

  public mutating func beginStep(_ number: Int) { step = number }

  public var dependsOnStep: Bool { true }

  public mutating func setVelocity(
    at state: UnsafeBufferPointer<Double>, into velocity: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    network.layers.copyElements(from: state)
    chain.multiply(network)
    let endToEnd = chain.product(of: network)
    let batch = nextBatch()
    let inputs = samples.inputs.selecting(rows: batch)
    var residuals = inputs.timesTransposed(endToEnd) - samples.targets.selecting(rows: batch)
    if labelNoise > 0 { residuals -= noise(rowCount: batch.count) }
    let gradient = inputs.transposedTimes(residuals) / Double(batch.count)
    let value = objective.value(at: endToEnd)
    chain.backpropagate(transposedGradient: gradient, through: network, into: &gradients)
    gradients.writeNegated(to: velocity)
    return value
  }

  /// A stream for each step, whichever step comes first.
  private func noise(rowCount: Int) -> Matrix {
    var own = generator
    var stream = SeededGenerator(seed: own.next() ^ 0x9E37_79B9_7F4A_7C15 &+ UInt64(step))
    return .gaussian(
      rowCount: rowCount, columnCount: samples.targets.columnCount, standardDeviation: labelNoise,
      using: &stream)
  }

  private mutating func nextBatch() -> [Int] {
    let perPass = samples.count / batchSize
    let (passNumber, place) = step.quotientAndRemainder(dividingBy: perPass)
    if passNumber != pass {
      pass = passNumber
      var own = generator
      // A stream for each pass, whichever pass comes first.
      var seeds = SeededGenerator(seed: own.next() &+ UInt64(passNumber))
      order = seeds.permutation(samples.count)
    }
    return Array(order[place * batchSize..<(place + 1) * batchSize]).sorted()
  }

  public func network(of state: [Double]) -> LinearNetwork {
    var result = network
    state.withUnsafeBufferPointer { result.layers.copyElements(from: $0) }
    return result
  }
}
