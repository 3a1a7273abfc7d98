public import DataFormats
import DeepLinear
public import Records

/// A regression.
public struct RegressionResult: JobResult {
  let request: Regression
  let context: JobContext
  let fit: ReducedRankRegressor.Fit
  let predictions: Matrix?
  let predictionNames: TableNames
  public let summary: RegressionSummary

  public var ending: JobEnding { fit.outcome.wasInterrupted ? .interrupted : .done }

  /// `coefficients`, outputs × inputs, `intercept`, and `predictions` for new inputs.
  public func arrays() throws -> NPZArchive {
    var arrays = NPZArchive([
      .init(name: "coefficients", array: NPYArray(fit.coefficients)),
      .init(name: "intercept", array: NPYArray(fit.intercept)),
    ])
    if let predictions { arrays["predictions"] = NPYArray(predictions) }
    return arrays
  }

  public func record() throws -> Record { RegressionReport(result: self).record }

  public func write() throws {
    let force = request.force ?? false
    if let output = request.output {
      try DataFile.writeMatrix(fit.coefficients, to: output, overwrite: force)
    }
    if let path = request.path { try write(fit.path, to: path) }
    if let predictions, let file = request.predictions {
      try DataFile.writeMatrix(predictions, to: file, overwrite: force, names: predictionNames)
    }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }

  private func write(_ path: [ReducedRankRegressor.PathPoint], to file: String) throws {
    let width = path.first?.singularValues.count ?? 0
    let rows = path.map { [Double($0.step), $0.loss] + $0.singularValues }
    try DataFile.writeMatrix(
      Matrix(rowCount: rows.count, columnCount: 2 + width, elements: rows.flatMap(\.self)),
      to: file, overwrite: request.force ?? false,
      names: TableNames(
        columns: ["step", "loss"] + (0..<width).map { "singularValue\($0 + 1)" }))
  }
}
