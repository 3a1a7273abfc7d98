import Dynamics
import LinearAlgebra
import LinearNetworks

/// Points along the descent of a deep network that fills in a matrix, in the units of the data.
public struct CompletionPath: Equatable, Sendable {
  /// What is recorded at a step.
  public struct Point: Equatable, Sendable {
    /// How many steps were taken.
    public var step: Int
    /// The root mean square error on the entries the network is trained on.
    public var trainingError: Double
    /// The root mean square error on the entries held out, where there are any.
    public var holdoutError: Double?
    /// The largest singular values of the end-to-end matrix, descending.
    public var singularValues: [Double]
  }

  /// What was recorded, in the order of steps.
  public var points: [Point] = []
  /// The step the result started from, where the path was left before its end.
  public var chosenStep: Int?

  /// A path of known points.
  public init(points: [Point] = [], chosenStep: Int? = nil) {
    self.points = points
    self.chosenStep = chosenStep
  }
}

/// Gradient descent of a deep linear network on the known entries, from near zero.
///
/// Values are expected to have mean square one.
struct PathDescent {
  let depth: Int
  let width: Int
  /// The singular values of the first end-to-end matrix, in units of √(rows · columns).
  let initialScale: Double
  /// Singular values are recorded every so many steps; nil records nothing.
  let recordingInterval: Int?
  /// Whether hardly any progress over the last hundred steps ends it.
  var endsOnPlateau = true

  private(set) var network: LinearNetwork
  private(set) var stepCount = 0
  private(set) var points: [CompletionPath.Point] = []
  /// The mean square of the residuals at the last point.
  private(set) var meanSquare = 1.0
  private(set) var isExhausted = false
  private var recentMeanSquares: [Double] = []

  init(
    rowCount: Int, columnCount: Int, depth: Int, width: Int, initialScale: Double,
    recordingInterval: Int?, using generator: inout SeededGenerator
  ) {
    self.depth = depth
    self.width = width
    self.initialScale = initialScale
    self.recordingInterval = recordingInterval
    let widths =
      [columnCount] + [Int](repeating: width, count: depth - 1) + [rowCount]
    network = .balanced(
      widths: widths, scale: initialScale * Double(rowCount * columnCount).squareRoot(),
      using: &generator)
  }

  /// How long the path may be without the loss falling by ``plateauFall``.
  private static let plateauLength = 100
  private static let plateauFall = 0.02

  enum Verdict { case goOn, enough, cancel }

  /// Goes on until the mean square of the residuals is at most the target, the path is exhausted (so many
  /// steps, or hardly any progress over the last hundred), or an observer has seen enough.
  ///
  /// - Returns: false when it was cancelled.
  mutating func descend(
    _ entries: ObservedEntries, pattern: ObservedPattern, untilMeanSquare target: Double,
    stepLimit: Int, observe: (LinearNetwork, Int, Double) -> Verdict
  ) -> Bool {
    if depth == 1 {
      var loss = EndToEndLoss(CompletionObjective(entries), widths: network.widths)
      return run(&loss, until: target, stepLimit: stepLimit, observe: observe)
    }
    var loss = SparseCompletionLoss(entries, pattern: pattern, widths: network.widths)
    return run(&loss, until: target, stepLimit: stepLimit, observe: observe)
  }

  private mutating func run(
    _ loss: inout some NetworkLoss, until target: Double, stepLimit: Int,
    observe: (LinearNetwork, Int, Double) -> Verdict
  ) -> Bool {
    guard stepCount < stepLimit else {
      isExhausted = true
      return true
    }
    let descent = GradientDescent(targetLoss: target / 2, stepLimit: stepLimit - stepCount)
    let before = stepCount
    var recent = recentMeanSquares
    var recorded = points
    var isFlat = false
    let interval = recordingInterval
    let endsOnPlateau = endsOnPlateau
    let trajectory = descent.run(&loss, from: network) { progress in
      let step = before + progress.step
      let meanSquare = 2 * progress.loss
      if let interval, step % interval == 0 {
        recorded.append(
          CompletionPath.Point(
            step: step, trainingError: meanSquare.squareRoot(), holdoutError: nil,
            singularValues: progress.network.singularValues()))
      }
      recent.append(meanSquare)
      if endsOnPlateau, recent.count > Self.plateauLength,
        meanSquare < 0.9,
        meanSquare > (1 - Self.plateauFall) * recent[recent.count - 1 - Self.plateauLength]
      {
        isFlat = true
        return .enough
      }
      switch observe(progress.network, step, meanSquare) {
      case .goOn: return .goOn
      case .enough: return .enough
      case .cancel: return .interrupt
      }
    }
    points = recorded
    recentMeanSquares = recent
    network = trajectory.finalNetwork
    stepCount = before + trajectory.stepCount
    meanSquare = 2 * (trajectory.losses.last ?? 0.5)
    switch trajectory.outcome {
    case .converged, .ended: isExhausted = isFlat
    case .interrupted: return false
    case .stepLimit, .stalled, .diverged, .stiff: isExhausted = true
    }
    return true
  }
}
