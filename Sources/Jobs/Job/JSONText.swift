import FoundationEssentials

/// The one way in which every door says something in JSON: indented, keys in alphabetical order.
public enum JSONText {
  /// The text as UTF-8; numbers that are infinite or undefined, which JSON has none for, are null.
  public static func bytes(of value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: notFinite, negativeInfinity: notFinite, nan: notFinite)
    return withNulls(Array(try encoder.encode(value)))
  }

  /// A text that nobody writes; the encoder puts it between quotation marks.
  private static let notFinite = "\u{E0DE}no finite number\u{E0DE}"

  private static func withNulls(_ bytes: [UInt8]) -> [UInt8] {
    let mark = Array("\"\(notFinite)\"".utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var place = 0
    while place < bytes.count {
      if bytes[place] == mark[0], bytes[place...].starts(with: mark) {
        result += Array("null".utf8)
        place += mark.count
      } else {
        result.append(bytes[place])
        place += 1
      }
    }
    return result
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
