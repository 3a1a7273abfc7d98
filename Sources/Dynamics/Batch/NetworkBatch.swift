public import LinearNetworks

/// Many networks of one shape, each with its objective, its start and its step: what ``BatchedDescent`` advances.
public struct NetworkBatch: Sendable {
  /// The widths d₀, …, d_N that all of them have.
  public let widths: [Int]
  /// Where each network begins.
  public let networks: [LinearNetwork]
  /// One objective for all networks, or one for each.
  public let objectives: [any Objective]
  /// η of each network; nil for that of the descent.
  public let stepSizes: [Double]?

  /// Networks on one objective.
  ///
  /// - Precondition: as for ``init(_:objectives:stepSizes:)``.
  public init(
    _ networks: [LinearNetwork], objective: any Objective, stepSizes: [Double]? = nil
  ) {
    self.init(networks, objectives: [objective], stepSizes: stepSizes)
  }

  /// Networks on an objective each.
  ///
  /// - Precondition: at least one network; all have the same widths, which lead from the inputs of every objective
  ///   to its outputs; one objective or as many as networks; as many positive finite steps, where there are any.
  public init(
    _ networks: [LinearNetwork], objectives: [any Objective], stepSizes: [Double]? = nil
  ) {
    precondition(!networks.isEmpty, "a batch needs at least one network")
    let widths = networks[0].widths
    for (index, network) in networks.enumerated() {
      precondition(
        network.widths == widths,
        "network \(index) has widths \(network.widths), not \(widths) as the first of its batch")
    }
    precondition(
      objectives.count == 1 || objectives.count == networks.count,
      "\(objectives.count) objectives are neither one nor one for each of \(networks.count) networks"
    )
    for objective in objectives {
      precondition(
        widths.first == objective.inputCount && widths.last == objective.outputCount,
        "widths \(widths) do not lead from \(objective.inputCount) inputs to \(objective.outputCount) outputs"
      )
    }
    if let stepSizes {
      precondition(
        stepSizes.count == networks.count,
        "\(stepSizes.count) steps are not one for each of \(networks.count) networks")
      for step in stepSizes {
        precondition(step > 0 && step.isFinite, "a step size must be positive, not \(step)")
      }
    }
    self.widths = widths
    self.networks = networks
    self.objectives = objectives
    self.stepSizes = stepSizes
  }

  /// The number of networks.
  public var count: Int { networks.count }

  /// The objective of a network.
  public func objective(of index: Int) -> any Objective {
    objectives.count == 1 ? objectives[0] : objectives[index]
  }
}
