import DeepLinear

/// What `modes` says, as JSON and as text.
public struct ModeSummary: Encodable {
  package struct OneMode: Encodable {
    /// From 1, by σ.
    package var mode: Int
    /// σ.
    package var correlation: Double
    /// λ.
    package var variance: Double
    /// σ/λ.
    package var limit: Nullable<Double>
    /// σ²/λ.
    package var gain: Nullable<Double>
    /// The place, from 1, at which reduced-rank optima take it.
    package var placeInOptima: Int
    /// The flow time at which it has half of its limit.
    package var halfRiseTime: Nullable<Double>
    /// The steps of descent for the same.
    package var halfRiseSteps: Nullable<Int>
  }

  /// A number of modes learned, beside the best matrix of that rank.
  package struct Plateau: Encodable {
    package var learned: Int
    package var loss: Nullable<Double>
    package var optimumLoss: Double
  }

  package var inputs: [String]
  package var samples: Nullable<Int>
  /// d₀.
  package var inputDimension: Int
  /// d_N.
  package var outputDimension: Int
  package var classes: Nullable<Int>
  package var centering: Nullable<String>
  package var depth: Int
  package var start: Double
  package var step: Double
  package var largestStableStep: Nullable<Double>
  /// ‖B‖_F.
  package var offDiagonalNorm: Double
  /// ‖B‖_F/‖Σx‖_F.
  package var offDiagonalShare: Double
  package var commutatorShare: Double
  package var distanceFromWhite: Double
  package var ordersAgree: Bool
  package var firstDisagreement: Nullable<Int>
  /// Whether losses are those of the data, and not relative to W = 0.
  package var hasLosses: Bool
  package var modes: [OneMode]
  package var plateaus: [Plateau]
  package var seconds: Double
  package var output: String?
  package var report: String?

  init(
    _ modes: ProblemModes, _ prediction: LearningPrediction, of problem: MeasuredProblem,
    largestStableStep: Double, request: ModeAnalysis, seconds: Double
  ) {
    inputs = request.inputs.map(\.name)
    samples = Nullable(problem.samples)
    inputDimension = problem.inputCovariance.rowCount
    outputDimension = problem.crossCovariance.rowCount
    classes = Nullable(problem.classes)
    centering = Nullable(
      problem.samples.map { _ in (request.centering ?? .none).rawValue })
    depth = request.settledDepth
    start = request.settledStart
    step = prediction.stepSize
    self.largestStableStep = Nullable(largestStableStep.finite)
    offDiagonalNorm = modes.offDiagonal.frobeniusNorm
    offDiagonalShare = modes.offDiagonalShare
    commutatorShare = modes.commutatorShare
    distanceFromWhite = modes.distanceFromWhite
    let first = modes.firstDisagreement
    ordersAgree = first == nil
    firstDisagreement = Nullable(first.map { $0 + 1 })
    hasLosses = problem.initialLoss != nil
    let optimal = modes.orders.optimal
    self.modes = modes.modes.enumerated().map { index, mode in
      OneMode(
        mode: index + 1, correlation: mode.target, variance: mode.curvature,
        limit: Nullable(mode.limit.finite), gain: Nullable(mode.gain.finite),
        placeInOptima: (optimal.firstIndex(of: index) ?? index) + 1,
        halfRiseTime: Nullable(prediction.times[index]?.finite),
        halfRiseSteps: Nullable(prediction.steps[index]))
    }
    let initial = problem.initialLoss ?? 0
    plateaus = zip(modes.plateauReductions, modes.optimumReductions).enumerated().map {
      Plateau(
        learned: $0, loss: Nullable((initial - $1.0).finite), optimumLoss: initial - $1.1)
    }
    self.seconds = seconds
    output = request.output
    report = request.report
  }
}
