import DeepLinear

/// What `regress` says about a run, as JSON and as text.
struct RegressionSummary: Encodable {
  struct RankSummary: Encodable {
    var rank: Int
    var loss: Double
    var validationLoss: Double?
    var standardError: Double?
  }

  struct PathSummary: Encodable {
    var step: Int
    var loss: Double
    var singularValues: [Double]
  }

  var samples: Int
  var inputs: Int
  var outputs: Int
  var rank: Int
  var outcome: String
  var seconds: Double
  var trainingError: Double
  var validationError: Nullable<Double>
  var intercept: [Double]
  /// The exact solution of every rank.
  var ranks: [RankSummary]
  /// What training visits.
  var path: [PathSummary]
  var seed: UInt64
  var output: String?
  var pathOutput: String?
  var predictions: String?
  var report: String?

  init(
    command: RegressCommand, fit: ReducedRankRegressor.Fit, samples: Int, seconds: Double
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
    seed = command.shared.seed
    output = command.results.output
    pathOutput = command.results.path
    predictions = command.results.predictions
    report = command.results.report
  }

  var text: String {
    var lines = [
      "\(samples) samples, \(inputs) inputs, \(outputs) outputs: rank \(rank)",
      "error on the samples: \(readable(trainingError))"
        + (validationError.value.map { ", on samples left out: \(readable($0))" } ?? ""),
      "", "rank   loss         left out     standard error",
    ]
    for point in ranks {
      let cells = [
        point.rank == rank ? "\(point.rank) *" : "\(point.rank)", readable(point.loss),
        point.validationLoss.map(readable) ?? "", point.standardError.map(readable) ?? "",
      ]
      var line = ""
      for (cell, width) in zip(cells, [7, 13, 13, 0]) {
        line += cell + String(repeating: " ", count: max(width - cell.count, 0))
      }
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    let files = [output, pathOutput, predictions, report.map { "\($0)/index.html" }]
      .compactMap(\.self)
    lines += [
      "",
      files.isEmpty
        ? "written: nothing; --output FILE keeps the coefficients"
        : "written: \(files.joined(separator: ", "))",
    ]
    return lines.joined(separator: "\n")
  }
}
