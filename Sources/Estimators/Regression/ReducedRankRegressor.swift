import Dynamics
public import LinearAlgebra

/// Linear regression with several outputs, Y ≈ X Wᵀ + 1 cᵀ, by a matrix W of low rank.
///
/// For every rank the best W is known exactly, whether or not the inputs' covariance is singular. The rank is given,
/// or chosen by cross-validation or by a rule without parameters. Beside the exact solutions stands the path that a
/// network of two layers visits when it is trained from near zero.
///
/// Samples are rows: X is m × d₀, Y is m × d_N, W is d_N × d₀.
public struct ReducedRankRegressor: Equatable, Sendable {
  /// How the rank is found.
  public enum Rank: Equatable, Sendable {
    case fixed(Int)
    /// The smallest rank whose cross-validated error is within one standard error of the smallest error.
    case oneStandardError
    /// Components stronger than what noise shows; needs no validation.
    case aboveNoise
  }

  /// How outputs are weighed against each other: the loss is ½/m ‖(Y − XWᵀ) Γ^{1/2}‖².
  public enum Weighting: Equatable, Sendable {
    case identity
    /// Each output by the inverse of its variance.
    case inverseVariance
    /// Γ: symmetric and positive semidefinite, d_N × d_N.
    case given(Matrix)
  }

  /// How the rank is found.
  public var rank: Rank
  /// Whether an intercept is fitted: data are centred.
  public var hasIntercept: Bool
  /// Whether inputs are scaled to variance one. Coefficients are for the inputs as given all the same; this matters
  /// when the covariance is singular, and for the path.
  public var standardizesInputs: Bool
  /// How outputs are weighed against each other.
  public var weighting: Weighting
  /// The number of folds of the cross-validation; nil leaves it out unless the rank needs it, and then takes 5.
  public var foldCount: Int?
  /// The longest training path that is followed; nil follows none.
  public var pathStepLimit: Int?
  /// Decides the folds and where the path starts.
  public var seed: UInt64

  /// An estimator with all else as usual.
  public init(
    rank: Rank = .oneStandardError, hasIntercept: Bool = true, standardizesInputs: Bool = false,
    weighting: Weighting = .identity, foldCount: Int? = 5, pathStepLimit: Int? = nil,
    seed: UInt64 = 0
  ) {
    self.rank = rank
    self.hasIntercept = hasIntercept
    self.standardizesInputs = standardizesInputs
    self.weighting = weighting
    self.foldCount = foldCount
    self.pathStepLimit = pathStepLimit
    self.seed = seed
  }

  /// Why nothing can be fitted.
  public enum Failure: Error, Equatable, Sendable {
    case differentSampleCounts(inputs: Int, targets: Int)
    case tooFewSamples(Int)
    case notFinite(matrix: String, row: Int, column: Int, value: Double)
    case rankOutOfRange(Int, largest: Int)
    case foldsOutOfRange(Int, samples: Int)
    case weightingShape(rowCount: Int, columnCount: Int, outputs: Int)
    /// Coefficients would be too large or too small for a number.
    case outOfRange
  }

  /// What an observer is told: the share of the work done, between 0 and 1.
  public struct Progress: Equatable, Sendable {
    /// The share of the work that is done, from 0 to 1.
    public let fraction: Double
  }

  /// - Parameters:
  ///   - inputs: one row a sample.
  ///   - targets: one row for each row of the inputs.
  ///   - observe: answering false ends the work early, with outcome `interrupted`: folds and path then end where they
  ///     are.
  /// - Throws: ``Failure`` for data and settings that do not fit, `DecompositionError` when LAPACK does not
  ///   converge or a given weighting is not positive semidefinite.
  public func fit(
    inputs: Matrix, targets: Matrix, observe: (Progress) -> Bool = { _ in true }
  ) throws -> Fit {
    try validate(inputs, targets)
    let units = (inputs.unit, targets.unit)
    let fit = try fitNormal(
      inputs: inputs.divided(by: units.0), targets: targets.divided(by: units.1), observe: observe)
    return try fit.rescaled(
      inputs: units.0, targets: units.1, isLossOfUnits: weighting != .inverseVariance)
  }

