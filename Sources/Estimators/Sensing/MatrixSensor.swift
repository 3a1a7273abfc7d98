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
  /// How the answer is found.
  public enum Method: String, CaseIterable, Sendable {
    /// By the path of a deep network.
    case deep
    /// The smallest nuclear norm of all matrices that agree with the measurements.
    case nuclear
  }

  public var method: Method
  /// The number of layers N of the network that is followed; at least 1. One layer is the linear model: least
  /// squares of smallest norm.
  public var depth: Int
  /// The width of the hidden layers; nil chooses it.
  public var width: Int?
  /// The size of the first end-to-end matrix relative to the data; nil chooses 10⁻⁵.
  public var initialScale: Double?
  /// The share of measurements held out when they are not exact, at least 0 and below 1. With 0 the rank is decided
  /// by generalised cross-validation.
  public var holdoutFraction: Double
  /// Every so many steps of the path are recorded; nil records none.
  public var recordingInterval: Int?
  /// The seed of everything random here; the same seed gives the same bits.
  public var seed: UInt64

  /// An estimator with all else as usual.
  public init(
    depth: Int = 3, width: Int? = nil, initialScale: Double? = nil, holdoutFraction: Double = 0.1,
    recordingInterval: Int? = nil, seed: UInt64 = 0, method: Method = .deep
  ) {
    self.method = method
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
    /// The answer is beyond the range of numbers.
    case outOfRange
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
    let valueUnit = values.reduce(0) { max($0, abs($1)) }
    guard valueUnit > 0 else { return .zero(measurements) }
    // Values and measurements of any size become ones of size one.
    let norms = measurements.norms()
    let norm = norms.max() ?? 0
    guard norm > 0, norm.isFinite else { throw Failure.outOfRange }
    let measurementUnit = Double(sign: .plus, exponent: norm.exponent, significand: 1)
    let unit = valueUnit / measurementUnit
    guard unit.isFinite, unit > 0 else { throw Failure.outOfRange }
    let normal = values.map { $0 / valueUnit }
    let scaled = measurements.scaled(by: norms.map { _ in 1 / measurementUnit })
    let comparable = Self.comparable(scaled, normal, norms.map { $0 / measurementUnit })
    var isInterrupted = false
    return try withoutActuallyEscaping(observe) { observe in
      let search = SensingSearch(sensor: self) { fraction in
        if !isInterrupted { isInterrupted = !observe(Progress(fraction: fraction)) }
        return isInterrupted
      }
      var generator = SeededGenerator(seed: seed)
      var result = try search.run(comparable, scaled, normal, using: &generator)
      if isInterrupted { result.outcome = .interrupted(atStep: result.iterations) }
      return try Fit(result, comparable.0, scaled, normal, unit: unit, valueUnit: valueUnit)
    }
  }

  /// Equations divided by powers of two, so that their matrices are of comparable sizes; as they are where they are
  /// within a factor of eight.
  private static func comparable(
    _ measurements: LinearMeasurements, _ values: [Double], _ norms: [Double]
  ) -> (LinearMeasurements, [Double]) {
    let positive = norms.filter { $0 > 0 }
    guard let least = positive.min(), let greatest = positive.max(), greatest > 8 * least else {
      return (measurements, values)
    }
    // An equation whose matrix is nothing beside the others' keeps within the range of numbers.
    let factors = norms.map {
      $0 > 0
        ? Double(sign: .plus, exponent: -max($0.exponent, -400), significand: 1) : 1
    }
    return (measurements.scaled(by: factors), zip(values, factors).map(*))
  }

  private func validate(_ measurements: LinearMeasurements, _ values: [Double]) throws(Failure) {
    guard depth >= 1 else { throw .depthNotPositive(depth) }
    if let width, width < 1 { throw .widthNotPositive(width) }
    if let initialScale, !(initialScale > 0 && initialScale.isFinite) {
      throw .initialScaleNotPositive(initialScale)
    }
    guard holdoutFraction >= 0, holdoutFraction < 1 else {
      throw .holdoutOutOfRange(holdoutFraction)
    }
    guard measurements.count == values.count else {
      throw .differentCounts(measurements: measurements.count, values: values.count)
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(index: index, value: values[index])
    }
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
    /// Whether the measurements determine the answer.
    public var determination: MeasurementDetermination
    /// How far the nuclear norm can be from the smallest at most, when the fit minimises it.
    public var dualityGap: Double?

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
    _ result: SensingSearch.Result, _ comparable: LinearMeasurements,
    _ measurements: LinearMeasurements, _ values: [Double], unit: Double, valueUnit: Double
  ) throws {
    let left = try QRDecomposition(of: result.left)
    let right = try QRDecomposition(of: result.right)
    let core = try SingularValueDecomposition(
      of: left.triangularFactor.timesTransposed(right.triangularFactor))
    // In an exact fit of too high a rank the surplus components carry nothing; rounding never is a component.
    let largest = core.singularValues.first ?? 0
    let share = result.isExact ? 1e-9 : 1e-12
    let rank = core.singularValues.prefix { $0 > share * largest }.count
    let columns = left.orthogonalFactor * core.leftVectors.firstColumns(rank)
    singularValues = core.singularValues.prefix(rank).map { unit * $0 }
    guard singularValues.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw MatrixSensor.Failure.outOfRange
    }
    rowFactor = columns.scalingColumns(by: singularValues)
    columnFactor = right.orthogonalFactor * core.rightVectors.firstColumns(rank)
    outcome = result.outcome
    iterations = result.iterations
    let fitted = measurements.values(left: result.left, right: result.right)
    trainingError = valueUnit * rootMeanSquare(zip(fitted, values).map { $0 - $1 })
    holdoutError = result.holdoutError.map { $0 * valueUnit }
    path = result.path
    path.rescale(by: valueUnit)
    for index in path.points.indices {
      path.points[index].singularValues = path.points[index].singularValues.map {
        $0 / valueUnit * unit
      }
    }
    dualityGap = result.dualityGap.map { $0 * unit }
    var determination = MeasurementDetermination(comparable, left: columns, right: columnFactor)
    determination.isUnpredictive = result.isUnpredictive
    self.determination = determination
    isExact =
      determination.isDetermined
      && (result.isExact || Self.explains(fitted, values, determination, result))
  }

  /// Whether a rank that held-out measurements chose explains all of them to rounding, and there are more of them
  /// than its degrees of freedom by a twentieth.
  private static func explains(
    _ fitted: [Double], _ values: [Double], _ determination: MeasurementDetermination,
    _ result: SensingSearch.Result
  ) -> Bool {
    let residual = rootMeanSquare(zip(fitted, values).map { $0 - $1 })
    return result.dualityGap == nil && residual <= 1e-11 * rootMeanSquare(values)
      && 20 * determination.freedom < 19 * values.count
  }

  /// The answer for values that are all zero.
  static func zero(_ measurements: LinearMeasurements) -> Self {
    Self(
      rowFactor: .zeros(measurements.rowCount, 0),
      columnFactor: .zeros(measurements.columnCount, 0),
      singularValues: [], outcome: .converged, isExact: true, iterations: 0, trainingError: 0,
      holdoutError: nil, path: CompletionPath(),
      determination: MeasurementDetermination(
        measurements, left: .zeros(measurements.rowCount, 0),
        right: .zeros(measurements.columnCount, 0)))
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
      "the share of measurements held out must be at least 0 and below 1, not \(fraction)"
    case .outOfRange:
      "the matrix would be beyond the range of numbers: give values and measurements in other units"
    }
  }
}
