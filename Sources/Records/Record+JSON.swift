#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Why a record could not be read.
public enum RecordError: Error, Equatable, CustomStringConvertible {
  case malformed(String)
  case inconsistent(String)

  public var description: String {
    switch self {
    case .malformed(let reason): "This is not a record: \(reason)"
    case .inconsistent(let reason): "The record contradicts itself: \(reason)."
    }
  }
}

extension Record {
  /// The record as JSON in UTF-8.
  ///
  /// Keys are in alphabetical order, so equal records give equal bytes. Numbers keep every digit.
  /// What JSON has no number for is a string: `"NaN"`, `"Infinity"`, `"-Infinity"`.
  public func json(indented: Bool = false) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      indented
      ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      : [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return [UInt8](try encoder.encode(self))
  }

  /// Reads what ``json(indented:)`` wrote.
  ///
  /// - Throws: ``RecordError`` if the bytes are no record, or lists in it do not match.
  public init(json: [UInt8]) throws(RecordError) {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do {
      self = try decoder.decode(Record.self, from: Data(json))
    } catch {
      throw .malformed("\(error)")
    }
    if let inconsistency { throw .inconsistent(inconsistency) }
  }
}
