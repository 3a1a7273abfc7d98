public import Dynamics
public import LinearAlgebra
public import LinearNetworks

/// What certificates are about: a loss, a start, how the network moves and, once it has moved, what was
/// recorded.
public struct CertifiedRun: Sendable {
  /// How the network moves.
  public enum Motion: Equatable, Sendable {
    /// Gradient flow on the layers.
    case flow
    /// The flow of the end-to-end matrix, which is that of balanced layers.
    case endToEndFlow
    /// Gradient flow on two layers with a penalty on their imbalance, whose recorded losses have the penalty in
    /// them. When the start has the imbalance that is asked for, the penalty stays zero and this is the flow;
    /// otherwise Λ is what is asked for, where it is known.
    case regularizedFlow(startsBalanced: Bool, imbalance: Matrix? = nil)
    /// Plain gradient descent on the layers.
    case descent(stepSize: Double)
    /// A descent by another rule, or on the end-to-end matrix, in words: no theorem here is about it, but its steps
    /// can be taken again.
    case steps(Descent, onEndToEnd: Bool, String)
    /// Something that no theorem here is about, in words: `"descent with batches"`.
    case other(String)

    var words: String {
      switch self {
      case .flow: "gradient flow"
      case .endToEndFlow: "the flow of the end-to-end matrix"
      case .regularizedFlow: "the regularised flow"
      case .descent: "gradient descent"
      case .steps(_, _, let words), .other(let words): words
      }
    }
  }

  /// What is made small.
  public let objective: any Objective
  /// Where it begins.
  public let start: ExactSolutions.Start
  /// How it moves.
  public let motion: Motion
  /// The relative accuracy of what was recorded: nothing counts as violated for less.
  public let accuracy: Double
  /// What was recorded; nil before the run.
  public let trajectory: Trajectory?

  /// A run, with what was recorded of it where there is something.
  public init(
    objective: any Objective, from start: ExactSolutions.Start, moving motion: Motion,
    accuracy: Double = 1e-9, recorded trajectory: Trajectory? = nil
  ) {
    self.objective = objective
    self.start = start
    self.motion = motion
    self.accuracy = accuracy
    self.trajectory = trajectory
  }
}

/// What a theorem needs, or the sentence that says what is there instead.
enum Requirement<Value> {
  case met(Value)
  case lacking(String)
}

extension CertifiedRun {
  var snapshots: [Snapshot] { trajectory?.snapshots ?? [] }

  /// Whether recorded losses are those of the objective, without a penalty.
  public var recordsPlainLoss: Bool {
    if case .regularizedFlow = motion { false } else { true }
  }

  /// The size of the terms of the loss at a matrix, which may be larger than their sum.
  func lossScale(at w: Matrix) -> Double {
    let zero = Matrix(rowCount: w.rowCount, columnCount: w.columnCount)
    return abs(objective.value(at: w)) + abs(objective.value(at: -w))
      + abs(objective.value(at: zero))
  }

  var startEndToEnd: Matrix {
    switch start {
    case .layered(let network): network.endToEnd()
    case .symmetric(let factor): factor.timesTransposed(factor)
    }
  }

  /// The layers that follow gradient flow.
  ///
  /// Those of the flow of an end-to-end matrix are balanced, and as wide as it takes.
  func flowingLayers(atLeast depth: Int = 1) throws -> Requirement<LinearNetwork> {
    guard
      motion == .flow || motion == .endToEndFlow || motion == .regularizedFlow(startsBalanced: true)
    else {
      return .lacking("needs gradient flow on the layers, and this is \(motion.words)")
    }
    guard case .layered(let network) = start else {
      return .lacking("needs a network of layers, and this one is U Uᵀ")
    }
    guard network.depth >= depth else {
      return .lacking("needs \(depth) layers or more, and there is \(network.depth)")
    }
    guard motion == .endToEndFlow else { return .met(network) }
    return .met(try Self.balanced(network.endToEnd(), depth: network.depth))
  }

  /// The layers at a recorded point: those recorded or, for a flow of balanced layers, those of the recorded
  /// end-to-end matrix up to a rotation of the hidden units; nil where neither is known.
  func layers(at point: Snapshot) throws -> [Matrix]? {
    if let layers = point.layers { return layers }
    guard let w = point.endToEnd, case .layered(let network) = start else { return nil }
    guard motion == .endToEndFlow || network.isBalanced else { return nil }
    return try Self.balanced(w, depth: network.depth).layers
  }

  /// Balanced layers, as wide as it takes.
  private static func balanced(_ w: Matrix, depth: Int) throws -> LinearNetwork {
    let width = min(w.rowCount, w.columnCount)
    return try .balanced(
      endToEnd: w, hiddenWidths: [Int](repeating: width, count: depth - 1))
  }

  /// The layers that follow plain descent, and the step.
  func descendingLayers(exactly depth: Int? = nil) -> Requirement<(LinearNetwork, Double)> {
    guard case .descent(let stepSize) = motion else {
      return .lacking("needs plain gradient descent, and this is \(motion.words)")
    }
    guard case .layered(let network) = start else {
      return .lacking("needs a network of layers, and this one is U Uᵀ")
    }
    guard depth.map({ $0 == network.depth }) ?? true else {
      return .lacking("needs \(depth ?? 0) layers, and there \(Self.count(network.depth))")
    }
    return .met((network, stepSize))
  }

  /// The quadratic loss with known coefficients.
  var quadratic: Requirement<QuadraticProblem> {
    guard let problem = QuadraticProblem(objective) else {
      return .lacking("needs a regression or a factorization, and the objective is of another kind")
    }
    return .met(problem)
  }

  /// The weights of the start, U alone for W = U Uᵀ.
  var startWeights: [Matrix] {
    switch start {
    case .layered(let network): network.layers
    case .symmetric(let factor): [factor]
    }
  }

  var isSymmetric: Bool {
    if case .symmetric = start { true } else { false }
  }

  /// W for weights as they are recorded.
  func endToEnd(of weights: [Matrix]) -> Matrix {
    isSymmetric
      ? weights[0].timesTransposed(weights[0])
      : weights.dropFirst().reduce(weights[0]) { $1 * $0 }
  }

  static func count(_ number: Int) -> String { number == 1 ? "is 1" : "are \(number)" }
}

extension LinearNetwork {
  /// The unbalancedness relative to the largest ‖W_j‖²_F; zero for zeros.
  var relativeUnbalancedness: Double {
    let largest = layers.map { $0.inner($0) }.max() ?? 0
    return largest > 0 ? unbalancedness() / largest : 0
  }

  /// Whether the layers are balanced up to rounding.
  var isBalanced: Bool { relativeUnbalancedness <= 1e-10 }
}
