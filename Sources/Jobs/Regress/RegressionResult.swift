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
  /// What the columns of inputs and targets are called, where they are.
  let inputNames: [String]?
  let outputNames: [String]?
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
      let (table, names) = namedCoefficients(asText: DataFile.isText(output, format: nil))
      try DataFile.writeMatrix(table, to: output, overwrite: force, names: names)
    }
    if let path = request.path { try write(fit.path, to: path) }
    if let predictions, let file = request.predictions {
      try DataFile.writeMatrix(predictions, to: file, overwrite: force, names: predictionNames)
    }
    if let report = request.report {
      try ReportFolder.write(try record(), to: report, overwrite: force)
    }
  }

  /// The coefficients, and in a text whose columns have names the intercept beside them, which there is no mistaking.
  private func namedCoefficients(asText: Bool) -> (Matrix, TableNames) {
    let coefficients = fit.coefficients
    guard asText, inputNames != nil || outputNames != nil else {
      return (coefficients, TableNames())
    }
    func names(_ given: [String]?, _ count: Int, _ word: String) -> [String] {
      given ?? (0..<count).map { "\(word)\($0)" }
    }
    var columns = names(inputNames, coefficients.columnCount, "input")
    let rows = names(outputNames, coefficients.rowCount, "output")
    guard !(request.noIntercept ?? false), !columns.contains("intercept") else {
      return (coefficients, TableNames(columns: columns, rows: rows))
    }
    columns.append("intercept")
    let intercept = Matrix(
      rowCount: coefficients.rowCount, columnCount: 1, elements: fit.intercept)
    return (
      .horizontallyStacked([coefficients, intercept]), TableNames(columns: columns, rows: rows)
    )
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
