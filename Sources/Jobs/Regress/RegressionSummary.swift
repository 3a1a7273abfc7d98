import DeepLinear

/// What `regress` says about a run, as JSON and as text.
public struct RegressionSummary: Encodable {
  package struct RankSummary: Encodable {
    package var rank: Int
    package var loss: Double
    package var validationLoss: Double?
    package var standardError: Double?
  }

  package struct PathSummary: Encodable {
    package var step: Int
    package var loss: Double
    package var singularValues: [Double]
  }

  package var samples: Int
  package var inputs: Int
  package var outputs: Int
  package var rank: Int
  package var outcome: String
  package var seconds: Double
  package var trainingError: Double
  package var validationError: Nullable<Double>
  package var intercept: [Double]
  /// The exact solution of every rank.
  package var ranks: [RankSummary]
  /// What training visits.
  package var path: [PathSummary]
  package var seed: UInt64
  package var output: String?
  package var pathOutput: String?
  package var predictions: String?
  package var report: String?

  init(
    request: Regression, fit: ReducedRankRegressor.Fit, samples: Int, seconds: Double
  ) {
    self.samples = samples
    inputs = fit.coefficients.columnCount
    outputs = fit.coefficients.rowCount
    rank = fit.rank
    outcome = fit.outcome.kind
    self.seconds = seconds
    trainingError = fit.trainingError
    validationError = Nullable(fit.validationError)
    intercept = fit.intercept
    ranks = fit.ranks.map {
      RankSummary(
        rank: $0.rank, loss: $0.loss, validationLoss: $0.validationLoss,
        standardError: $0.standardError)
    }
    path = fit.path.map {
      PathSummary(step: $0.step, loss: $0.loss, singularValues: $0.singularValues)
    }
    seed = request.seed ?? 0
    output = request.output
    pathOutput = request.path
    predictions = request.predictions
    report = request.report
  }
}
