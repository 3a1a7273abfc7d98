import LinearAlgebra
import LinearNetworks

/// One problem with its start and recording, on which the closed forms are tried one after the other.
struct ExactSolver {
  enum Verdict {
    case solved(ExactSolution)
    case fails(NoExactSolution.Attempt)
    /// The closed form is for another kind of network or depth: nothing to report.
    case otherKind
  }

  let problem: QuadraticProblem
  let start: ExactSolutions.Start
  let times: [Double]
  let quantities: Set<Recording.Quantity>
  let tolerance: Double
  let loss: (Matrix) -> Double

  func linearModel() throws -> Verdict {
    guard case .layered(let network) = start, network.depth == 1 else { return .otherKind }
    let model = try LinearModel(
      inputCovariance: problem.inputCovariance, crossCovariance: problem.crossCovariance)
    return solved(.linearModel, []) { time in
      let layer = model.flow(from: network.layers[0], at: time)
      return State(network: LinearNetwork(fitting: [layer]), endToEnd: layer)
    }
  }

  func spectralModes() throws -> Verdict {
    guard case .layered(let network) = start, network.depth > 1 else { return .otherKind }
    var (modes, hypotheses) = try SpectralModes.find(
      inputCovariance: problem.inputCovariance, crossCovariance: problem.crossCovariance,
      network: network, tolerance: tolerance)
    if let end = modes?.blowUpTime {
      hypotheses.append(
        Hypothesis(
          "time at which the solution becomes infinite", measured: end,
          moreThan: times.max() ?? 0))
    }
    guard let modes, hypotheses.allSatisfy(\.holds) else {
      return .fails(.init(method: .spectralModes, hypotheses: hypotheses))
    }
    let count = min(network.inputCount, network.outputCount)
    return solved(.spectralModes, hypotheses) { time in
      let current = modes.modes(at: time)
      let values = current.map { abs($0.endToEnd) }.sorted(by: >)
      return State(
        network: modes.network(current), endToEnd: modes.endToEnd(current),
        singularValues: values + [Double](repeating: 0, count: count - values.count))
    }
  }

  func symmetricRiccati() throws -> Verdict {
    guard case .symmetric(let factor) = start else { return .otherKind }
    var hypotheses: [Hypothesis] = []
    // ‖Y − UUᵀ‖² differs by a constant from the same with the symmetric part of Y.
    let target: Matrix
    switch problem {
    case .factorization(let matrix): target = matrix.symmetrized()
    case .regression:
      let white = problem.whiteVariance
      hypotheses.append(
        Hypothesis("inputs are white", measured: white.deviation, allowed: tolerance))
      hypotheses.append(
        Hypothesis("inputs have unit variance", measured: abs(white.mean - 1), allowed: tolerance))
      target = problem.crossCovariance.symmetrized()
    }
    guard hypotheses.allSatisfy(\.holds) else {
      return .fails(.init(method: .symmetricRiccati, hypotheses: hypotheses))
    }
    let riccati = try SymmetricRiccati(target: target, factor: factor)
    return try solved(.symmetricRiccati, hypotheses, determinesLayers: false) { time in
      let u = try riccati.factor(at: time).padded(toColumns: factor.columnCount)
      return State(
        network: LinearNetwork(fitting: [u.transposed(), u]),
        endToEnd: u.timesTransposed(u).symmetrized())
    }
  }

  func imbalancedFactorization() throws -> Verdict {
    guard case .layered(let network) = start, network.depth == 2 else { return .otherKind }
    let white = problem.whiteVariance
    let (lower, upper) = (network.layers[0], network.layers[1])
    let difference = upper.transposedTimes(upper) - lower.timesTransposed(lower)
    let width = lower.rowCount
    let imbalance = difference.trace / Double(width)
    let scale = max(
      upper.transposedTimes(upper).maxAbsolute, lower.timesTransposed(lower).maxAbsolute)
    let deviation = (difference - imbalance * Matrix.identity(width)).maxAbsolute
    let hypotheses = [
      Hypothesis("inputs are white", measured: white.deviation, allowed: tolerance),
      Hypothesis(
        "W₂ᵀW₂ − W₁W₁ᵀ is a multiple of the identity",
        measured: deviation == 0 ? 0 : deviation / scale, allowed: tolerance),
    ]
    guard hypotheses.allSatisfy(\.holds), white.mean > 0 else {
      return .fails(.init(method: .imbalancedFactorization, hypotheses: hypotheses))
    }
    // With Σx = c 1 the loss is c times that of the factorization of Σyx/c: time runs c times as fast.
    let solution = try ImbalancedFactorization(
      target: problem.crossCovariance / white.mean, imbalance: imbalance,
      stacked: .verticallyStacked([upper, lower.transposed()]))
    return try solved(.imbalancedFactorization, hypotheses, determinesLayers: false) { time in
      let layers = try solution.layers(at: white.mean * time)
      let upper = layers.upper.padded(toColumns: width)
      let lower = layers.lower.transposed().padded(toColumns: width).transposed()
      return State(
        network: LinearNetwork(fitting: [lower, upper]), endToEnd: layers.upper * layers.lower)
    }
  }

  /// The solution at one time; singular values are computed unless given.
  struct State {
    var network: LinearNetwork
    var endToEnd: Matrix
    var singularValues: [Double]?
    /// What the loss has beside that of the end-to-end matrix.
    var penalty = 0.0
  }

  func solved(
    _ method: ExactSolution.Method, _ hypotheses: [Hypothesis], determinesLayers: Bool = true,
    startPenalty: Double = 0, state: (Double) throws -> State
  ) rethrows -> Verdict {
    var snapshots: [Snapshot] = []
    var last = startNetwork
    for time in times {
      // At time 0 the start itself, to the bit.
      var now =
        time == 0
        ? State(network: startNetwork, endToEnd: startEndToEnd, penalty: startPenalty)
        : try state(time)
      if quantities.contains(.singularValues), now.singularValues == nil {
        now.singularValues = now.network.singularValues()
      }
      snapshots.append(
        Snapshot(
          time: time, loss: loss(now.endToEnd) + now.penalty,
          singularValues: quantities.contains(.singularValues) ? now.singularValues : nil,
          endToEnd: quantities.contains(.endToEnd) ? now.endToEnd : nil,
          layers: quantities.contains(.layers) ? now.network.layers : nil,
          unbalancedness: quantities.contains(.unbalancedness)
            ? now.network.unbalancedness() : nil))
      last = now.network
    }
    return .solved(
      ExactSolution(
        method: method, recognition: problem.recognition, hypotheses: hypotheses,
        trajectory: Trajectory(
          snapshots: snapshots, outcome: .ended, finalNetwork: last, stepCount: 0),
        determinesLayers: determinesLayers))
  }

  private var startNetwork: LinearNetwork {
    switch start {
    case .layered(let network): network
    case .symmetric(let factor): LinearNetwork(fitting: [factor.transposed(), factor])
    }
  }

  private var startEndToEnd: Matrix {
    switch start {
    case .layered(let network): network.endToEnd()
    case .symmetric(let factor): factor.timesTransposed(factor).symmetrized()
    }
  }
}

extension Matrix {
  /// The matrix with columns of zeros added on the right.
  func padded(toColumns count: Int) -> Matrix {
    guard count > columnCount else { return self }
    return .horizontallyStacked([
      self, Matrix(rowCount: rowCount, columnCount: count - columnCount),
    ])
  }
}
