/// `"none"`, `"auto"`, or a positive number.
public enum NuclearPenalty: Equatable, Sendable {
  /// Every known entry is met exactly.
  case none
  /// Entries held out decide.
  case automatic
  case fixed(Double)

  /// - Parameter text: `none`, `auto`, or a positive number.
  public init?(_ text: String) {
    switch text {
    case "none": self = .none
    case "auto": self = .automatic
    default:
      guard let number = Double(text), number > 0, number.isFinite else { return nil }
      self = .fixed(number)
    }
  }
}

extension NuclearPenalty: CustomStringConvertible {
  public var description: String {
    switch self {
    case .none: "none"
    case .automatic: "auto"
    case .fixed(let number): "\(number)"
    }
  }
}

extension NuclearPenalty: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text =
      try (try? container.decode(Double.self)).map { "\($0)" } ?? container.decode(String.self)
    guard let penalty = NuclearPenalty(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "none, auto or a number")
    }
    self = penalty
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if case .fixed(let number) = self { return try container.encode(number) }
    try container.encode(description)
  }
}

/// The lowest and the highest of some values: `[1, 5]` in JSON.
public struct ValueRange: Codable, Equatable, Sendable {
  /// From the lowest to the highest.
  public let range: ClosedRange<Double>

  /// The values of a range.
  public init(_ range: ClosedRange<Double>) { self.range = range }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let ends = try container.decode([Double].self)
    guard ends.count == 2, ends[0] <= ends[1] else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "two numbers in order")
    }
    range = ends[0]...ends[1]
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode([range.lowerBound, range.upperBound])
  }
}
