public import DataFormats
public import LinearAlgebra

/// Where a job's data come from: a file, an array in memory, or the contents of a file in memory.
///
/// In JSON a path alone is a file; otherwise an object with one of the keys `file`, `array` or `upload`, and
/// beside it those of ``Reading``: `{"file": "ratings.csv", "oneBased": true}`, `{"array": "x"}`.
public struct DataSource: Equatable, Sendable {
  /// Where data are.
  public enum Place: Equatable, Sendable {
    /// A path.
    case file(String)
    /// A name in ``JobContext/arrays``; NaN in it is unknown.
    case array(String)
    /// A name in ``JobContext/uploads``.
    case upload(String)
  }

  /// Where they are.
  public var place: Place
  /// How they are read.
  public var reading: Reading

  /// Data from a place, read as usual unless told otherwise.
  public init(_ place: Place, reading: Reading = Reading()) {
    self.place = place
    self.reading = reading
  }

  /// A file.
  public init(_ path: String) { self.init(.file(path)) }

  /// What sentences and pages call it.
  public var name: String {
    switch place {
    case .file(let name), .array(let name), .upload(let name): name
    }
  }
}

/// How data are read; what is nil is as usual. The names are those of the command's options.
public struct Reading: Codable, Equatable, Sendable {
  /// A file of the same shape with 0 where the matrix is unknown.
  public var mask: String?
  /// What the lines of a CSV file are, or the rows of an array.
  public var layout: ReadingOptions.Layout?
  /// Whether the rows and columns of triplets count from one.
  public var oneBased: Bool?
  /// What is done with an entry given twice.
  public var duplicates: ObservedEntries.DuplicatePolicy?
  /// The number of rows, where the data do not say it.
  public var rows: Int?
  /// The number of columns, where the data do not say it.
  public var columns: Int?
  /// Texts that stand for a missing value, besides those that are always understood.
  public var missing: [String]?
  /// What stands between cells: one character, or `tab` or `space`.
  public var delimiter: String?
  /// The mark before fractions: `.` or `,`.
  public var decimal: String?
  /// Columns that are not part of the matrix, by heading or number from 1.
  public var ignore: [String]?
  /// The only columns that are part of the matrix, by heading or number from 1.
  public var only: [String]?
  /// The format where the name does not tell it, by its extension: `csv`, `npy`.
  public var format: String?
  /// The sheet of a workbook, or the array of a file with several.
  public var sheet: String?

  /// As usual.
  public init() {}

  /// - Throws: ``BadInput`` for a number of rows or columns that no matrix has.
  package func options() throws -> ReadingOptions {
    for (name, count) in [("--rows", rows), ("--columns", columns)] {
      if let count, count < 1 || count >= Int(Int32.max) {
        throw BadInput("\(name) must be at least 1 and below 2147483647, not \(count).")
      }
    }
    var options = ReadingOptions(
      layout: layout ?? .automatic, oneBased: oneBased ?? false, duplicates: duplicates ?? .refuse,
      rowCount: rows, columnCount: columns, maskPath: mask)
    options.missing = missing ?? []
    options.ignored = ignore ?? []
    options.columns = only ?? []
    options.sheet = sheet
    options.delimiter = try delimiter.map { text in
      let words = [
        "tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|",
      ]
      let mark = words[text.lowercased()] ?? text
      guard mark.utf8.count == 1, let byte = mark.utf8.first, byte == 9 || byte >= 32 else {
        throw BadInput("--delimiter must be one character, tab or space, not '\(text)'.")
      }
      return byte
    }
    options.decimal = try decimal.map { text in
      switch text.lowercased() {
      case ".", "point": return UInt8(ascii: ".")
      case ",", "comma": return UInt8(ascii: ",")
      default: throw BadInput("--decimal must be . or , and not '\(text)'.")
      }
    }
    options.format = try format.map { try Self.format($0) }
    return options
  }

  /// The format of an extension.
  package static func format(_ name: String) throws -> DataFormat {
    guard let format = DataFormat(extension: name) else {
      let names = DataFormat.allCases.map { $0.extensions[0] }.joined(separator: ", ")
      throw BadInput("--format must be one of \(names), not '\(name)'.")
    }
    return format
  }
}

extension ReadingOptions.Layout: Codable {}
extension ObservedEntries.DuplicatePolicy: Codable {}

extension DataSource: Codable {
  public init(from decoder: any Decoder) throws {
    if let path = try? decoder.singleValueContainer().decode(String.self) {
      self.init(path)
      return
    }
    let keys = try decoder.container(keyedBy: AnyKey.self)
    let places = try ["file", "array", "upload"].compactMap { key in
      try keys.decodeIfPresent(String.self, forKey: AnyKey(stringValue: key)).map { (key, $0) }
    }
    guard places.count == 1, let (key, name) = places.first else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "one of file, array and upload"))
    }
    self.init(
      key == "file" ? .file(name) : key == "array" ? .array(name) : .upload(name),
      reading: try Reading(from: decoder))
    try KnownKeys.check(
      keys, against: reading, besides: ["file", "array", "upload"],
      in: decoder.codingPath.map(\.stringValue).joined(separator: "."))
  }

  public func encode(to encoder: any Encoder) throws {
    if case .file(let path) = place, reading == Reading() {
      var container = encoder.singleValueContainer()
      return try container.encode(path)
    }
    var container = encoder.container(keyedBy: AnyKey.self)
    switch place {
    case .file(let name): try container.encode(name, forKey: "file")
    case .array(let name): try container.encode(name, forKey: "array")
    case .upload(let name): try container.encode(name, forKey: "upload")
    }
    try reading.encode(to: encoder)
  }
}
