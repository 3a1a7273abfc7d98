/// Why data do not make an objective.
public enum ObjectiveError: Error, Equatable, Sendable {
  /// Inputs and targets have different numbers of samples.
  case differentSampleCounts(inputs: Int, targets: Int)
  /// The input covariance is not a symmetric d₀ × d₀ matrix that fits a d_N × d₀ cross-covariance.
  case covarianceShapes(input: String, cross: String)
  /// Two elements of the covariance that should be equal are not.
  case asymmetricCovariance(row: Int, column: Int, difference: Double)
  /// A covariance has a negative eigenvalue.
  case indefiniteCovariance(eigenvalue: Double)
  /// Each measurement must have rows · columns numbers, and there must be a value for each.
  case measurementShapes(
    measurements: Int, elementsEach: Int, rowCount: Int, columnCount: Int, values: Int)
  /// The power of a loss ‖·‖_p^p must be above one.
  case powerNotAboveOne(Double)
  /// A label that is neither a class number nor a one-hot row.
  case label(sample: Int, value: Double)
  /// There is nothing to fit.
  case noSamples
  /// Squares or products of numbers of this size are infinite, or too small to be told from zero.
  case beyondRange(Double)
}

extension ObjectiveError: CustomStringConvertible {
  /// One sentence.
  public var description: String {
    switch self {
    case .differentSampleCounts(let inputs, let targets):
      "the inputs have \(inputs) samples but the targets \(targets); samples are rows"
    case .covarianceShapes(let input, let cross):
      "an input covariance of \(input) does not fit a cross-covariance of \(cross); "
        + "they must be d₀×d₀ and d_N×d₀"
    case .asymmetricCovariance(let row, let column, let difference):
      "the input covariance is not symmetric: elements (\(row), \(column)) and (\(column), \(row)) "
        + "differ by \(difference)"
    case .indefiniteCovariance(let eigenvalue):
      "the input covariance has the negative eigenvalue \(eigenvalue)"
    case .measurementShapes(let count, let each, let rows, let columns, let values):
      "\(count) measurements of \(each) numbers with \(values) values do not measure a "
        + "\(rows)×\(columns) matrix; give one \(rows)×\(columns) matrix for each value"
    case .powerNotAboveOne(let power):
      "the power must be above 1, not \(power)"
    case .label(let sample, let value):
      "the target of sample \(sample) is \(value), neither a class number nor part of a one-hot row"
    case .noSamples:
      "there is no sample"
    case .beyondRange(let size):
      "squares and products of numbers of the size of \(size) are beyond the range of numbers: use "
        + "other units"
    }
  }
}
