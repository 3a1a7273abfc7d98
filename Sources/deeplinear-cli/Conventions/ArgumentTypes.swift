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
extension ValueRange: ExpressibleByArgument {
  public init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 2, let low = Double(parts[0]), let high = Double(parts[1]), low <= high
    else { return nil }
    self.init(low...high)
  }
}

extension NuclearPenalty: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  public var defaultValueDescription: String { description }
}

extension Completion.Method: ExpressibleByArgument {}
extension Prediction.Axis: ExpressibleByArgument {}
extension DataSetMeasurement.Centering: ExpressibleByArgument {}
extension ReadingOptions.Layout: ExpressibleByArgument {}
extension ObservedEntries.DuplicatePolicy: ExpressibleByArgument {}
extension CIFARRecord: ExpressibleByArgument {}
extension Completion.Scaling: ExpressibleByArgument {}
extension Completion.Effort: ExpressibleByArgument {}
extension Sensing.Method: ExpressibleByArgument {}
