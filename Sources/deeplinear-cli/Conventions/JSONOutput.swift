import FoundationEssentials

/// One JSON object on standard output, keys in alphabetical order.
enum JSONOutput {
  static func write(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}

extension Double {
  /// The number, or nil where JSON has none: infinite or not a number.
  var finite: Double? { isFinite ? self : nil }
}
