import DeepLinear

/// The flow that a specification describes; descents discretise it.
enum SimulatedEquation {
  static func equation(of spec: SimulationSpec) throws -> any FlowEquation {
    try make(spec.objective.objective, spec)
  }

  private static func make(
    _ objective: some Objective, _ spec: SimulationSpec
  ) throws -> any FlowEquation {
    let dynamics = spec.dynamics
    switch (dynamics.kind, spec.network.start) {
    case (.flow, .symmetric(let network)), (.descent, .symmetric(let network)):
      if let node = dynamics.batchSize {
        throw node.failure("a symmetric network has no batches; remove the key.")
      }
      for (key, isThere) in [
        ("labelNoise", dynamics.labelNoise != nil), ("weightDecay", dynamics.weightDecay > 0),
        ("layerRates", dynamics.layerRates != nil),
      ] where isThere {
        throw dynamics.node.failure("\(key) is of networks of layers; remove the key.")
      }
      return SymmetricFlow(objective, from: network)
    case (_, .symmetric):
      throw dynamics.node.failure(
        "\(dynamics.kind.rawValue) needs a layered network; use flow or descent, or another network."
      )
    case (.endToEndFlow, .layered(let network)), (.endToEndDescent, .layered(let network)):
      if spec.recording.followed.contains(.layers) {
        throw dynamics.node.failure(
          "\(dynamics.kind.rawValue) follows the end-to-end matrix and has no layers; record endToEnd."
        )
      }
      return try endToEnd(objective, network, dynamics)
    case (.regularizedFlow, .layered(let network)), (.regularizedDescent, .layered(let network)):
      guard network.depth == 2 else {
        throw dynamics.node.failure(
          "\(dynamics.kind.rawValue) has two layers, this network has \(network.depth); use \(dynamics.kind == .regularizedFlow ? "flow" : "descent")."
        )
      }
      return RegularizedFlow(
        objective, imbalance: try imbalance(dynamics.imbalance, network, spec.file),
        penalty: dynamics.penalty, from: network)
    case (_, .layered(let network)):
      return try layered(objective, network, spec)
    }
  }

  private static func layered(
    _ objective: some Objective, _ network: LinearNetwork, _ spec: SimulationSpec
  ) throws -> any FlowEquation {
    let dynamics = spec.dynamics
    let rates = try spec.layerRates()
    if dynamics.batchSize != nil || dynamics.labelNoise != nil {
      let flow = try batches(network, spec)
      return dynamics.weightDecay > 0 ? AdjustedFlow(flow, decay: dynamics.weightDecay) : flow
    }
    let isPlain = dynamics.weightDecay == 0 && rates == nil
    if dynamics.kind == .flow, isPlain { return GuardedFlow(objective, from: network) }
    let flow = NetworkFlow(EndToEndLoss(objective, widths: network.widths), from: network)
    guard dynamics.weightDecay > 0 || (dynamics.kind == .flow && rates != nil) else { return flow }
    // A descent has its rates after its rule, which may undo those of a flow.
    return AdjustedFlow(
      flow, decay: dynamics.weightDecay, rates: dynamics.kind == .flow ? rates : nil)
  }

  /// The end-to-end matrix alone follows a law of its own only when the layers are balanced.
  private static func endToEnd(
    _ objective: some Objective, _ network: LinearNetwork, _ dynamics: DynamicsSpec
  ) throws -> any FlowEquation {
    let share = network.relativeUnbalancedness()
    guard share <= 1e-10 else {
      throw dynamics.node.failure(
        "\(dynamics.kind.rawValue) needs balanced layers, and neighbouring Gram matrices of these differ by \(readable(share)) of the largest ‖W_j‖²; use \(dynamics.kind == .endToEndFlow ? "flow" : "descent"), or initial kind balanced."
      )
    }
    guard dynamics.kind == .endToEndFlow, network.depth > 1,
      let factors = BalancedFactors(of: network)
        ?? BalancedFactors(ofEndToEnd: network.endToEnd(), depth: network.depth)
    else { return EndToEndFlow(objective, depth: network.depth, from: network.endToEnd()) }
    return BalancedFlow(endToEndOf: objective, from: factors)
  }

  /// Λ: that of the start unless given, a number for a multiple of the identity.
  private static func imbalance(
    _ node: SpecNode?, _ network: LinearNetwork, _ file: SpecFile
  ) throws -> Matrix {
    let width = network.layers[0].rowCount
    guard let node else { return network.balanceInvariants()[0] }
    if let number = try? node.number() { return number * .identity(width) }
    let matrix = try file.matrix(node)
    guard matrix.rowCount == width, matrix.columnCount == width else {
      throw node.failure(
        "\(node.name) is \(matrix.shape) but the hidden layer has \(width) units; give a \(width)×\(width) matrix."
      )
    }
    // Λ stands for W₂ᵀW₂ − W₁W₁ᵀ.
    let difference = (matrix - matrix.transposed()).maxAbsolute
    guard difference <= 1e-9 * matrix.maxAbsolute else {
      throw node.failure(
        "\(node.name) is not symmetric, elements across the diagonal differ by up to \(readable(difference)); give a symmetric matrix."
      )
    }
    return matrix.symmetrized()
  }

  private static func batches(
    _ network: LinearNetwork, _ spec: SimulationSpec
  ) throws -> MinibatchFlow {
    let node = spec.dynamics.batchSize ?? spec.dynamics.labelNoise ?? spec.dynamics.node
    guard let objective = spec.objective.objective as? RegressionObjective,
      let samples = objective.samples
    else {
      throw node.failure(
        "\(spec.dynamics.batchSize != nil ? "batches are" : "label noise is") of a regression with inputs and targets; remove the key."
      )
    }
    let size = try spec.dynamics.batchSize?.integer(from: 1) ?? samples.count
    guard size <= samples.count else {
      throw node.failure(
        "a batch of \(size) cannot be drawn from \(samples.count) samples; make it smaller.")
    }
    // A stream of its own: the start has used the seed's first numbers.
    let generator = SeededGenerator(seed: spec.seed &+ 0x5EED)
    return MinibatchFlow(
      objective, batchSize: size,
      labelNoise: try spec.dynamics.labelNoise?.positiveNumber() ?? 0, from: network,
      using: generator)
  }
}

extension SimulationSpec {
  /// A factor for each layer; nil where there are none.
  func layerRates() throws -> [Double]? {
    guard let node = dynamics.layerRates else { return nil }
    let rates = try node.list().map { try $0.positiveNumber() }
    let depth = network.widths.count - 1
    guard rates.count == depth else {
      throw node.failure(
        "\(node.name) has \(rates.count) rates for \(depth) layers; give one each.")
    }
    return rates
  }
}
