public import Dynamics
import LinearAlgebra
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
    /// them. When the start has the imbalance that is asked for, the penalty stays zero and this is the flow.
    case regularizedFlow(startsBalanced: Bool)
    /// Plain gradient descent on the layers.
    case descent(stepSize: Double)
    /// Something that no theorem here is about, in words: `"descent with momentum"`.
    case other(String)

    var words: String {
      switch self {
      case .flow: "gradient flow"
      case .endToEndFlow: "the flow of the end-to-end matrix"
      case .regularizedFlow: "the regularised flow"
      case .descent: "gradient descent"
      case .other(let words): words
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
    let width = min(network.inputCount, network.outputCount)
    let hidden = [Int](repeating: width, count: network.depth - 1)
    return .met(try .balanced(endToEnd: network.endToEnd(), hiddenWidths: hidden))
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

  static func count(_ number: Int) -> String { number == 1 ? "is 1" : "are \(number)" }
}
