public import Dynamics
public import LinearAlgebra
import LinearNetworks
import RealModule

/// Finds a matrix from linear measurements of it, without being told its rank or the noise.
///
/// As in ``MatrixCompleter``, a deep linear network is trained on the measurements from near zero; the order in which
/// singular values rise suggests the ranks. Each is polished in factored form. When one explains all measurements to
/// rounding although they outnumber its degrees of freedom, that is the answer. Otherwise the rank is decided by
/// measurements held out, and fitted again to all.
public struct MatrixSensor: Equatable, Sendable {
  /// The number of layers N of the network that is followed; at least 1.
  public var depth: Int
  /// The width of the hidden layers; nil chooses it.
  public var width: Int?
  /// The size of the first end-to-end matrix relative to the data; nil chooses 10⁻⁵.
  public var initialScale: Double?
  /// The share of measurements held out when they are not exact, between 0 and 1.
  public var holdoutFraction: Double
  /// Every so many steps of the path are recorded; nil records none.
  public var recordingInterval: Int?
  /// The seed of everything random here; the same seed gives the same bits.
  public var seed: UInt64

  /// An estimator with all else as usual.
  public init(
    depth: Int = 3, width: Int? = nil, initialScale: Double? = nil, holdoutFraction: Double = 0.1,
    recordingInterval: Int? = nil, seed: UInt64 = 0
  ) {
    self.depth = depth
    self.width = width
    self.initialScale = initialScale
    self.holdoutFraction = holdoutFraction
    self.recordingInterval = recordingInterval
    self.seed = seed
  }

  /// Why nothing can be fitted.
  public enum Failure: Error, Equatable, Sendable {
    case differentCounts(measurements: Int, values: Int)
    case notFinite(index: Int, value: Double)
    case depthNotPositive(Int)
    case widthNotPositive(Int)
    case initialScaleNotPositive(Double)
    case holdoutOutOfRange(Double)
    /// With one measurement nothing can be held out.
    case tooFewToHoldOut(Int)
  }

  /// What an observer is told: the share of the work done, between 0 and 1.
  public struct Progress: Equatable, Sendable {
    /// The share of the work that is done, from 0 to 1.
    public let fraction: Double
  }

  /// - Parameters:
  ///   - measurements: the matrices A_i.
  ///   - values: the numbers ⟨A_i, W⟩ that were measured, one for each.
  ///   - observe: answering false ends the fit early, with outcome `interrupted` and the best so far.
  /// - Throws: ``Failure`` for data and settings that do not fit, `DecompositionError` when LAPACK does not
  ///   converge.
  public func fit(
    _ measurements: LinearMeasurements, values: [Double],
    observe: (Progress) -> Bool = { _ in true }
  ) throws -> Fit {
    try validate(measurements, values)
    let unit = values.reduce(0) { max($0, abs($1)) }
    guard unit > 0 else { return .zero(measurements) }
    let normal = values.map { $0 / unit }
    var isInterrupted = false
    return try withoutActuallyEscaping(observe) { observe in
      let search = SensingSearch(sensor: self) { fraction in
        if !isInterrupted { isInterrupted = !observe(Progress(fraction: fraction)) }
        return isInterrupted
      }
      var generator = SeededGenerator(seed: seed)
      var result = try search.run(measurements, normal, using: &generator)
      if isInterrupted { result.outcome = .interrupted(atStep: result.iterations) }
      return try Fit(result, measurements, values, unit: unit)
    }
  }

  private func validate(_ measurements: LinearMeasurements, _ values: [Double]) throws(Failure) {
    guard depth >= 1 else { throw .depthNotPositive(depth) }
    if let width, width < 1 { throw .widthNotPositive(width) }
    if let initialScale, !(initialScale > 0 && initialScale.isFinite) {
      throw .initialScaleNotPositive(initialScale)
    }
    guard holdoutFraction > 0, holdoutFraction < 1 else {
      throw .holdoutOutOfRange(holdoutFraction)
    }
    guard measurements.count == values.count else {
      throw .differentCounts(measurements: measurements.count, values: values.count)
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(index: index, value: values[index])
    }
    guard values.count > 1 else { throw .tooFewToHoldOut(values.count) }
  }
}

