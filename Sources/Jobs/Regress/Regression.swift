import DataFormats
import DeepLinear

/// Fit a linear regression of the right rank to several outputs.
///
/// Samples of inputs and targets are matched by name where both tables name their rows, and columns of new inputs where
/// they and the inputs name them; otherwise by their order.
public struct Regression: Job {
  public static let name = "regress"

  /// The inputs, one sample per row.
  public var inputs: DataSource
  /// The targets, one sample per row.
  public var targets: DataSource

  /// Where the coefficients are written.
  public var output: String?
  /// The folder of a report.
  public var report: String?
  /// Where the path of training is written.
  public var path: String?
  /// New inputs to predict.
  public var predict: DataSource?
  /// Where the predictions for the new inputs are written.
  public var predictions: String?

  /// The rank; chosen where nil.
  public var rank: Int?
  /// The number of folds of the cross-validation; 0 for none.
  public var validation: Int?
  /// Whether there is no intercept.
  public var noIntercept: Bool?
  /// Whether the inputs are scaled to variance one for the path and singular problems.
  public var standardize: Bool?
  /// Whether each output is weighed by the inverse of its variance.
  public var weighOutputs: Bool?

  /// Whether files that exist are overwritten.
  public var force: Bool?
  /// The seed of everything random; 0 where nil.
  public var seed: UInt64?

  /// A request with everything else as usual.
  public init(inputs: DataSource, targets: DataSource) {
    self.inputs = inputs
    self.targets = targets
  }

  /// ``validation`` where nil.
  public static let defaultValidation = 5

  package var settledValidation: Int { validation ?? Self.defaultValidation }

  /// Points of the path beyond this many steps are not of interest.
  private static let pathStepLimit = 5000

  public func validate() throws {
    guard predictions == nil || predict != nil else {
      throw BadInput("--predict and --predictions go together; give both.")
    }
    if let rank, rank < 0 {
      throw BadInput("--rank must be auto or at least 0, not \(rank).")
    }
    let folds = settledValidation
    guard folds == 0 || folds >= 2 else {
      throw BadInput("--validation must be 0 or at least 2, not \(folds).")
    }
  }

  public func run(
    in context: JobContext, observing observer: JobObserver
  ) throws -> RegressionResult {
    let start = ContinuousClock.now
    try validate()
    var outputs = OutputPaths(overwrite: force ?? false)
    try outputs.file(output, option: "--output")
    try outputs.file(path, option: "--path", among: [.csv])
    try outputs.file(predictions, option: "--predictions")
    try outputs.report(report)
    let (inputs, inputNames) = try self.inputs.namedMatrix(in: context)
    var (targets, targetNames) = try self.targets.namedMatrix(in: context)
    if let own = NamedLines(targetNames.rows, kind: "row", file: self.targets.name),
      let samples = NamedLines(inputNames.rows, kind: "row", file: self.inputs.name),
      targets.rowCount == inputs.rowCount, let places = try own.places(of: samples)
    {
      targets = targets.selecting(rows: places)
      targetNames.rows = inputNames.rows
    }
    try checkMemory(inputs, targets)
    let new = try readNew(inputs.columnCount, inputNames, context)
    let fit = try fit(inputs, targets, observer)
    let summary = RegressionSummary(
      request: self, fit: fit, samples: inputs.rowCount,
      seconds: (ContinuousClock.now - start).seconds)
    return RegressionResult(
      request: self, context: context, fit: fit, predictions: new.map { fit.predict($0.elements) },
      predictionNames: TableNames(
        columns: targetNames.columns, rows: new?.names.rows, rowHeading: new?.names.rowHeading),
      inputNames: inputNames.columns, outputNames: targetNames.columns,
      summary: summary)
  }

  /// The samples as they are read, centred, weighed, and those of a fold; a decomposition of the smaller side's squares.
  private func checkMemory(_ inputs: Matrix, _ targets: Matrix) throws {
    let (samples, count) = (Double(inputs.rowCount), Double(inputs.columnCount))
    var need = MemoryNeed()
    need.add(numbers: samples, count + Double(targets.columnCount), copies: 6)
    need.add(numbers: count, count, copies: 2.5)
    try need.check(
      "\(self.inputs.name): a regression of \(inputs.rowCount) samples of \(inputs.columnCount) inputs",
      "give fewer of them")
  }

  private func readNew(
    _ columnCount: Int, _ inputNames: TableNames, _ context: JobContext
  ) throws -> (elements: Matrix, names: TableNames)? {
    guard let predict else { return nil }
    var (new, names) = try predict.namedMatrix(in: context)
    if let own = NamedLines(names.columns, kind: "column", file: predict.name),
      let known = NamedLines(inputNames.columns, kind: "column", file: inputs.name),
      let places = try own.places(of: known)
    {
      new = new.selecting(columns: places)
      names.columns = inputNames.columns
    }
    guard new.columnCount == columnCount else {
      throw BadInput(
        "\(predict.name): its rows have \(new.columnCount) columns but \(inputs.name) has \(columnCount); give the same inputs."
      )
    }
    return (new, names)
  }

  private func fit(
    _ inputs: Matrix, _ targets: Matrix, _ observer: JobObserver
  ) throws -> ReducedRankRegressor.Fit {
    observer.show("regressing")
    let folds = settledValidation == 0 ? nil : settledValidation
    let rank: ReducedRankRegressor.Rank =
      self.rank.map { .fixed($0) } ?? (folds == nil ? .aboveNoise : .oneStandardError)
    let regressor = ReducedRankRegressor(
      rank: rank, hasIntercept: !(noIntercept ?? false),
      standardizesInputs: standardize ?? false,
      weighting: weighOutputs ?? false ? .inverseVariance : .identity, foldCount: folds,
      pathStepLimit: Self.pathStepLimit, seed: seed ?? 0)
    do {
      return try regressor.fit(inputs: inputs, targets: targets) {
        observer.show("regressing", $0.fraction)
      }
    } catch let failure as ReducedRankRegressor.Failure {
      throw BadInput("\(self.inputs.name), \(self.targets.name): \(failure).")
    }
  }
}
