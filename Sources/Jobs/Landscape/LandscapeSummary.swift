import DeepLinear

/// What `landscape` says, as JSON and as text.
public struct LandscapeSummary: Encodable {
  package struct Curve: Encodable {
    package var depth: Int
    package var radius: Double
    /// ∮⟨P(W)[∇ℓ], dW⟩.
    package var endToEndIntegral: Double
    /// ∮⟨∇ℓ, dW⟩.
    package var gradientIntegral: Double
    /// The first over ∮‖P(W)[∇ℓ]‖‖dW‖.
    package var share: Double
  }

  package var specification: String
  package var objective: String
  package var widths: [Int]
  package var weights: Int
  package var seed: UInt64
  /// The recorded time it stands at; null at the start.
  package var time: Nullable<Double>
  package var loss: Double
  package var minimumLoss: Nullable<Double>
  package var gradientNorm: Double
  package var endToEndGradientNorm: Double
  /// `notStationary`, `strictSaddle`, `nonStrictSaddle`, `globalMinimum`, `undecided`, or `unknown` for a loss that is not
  /// convex or too many weights.
  package var kind: String
  package var smallestCurvature: Double
  package var largestCurvature: Double
  /// Of the Hessian's eigenvalues, with what is within rounding of zero apart; null for too many weights.
  package var negativeCount: Nullable<Int>
  package var zeroCount: Nullable<Int>
  package var positiveCount: Nullable<Int>
  package var singularValues: [Double]
  package var rank: Int
  /// The distance of W from the nearest matrix of the rank below.
  package var distanceToRankBelow: Double
  package var unbalancedness: Double
  package var curve: Curve
  package var seconds: Double
  package var output: String?
  package var report: String?

  init(
    _ measures: LandscapeMeasures, of spec: SimulationSpec, time: Double?,
    request: LandscapeAnalysis, seconds: Double
  ) {
    specification = spec.file.path
    objective = spec.objective.kind
    widths = spec.network.widths
    weights = measures.layers.reduce(0) { $0 + $1.count }
    seed = spec.seed
    self.time = Nullable(time)
    loss = measures.loss
    let least = try? spec.objective.objective.minimum(over: spec.network.endToEndClass)
    minimumLoss = Nullable(least?.value.finite)
    gradientNorm = measures.gradientNorm
    endToEndGradientNorm = measures.endToEndGradientNorm
    kind =
      switch measures.kind {
      case .some(.none): "notStationary"
      case .strictSaddle: "strictSaddle"
      case .nonStrictSaddle: "nonStrictSaddle"
      case .globalMinimum: "globalMinimum"
      case .undecided: "undecided"
      case nil: "unknown"
      }
    smallestCurvature = measures.smallestCurvature
    largestCurvature = measures.largestCurvature
    let tolerance = 1e-9 * max(abs(smallestCurvature), abs(largestCurvature))
    negativeCount = Nullable(measures.eigenvalues?.count { $0 < -tolerance })
    zeroCount = Nullable(measures.eigenvalues?.count { abs($0) <= tolerance })
    positiveCount = Nullable(measures.eigenvalues?.count { $0 > tolerance })
    singularValues = measures.singularValues
    rank = measures.rank
    distanceToRankBelow = measures.rank > 0 ? measures.singularValues[measures.rank - 1] : 0
    unbalancedness = GramDifferences.of(measures.layers).map(\.frobeniusNorm).max() ?? 0
    curve = Curve(
      depth: measures.curve.depth, radius: measures.curve.radius,
      endToEndIntegral: measures.curve.endToEnd, gradientIntegral: measures.curve.gradient,
      share: measures.curve.largest > 0 ? measures.curve.endToEnd / measures.curve.largest : 0)
    self.seconds = seconds
    output = request.output
    report = request.report
  }
}
