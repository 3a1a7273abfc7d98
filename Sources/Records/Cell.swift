/// A value to show: in a table, or beside a label.
public enum Cell: Equatable, Sendable {
  case number(Double)
  case text(String)
  /// Words that lead to an address, relative to the page: `runs-2.html#point-7`, or one that begins with `https://`.
  case link(String, to: String)
  case verdict(Verdict)
  case missing
}

/// How a claim, a hypothesis or a check came out.
public enum Verdict: String, Codable, Sendable, CaseIterable {
  case holds
  case fails
  /// A statement said elsewhere was put to the test, and is wrong as it stands.
  case refuted
  /// Neither shown nor refuted: a number is missing, or the tolerance cannot decide.
  case undecided
  case notApplicable
}

extension Verdict {
  /// Whether numbers came out as they were claimed to, also where that says print is wrong.
  public var isAsClaimed: Bool { self == .holds || self == .refuted }
}

extension Cell: ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// Words.
  public init(stringLiteral value: String) { self = .text(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
}

/// Encoded as `{"number": 1.5}`, `{"text": "…"}`, with `"link"` beside it where it leads somewhere, `{"verdict": "holds"}`
/// or `{}` for a missing value.
extension Cell: Codable {
  private enum Kind: String, CodingKey {
    case number, text, link, verdict
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Kind.self)
    if let address = try container.decodeIfPresent(String.self, forKey: .link) {
      self = .link(try container.decode(String.self, forKey: .text), to: address)
      return
    }
    self =
      switch container.allKeys.first {
      case .number: .number(try container.decode(Double.self, forKey: .number))
      case .text: .text(try container.decode(String.self, forKey: .text))
      case .verdict: .verdict(try container.decode(Verdict.self, forKey: .verdict))
      case .link, nil: .missing
      }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Kind.self)
    switch self {
    case .number(let value): try container.encode(value, forKey: .number)
    case .text(let value): try container.encode(value, forKey: .text)
    case .link(let value, let address):
      try container.encode(value, forKey: .text)
      try container.encode(address, forKey: .link)
    case .verdict(let value): try container.encode(value, forKey: .verdict)
    case .missing: break
    }
  }
}

/// A label and its value.
public struct Fact: Codable, Equatable, Sendable {
  /// What it is.
  public var label: String
  /// The value.
  public var value: Cell
  /// The unit of its numbers, shown in brackets.
  public var unit: String?
  /// A few words that say how to read the value.
  public var note: String?
  /// The exact term for what the label says plainly; shown where the pointer rests on it.
  public var term: String?

  /// A fact.
  public init(
    _ label: String, _ value: Cell, unit: String? = nil, note: String? = nil, term: String? = nil
  ) {
    self.label = label
    self.value = value
    self.unit = unit
    self.note = note
    self.term = term
  }
}
