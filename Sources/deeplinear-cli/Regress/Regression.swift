import DataFormats
import DeepLinear

/// One run of `regress`: read, fit, write.
struct Regression {
  let command: RegressCommand

  /// Points of the path beyond this many steps are not of interest.
  private static let pathStepLimit = 5000

  func run() throws {
    let start = ContinuousClock.now
    let force = command.shared.force
    var outputs = OutputPaths(overwrite: force)
    try outputs.file(command.results.output, option: "--output")
    try outputs.file(command.results.path, option: "--path", among: [.csv])
    try outputs.file(command.results.predictions, option: "--predictions")
    try outputs.report(command.results.report)
    let inputs = try DataFile.readMatrix(from: command.inputs)
    let targets = try DataFile.readMatrix(from: command.targets)
    let new = try readNew(columnCount: inputs.columnCount)
    Interrupt.watch()
    let fit = try fit(inputs, targets)
    let summary = RegressionSummary(
      command: command, fit: fit, samples: inputs.rowCount,
      seconds: (ContinuousClock.now - start).seconds)
    if let output = command.results.output {
      try DataFile.writeMatrix(fit.coefficients, to: output, overwrite: force)
    }
    if let path = command.results.path { try write(fit.path, to: path) }
    if let new, let predictions = command.results.predictions {
      try DataFile.writeMatrix(fit.predict(new), to: predictions, overwrite: force)
    }
    if let folder = command.results.report {
      try RegressionReport(command: command, fit: fit, summary: summary).write(to: folder)
    }
    if command.shared.json { try JSONOutput.write(summary) } else { print(summary.text) }
    if case .interrupted = fit.outcome { throw Ended.interrupted }
  }

  private func readNew(columnCount: Int) throws -> Matrix? {
    guard let path = command.results.predict else { return nil }
    let new = try DataFile.readMatrix(from: path)
    guard new.columnCount == columnCount else {
      throw BadInput(
        "\(path): its rows have \(new.columnCount) columns but \(command.inputs) has \(columnCount); give the same inputs."
      )
    }
    return new
  }

  private func fit(_ inputs: Matrix, _ targets: Matrix) throws -> ReducedRankRegressor.Fit {
    var bar = ProgressBar("regressing")
    defer { bar.finish() }
    let folds = command.fitting.validation == 0 ? nil : command.fitting.validation
    let rank: ReducedRankRegressor.Rank =
      switch command.fitting.rank {
      case .number(let rank): .fixed(rank)
      case .automatic: folds == nil ? .aboveNoise : .oneStandardError
      }
    let regressor = ReducedRankRegressor(
      rank: rank, hasIntercept: !command.fitting.noIntercept,
      standardizesInputs: command.fitting.standardize,
      weighting: command.fitting.weighOutputs ? .inverseVariance : .identity, foldCount: folds,
      pathStepLimit: Self.pathStepLimit, seed: command.shared.seed)
    do {
      return try regressor.fit(inputs: inputs, targets: targets) { progress in
        bar.show(progress.fraction)
        return !Interrupt.wasAsked
      }
    } catch let failure as ReducedRankRegressor.Failure {
      throw BadInput("\(command.inputs), \(command.targets): \(failure).")
    }
  }

  private func write(_ path: [ReducedRankRegressor.PathPoint], to file: String) throws {
    let width = path.first?.singularValues.count ?? 0
    let rows = path.map { [Double($0.step), $0.loss] + $0.singularValues }
    try DataFile.writeMatrix(
      Matrix(rowCount: rows.count, columnCount: 2 + width, elements: rows.flatMap(\.self)),
      to: file, overwrite: command.shared.force,
      names: TableNames(
        columns: ["step", "loss"] + (0..<width).map { "singularValue\($0 + 1)" }))
  }
}