  /// The fit of numbers of about size one.
  private func fitNormal(
    inputs: Matrix, targets: Matrix, observe: (Progress) -> Bool
  ) throws -> Fit {
    let scaling = RegressionScaling(self, inputs: inputs, targets: targets)
    let root = try weightingRoot(targets)
    let x = scaling.scaled(inputs)
    let y = scaling.centred(targets)
    let solutions = try ReducedRankSolutions(inputs: x, targets: y, weightingRoot: root)
    var isInterrupted = false
    func goesOn(_ fraction: Double) -> Bool {
      if !isInterrupted { isInterrupted = !observe(Progress(fraction: fraction)) }
      return !isInterrupted
    }
    var generator = SeededGenerator(seed: seed)
    let folds = foldCount ?? (rank == .oneStandardError ? 5 : nil)
    let validation = try folds.map { count in
      try RegressionValidation(
        self, foldCount: min(count, inputs.rowCount), inputs: inputs, targets: targets,
        weightingRoot: root, largestRank: solutions.largestRank, using: &generator
      ) { goesOn(0.5 * $0) }
    }
    let chosen: Int
    switch rank {
    case .fixed(let k): chosen = k
    case .oneStandardError: chosen = validation?.rank ?? solutions.largestRank
    case .aboveNoise:
      let samples = inputs.rowCount - (hasIntercept ? 1 : 0)
      chosen = solutions.rankAboveNoise(sampleCount: samples, outputCount: targets.columnCount)
    }
    let coefficients = scaling.unscaled(solutions.coefficients(rank: chosen))
    let count = Double(inputs.rowCount)
    let ranks = (0...solutions.largestRank).map { k in
      RankPoint(
        rank: k, loss: solutions.squaredResidual(rank: k) / (2 * count),
        validationLoss: validation?.mean[k], standardError: validation?.standardError[k])
    }
    let path =
      isInterrupted
      ? [] : try trainingPath(x, y, solutions, root, using: &generator) { goesOn(0.5 + 0.5 * $0) }
    let intercept = scaling.intercept(for: coefficients)
    var fit = Fit(
      coefficients: coefficients, intercept: intercept, rank: chosen, ranks: ranks, path: path,
      trainingError: 0, validationError: validation?.rootMeanSquare[chosen],
      outcome: isInterrupted ? .interrupted(atStep: path.last?.step ?? 0) : .converged)
    fit.trainingError =
      (fit.predict(inputs) - targets).frobeniusNorm / Double(targets.count).squareRoot()
    return fit
  }

  private func validate(_ inputs: Matrix, _ targets: Matrix) throws(Failure) {
    guard inputs.rowCount == targets.rowCount else {
      throw .differentSampleCounts(inputs: inputs.rowCount, targets: targets.rowCount)
    }
    guard inputs.rowCount >= 2, inputs.columnCount > 0, targets.columnCount > 0 else {
      throw .tooFewSamples(min(inputs.rowCount, inputs.columnCount, targets.columnCount))
    }
    for (name, matrix) in [("inputs", inputs), ("targets", targets)] where !matrix.isFinite {
      for (k, value) in matrix.elements.enumerated() where !value.isFinite {
        throw .notFinite(
          matrix: name, row: k / matrix.columnCount, column: k % matrix.columnCount, value: value)
      }
    }
    let largest = min(inputs.columnCount, targets.columnCount)
    if case .fixed(let k) = rank, k < 0 || k > largest {
      throw .rankOutOfRange(k, largest: largest)
    }
    if let foldCount, foldCount < 2 {
      throw .foldsOutOfRange(foldCount, samples: inputs.rowCount)
    }
    if case .given(let matrix) = weighting,
      matrix.rowCount != targets.columnCount || matrix.columnCount != targets.columnCount
    {
      throw .weightingShape(
        rowCount: matrix.rowCount, columnCount: matrix.columnCount, outputs: targets.columnCount)
    }
  }

  /// Γ^{1/2}.
  private func weightingRoot(_ targets: Matrix) throws -> Matrix? {
    switch weighting {
    case .identity: return nil
    case .given(let matrix): return try matrix.symmetricSquareRoot()
    case .inverseVariance:
      let deviations = (0..<targets.columnCount).map { standardDeviation(targets.column($0)) }
      return .diagonal(deviations.map { $0 > 0 ? 1 / $0 : 0 })
    }
  }
}

extension ReducedRankRegressor.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .differentSampleCounts(let inputs, let targets):
      "there are \(inputs) rows of inputs but \(targets) rows of targets: each sample needs both"
    case .tooFewSamples:
      "a regression needs at least two samples, one input and one output"
    case .notFinite(let matrix, let row, let column, let value):
      "row \(row), column \(column) of the \(matrix) is \(value): remove or fill in the sample"
    case .rankOutOfRange(let rank, let largest):
      "rank \(rank) does not exist: W has rank 0 to \(largest)"
    case .foldsOutOfRange(let folds, _): "a cross-validation needs at least 2 folds, not \(folds)"
    case .weightingShape(let rowCount, let columnCount, let outputs):
      "the weighting is \(rowCount)×\(columnCount) but there are \(outputs) outputs"
    case .outOfRange:
      "the coefficients are beyond the range of numbers: give inputs or targets in other units"
    }
  }
}
