public import ArgumentParser
public import DataFormats
public import Jobs
public import LinearAlgebra

/// `auto`, or a number.
enum AutomaticNumber<Number: LosslessStringConvertible & Sendable>: ExpressibleByArgument, Sendable
{
  case automatic
  case number(Number)

  init?(argument: String) {
    if argument == "auto" {
      self = .automatic
    } else if let number = Number(argument) {
      self = .number(number)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .automatic: "auto"
    case .number(let number): "\(number)"
    }
  }

  /// The number, nil when it is to be chosen.
  var value: Number? {
    switch self {
    case .automatic: nil
    case .number(let number): number
    }
  }
}

/// Two numbers with a comma between, the first not above the second.
extension ValueRange {
  /// - Throws: ``BadInput`` for what is no range, with the reason.
  static func parsed(_ argument: String) throws -> ValueRange {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 2, let low = Double(parts[0]), let high = Double(parts[1]) else {
      throw BadInput(
        "--clip takes two numbers with a comma between, such as 1,5, not '\(argument)'.")
    }
    guard low <= high else {
      throw BadInput("--clip takes the lower end first: \(parts[1]),\(parts[0]).")
    }
    return ValueRange(low...high)
  }
}

extension NuclearPenalty: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  public var defaultValueDescription: String { description }
}

extension Completion.Method: ExpressibleByArgument {}
extension Prediction.Axis: ExpressibleByArgument {}
extension SweepDevice: ExpressibleByArgument {}
extension TensorCompletion.Structure: ExpressibleByArgument {}
extension DataSetMeasurement.Centering: ExpressibleByArgument {}
extension ReadingOptions.Layout: ExpressibleByArgument {}
extension ObservedEntries.DuplicatePolicy: ExpressibleByArgument {}
extension CIFARRecord: ExpressibleByArgument {}
extension Completion.Polish: ExpressibleByArgument {}
extension Completion.Scaling: ExpressibleByArgument {}
extension Completion.Effort: ExpressibleByArgument {}
extension Sensing.Method: ExpressibleByArgument {}
