public import LinearAlgebra
import LinearNetworks

extension ExactSolutions {
  /// Gradient descent of one layer in closed form.
  ///
  /// - Parameters:
  ///   - problem: the problem.
  ///   - start: a network of one layer.
  ///   - stepSize: η.
  ///   - steps: whole numbers of steps.
  ///   - quantities: what each snapshot holds beside its loss.
  ///   - loss: the loss of a matrix; that of the problem where nil.
  /// - Throws: ``NoExactSolution`` for more layers, `DecompositionError` for numbers that are not finite.
  /// - SeeAlso: Equation 33 of [gidel2019], corrected; see ``LinearModel``.
  public static func solveDescent(
    _ problem: QuadraticProblem, from start: Start, stepSize: Double, at steps: [Int],
    quantities: Set<Recording.Quantity> = [.endToEnd, .singularValues],
    loss: ((Matrix) -> Double)? = nil
  ) throws -> ExactSolution {
    problem.requireShape(of: start)
    let solver = ExactSolver(
      problem: problem, start: start, times: steps.map(Double.init), quantities: quantities,
      tolerance: 1e-10, loss: loss ?? problem.loss)
    return try solver.linearDescent(stepSize: stepSize)
  }

  /// The flow of two layers with the penalty ⅛ ‖W₂ᵀW₂ − W₁W₁ᵀ − λ₀ 1‖² in closed form, from any start.
  ///
  /// Recorded losses have the penalty in them.
  ///
  /// - Parameters:
  ///   - problem: a problem with inputs of unit variance, such as a factorization.
  ///   - start: a network of two layers.
  ///   - imbalance: λ₀.
  ///   - times: flow times, from 0.
  ///   - quantities: what each snapshot holds beside its loss.
  ///   - loss: the loss of a matrix; that of the problem where nil.
  /// - Throws: ``NoExactSolution`` with the hypotheses that fail.
  /// - SeeAlso: Equation 20 and Proposition 5 of [tarmoun2021]: the penalty makes the stacked factor's equation
  ///   R′ = (S − ½ R Rᵀ) R hold from any start.
  public static func solveRegularized(
    _ problem: QuadraticProblem, from start: Start, imbalance: Double, at times: [Double],
    quantities: Set<Recording.Quantity> = [.endToEnd, .singularValues],
    loss: ((Matrix) -> Double)? = nil
  ) throws -> ExactSolution {
    problem.requireShape(of: start)
    let solver = ExactSolver(
      problem: problem, start: start, times: times, quantities: quantities, tolerance: 1e-10,
      loss: loss ?? problem.loss)
    return try solver.regularizedFactorization(imbalance: imbalance)
  }
}

extension ExactSolver {
  func linearDescent(stepSize: Double) throws -> ExactSolution {
    guard case .layered(let network) = start, network.depth == 1 else {
      throw refusal(.linearDescent, [layers("layers beyond one", 1)])
    }
    let model = try LinearModel(
      inputCovariance: problem.inputCovariance, crossCovariance: problem.crossCovariance)
    return solution(.linearDescent, []) { time in
      let layer = model.descent(from: network.layers[0], stepSize: stepSize, after: Int(time))
      return State(network: LinearNetwork(fitting: [layer]), endToEnd: layer)
    }
  }

  func regularizedFactorization(imbalance: Double) throws -> ExactSolution {
    let white = problem.whiteVariance
    let hypotheses = [
      layers("layers more or fewer than two", 2),
      Hypothesis("inputs are white", measured: white.deviation, allowed: tolerance),
      Hypothesis("inputs have unit variance", measured: abs(white.mean - 1), allowed: tolerance),
    ]
    guard case .layered(let network) = start, hypotheses.allSatisfy(\.holds) else {
      throw refusal(.regularizedFactorization, hypotheses)
    }
    let width = network.layers[0].rowCount
    let flow = try ImbalancedFactorization(
      target: problem.crossCovariance, imbalance: imbalance,
      stacked: .verticallyStacked([network.layers[1], network.layers[0].transposed()]))
    func penalty(_ network: LinearNetwork) -> Double {
      let excess = network.balanceInvariants()[0] - imbalance * .identity(width)
      return excess.inner(excess) / 8
    }
    return try solution(
      .regularizedFactorization, hypotheses, determinesLayers: false, startPenalty: penalty(network)
    ) { time in
      let layers = try flow.layers(at: time)
      let moved = LinearNetwork(fitting: [
        layers.lower.transposed().padded(toColumns: width).transposed(),
        layers.upper.padded(toColumns: width),
      ])
      return State(
        network: moved, endToEnd: layers.upper * layers.lower, penalty: penalty(moved))
    }
  }

  private func layers(_ name: String, _ count: Int) -> Hypothesis {
    let depth = if case .layered(let network) = start { network.depth } else { 0 }
    return Hypothesis(name, measured: abs(Double(depth - count)), allowed: 0)
  }

  private func refusal(_ method: ExactSolution.Method, _ hypotheses: [Hypothesis])
    -> NoExactSolution
  {
    NoExactSolution(attempts: [.init(method: method, hypotheses: hypotheses)])
  }

  private func solution(
    _ method: ExactSolution.Method, _ hypotheses: [Hypothesis], determinesLayers: Bool = true,
    startPenalty: Double = 0, state: (Double) throws -> State
  ) rethrows -> ExactSolution {
    switch try solved(
      method, hypotheses, determinesLayers: determinesLayers, startPenalty: startPenalty,
      state: state)
    {
    case .solved(let solution): return solution
    default: preconditionFailure("a closed form that applies has a solution")
    }
  }
}
