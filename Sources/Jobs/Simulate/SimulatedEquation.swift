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
      return SymmetricFlow(objective, from: network)
    case (_, .symmetric):
      throw dynamics.node.failure(
        "\(dynamics.kind.rawValue) needs a layered network; use flow or descent, or another network."
      )
    case (.endToEndFlow, .layered(let network)), (.endToEndDescent, .layered(let network)):
      if spec.recording.quantities.contains(.layers) {
        throw dynamics.node.failure(
          "\(dynamics.kind.rawValue) follows the end-to-end matrix and has no layers; record endToEnd."
        )
      }
      return try endToEnd(objective, network, dynamics)
    case (.regularizedFlow, .layered(let network)):
      guard network.depth == 2 else {
        throw dynamics.node.failure(
          "regularizedFlow has two layers, this network has \(network.depth); use flow.")
      }
      return RegularizedFlow(
        objective, imbalance: try imbalance(dynamics.imbalance, network, spec.file), from: network)
    case (_, .layered(let network)):
      if let node = dynamics.batchSize { return try batches(node, network, spec) }
      return dynamics.kind == .flow
        ? GuardedFlow(objective, from: network)
        : NetworkFlow(EndToEndLoss(objective, widths: network.widths), from: network)
    }
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
    _ node: SpecNode, _ network: LinearNetwork, _ spec: SimulationSpec
  ) throws -> any FlowEquation {
    let size = try node.integer(from: 1)
    guard let objective = spec.objective.objective as? RegressionObjective,
      let samples = objective.samples
    else {
      throw node.failure("batches are of a regression with inputs and targets; remove the key.")
    }
    guard size <= samples.count else {
      throw node.failure(
        "a batch of \(size) cannot be drawn from \(samples.count) samples; make it smaller.")
    }
    // A stream of its own: the start has used the seed's first numbers.
    let generator = SeededGenerator(seed: spec.seed &+ 0x5EED)
    return MinibatchFlow(objective, batchSize: size, from: network, using: generator)
  }
}