extension MatrixSensor {
  /// A matrix found from measurements.
  public struct Fit: Sendable {
    /// W = L Rᵀ: rows × rank and columns × rank, the second with orthonormal columns.
    public var rowFactor: Matrix
    /// One row for each column of the matrix.
    public var columnFactor: Matrix
    /// The singular values of W, descending, as many as its rank.
    public var singularValues: [Double]
    /// How it ended.
    public var outcome: Outcome
    /// Whether all measurements are explained to rounding although they outnumber the degrees of freedom.
    public var isExact: Bool
    /// Steps of the path and of the polish, over all that was tried.
    public var iterations: Int
    /// The root mean square of ⟨A_i, W⟩ − b_i.
    public var trainingError: Double
    /// The same for measurements held out, at the chosen rank; nil when nothing was.
    public var holdoutError: Double?
    /// The path of the network, when recording was asked for.
    public var path: CompletionPath

    /// The number of components.
    public var rank: Int { rowFactor.columnCount }

    /// W.
    public func matrix() -> Matrix { rowFactor.timesTransposed(columnFactor) }

    /// What other measurements of W would give.
    public func predict(_ measurements: LinearMeasurements) -> [Double] {
      measurements.values(left: rowFactor, right: columnFactor)
    }
  }
}

extension MatrixSensor.Fit {
  init(
    _ result: SensingSearch.Result, _ measurements: LinearMeasurements, _ values: [Double],
    unit: Double
  ) throws {
    let left = try QRDecomposition(of: result.left)
    let right = try QRDecomposition(of: result.right)
    let core = try SingularValueDecomposition(
      of: left.triangularFactor.timesTransposed(right.triangularFactor))
    // In an exact fit of too high a rank the surplus components carry nothing.
    let largest = core.singularValues.first ?? 0
    let rank =
      result.isExact
      ? core.singularValues.prefix { $0 > 1e-9 * largest }.count : core.singularValues.count
    singularValues = core.singularValues.prefix(rank).map { unit * $0 }
    rowFactor =
      left.orthogonalFactor
      * core.leftVectors.firstColumns(rank).scalingColumns(by: singularValues)
    columnFactor = right.orthogonalFactor * core.rightVectors.firstColumns(rank)
    outcome = result.outcome
    isExact = result.isExact
    iterations = result.iterations
    let fitted = measurements.values(left: result.left, right: result.right)
    trainingError = unit * rootMeanSquare(zip(fitted, values).map { $0 - $1 / unit })
    holdoutError = result.holdoutError.map { $0 * unit }
    path = result.path
    path.rescale(by: unit)
  }

  /// The answer for values that are all zero.
  static func zero(_ measurements: LinearMeasurements) -> Self {
    Self(
      rowFactor: .zeros(measurements.rowCount, 0),
      columnFactor: .zeros(measurements.columnCount, 0),
      singularValues: [], outcome: .converged, isExact: true, iterations: 0, trainingError: 0,
      holdoutError: nil, path: CompletionPath())
  }
}

extension MatrixSensor.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .differentCounts(let measurements, let values):
      "there are \(measurements) measurements but \(values) values: each measurement needs one"
    case .notFinite(let index, let value):
      "value \(index) (counted from 0) is \(value): remove the measurement"
    case .depthNotPositive(let depth): "a network cannot have \(depth) layers"
    case .widthNotPositive(let width): "a layer cannot have a width of \(width)"
    case .initialScaleNotPositive(let scale):
      "the initial scale must be positive and finite, not \(scale)"
    case .holdoutOutOfRange(let fraction):
      "the share of measurements held out must lie between 0 and 1, not at \(fraction)"
    case .tooFewToHoldOut(let count): "\(count) measurements are too few: give at least two"
    }
  }
}
