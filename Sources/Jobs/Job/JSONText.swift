import FoundationEssentials

/// The one way in which every door says something in JSON: indented, keys in alphabetical order.
public enum JSONText {
  /// The text as UTF-8.
  public static func bytes(of value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
  }
}

extension Double {
  /// The number, or nil where JSON has none: infinite or not a number.
  package var finite: Double? { isFinite ? self : nil }
}

/// A value whose key is always there, with null where there is none.
public struct Nullable<Value: Encodable>: Encodable {
  /// The value, nil for null.
  public var value: Value?

  package init(_ value: Value?) { self.value = value }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value { try container.encode(value) } else { try container.encodeNil() }
  }
}

extension Nullable: Sendable where Value: Sendable {}
