import DataFormats
import Foundation
import LinearAlgebra
import Testing

/// Files as pandas, R, Excel, rating sites and instruments write them, with what is to be understood of each.
@Suite struct HandedInTablesTests {
  struct Expectation: Decodable {
    var exit: Int
    var rows: Int?
    var columns: Int?
    var known: Int?
    var arguments: [String]?
  }

  static let tests = URL(filePath: #filePath).deletingLastPathComponent()

  /// By path from here: `Tables/plain.csv`.
  static let expected: [String: Expectation] = {
    var result: [String: Expectation] = [:]
    for folder in ["Tables", "FurtherTables"] {
      let file = tests.appending(path: folder).appending(path: "expected.json")
      guard let data = try? Data(contentsOf: file),
        let found = try? JSONDecoder().decode([String: Expectation].self, from: data)
      else { continue }
      for (name, expectation) in found { result["\(folder)/\(name)"] = expectation }
    }
    return result
  }()

  static let names = expected.keys.sorted()

  /// The reading options that arguments of the command mean.
  static func options(_ arguments: [String]) -> ReadingOptions {
    var options = ReadingOptions()
    var rest = arguments[...]
    while let name = rest.popFirst() {
      switch name {
      case "--missing": options.missing.append(rest.removeFirst())
      case "--layout":
        options.layout = ReadingOptions.Layout(rawValue: rest.removeFirst()) ?? .automatic
      case "--one-based": options.oneBased = true
      default: Issue.record("no option is called \(name)")
      }
    }
    return options
  }

  static func read(_ name: String, _ options: ReadingOptions) throws -> ObservedData {
    try DataFile.readObservedEntries(from: tests.appending(path: name).path, options: options)
  }

  @Test func thereAreExpectations() {
    #expect(Self.names.count { $0.hasPrefix("Tables/") } == 79)
    #expect(Self.names.count { $0.hasPrefix("FurtherTables/") } >= 50)
  }

  @Test(arguments: names)
  func isUnderstood(_ name: String) throws {
    let wanted = try #require(Self.expected[name])
    let options = Self.options(wanted.arguments ?? [])
    guard wanted.exit == 0 else {
      #expect(throws: DataFormatError.self) { try Self.read(name, options) }
      return
    }
    let data = try Self.read(name, options)
    #expect(data.entries.rowCount == wanted.rows)
    #expect(data.entries.columnCount == wanted.columns)
    if let known = wanted.known { #expect(data.entries.count == known) }
  }

  /// The numbers of all files of one matrix are the same, whatever form they came in.
  @Test func allFormsHoldTheSameNumbers() throws {
    let plain = try Self.read("Tables/plain.csv", ReadingOptions()).entries
    for name in Self.names where name.hasPrefix("Tables/") {
      let wanted = try #require(Self.expected[name])
      guard wanted.exit == 0, wanted.columns == 10 else { continue }
      let entries = try Self.read(name, Self.options(wanted.arguments ?? [])).entries
      #expect(entries.rows == plain.rows, "\(name)")
      #expect(entries.columns == plain.columns, "\(name)")
      let scale = name == "Tables/thousands.csv" ? 1000.0 : 1
      #expect(entries.values == plain.values.map { scale * $0 }, "\(name)")
    }
  }

  /// What is no gap comes back byte for byte: without a number for the gaps the whole file; with a number each the file
  /// between them.
  @Test(arguments: names)
  func comesBackAsItWas(_ name: String) throws {
    let wanted = try #require(Self.expected[name])
    guard wanted.exit == 0 else { return }
    let data = try Self.read(name, Self.options(wanted.arguments ?? []))
    guard let original = data.original else { return }
    let path = Self.tests.appending(path: name)
    var bytes = [UInt8](try Data(contentsOf: path))
    if name.hasSuffix(".gz") { bytes = try ByteSource(path: path.path).decompressed() }
    let untouched = try original.encoded(entries: data.entries) { _, _ in nil }
    #expect(untouched == bytes)

    let filled = try original.encoded(entries: data.entries) { row, column in
      Double(1000 + 10 * row + column)
    }
    let gaps = data.entries.rowCount * data.entries.columnCount - data.entries.count
    #expect(try agreeOutsideGaps(filled, bytes, gaps: gaps))
    // Read again, the filled table has no gap and the known numbers it had.
    let source = ByteSource(filled, named: name.hasSuffix(".gz") ? "x.csv" : name)
    let again = try DataFile.readObservedEntries(
      from: source, options: Self.options(wanted.arguments ?? []))
    let rows = data.entries.rowCount
    let columns = data.entries.columnCount
    #expect(again.entries.count == rows * columns)
    let dense = again.entries.dense()
    for k in 0..<data.entries.count {
      #expect(
        dense[Int(data.entries.rows[k]), Int(data.entries.columns[k])] == data.entries.values[k])
    }
  }

  /// Whether the cells of two tables differ only in `gaps` places; cells are what stands between delimiters and lines.
  private func agreeOutsideGaps(_ first: [UInt8], _ second: [UInt8], gaps: Int) throws -> Bool {
    var differing = 0
    func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
      let isWide = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
      let plain = isWide ? bytes.filter { $0 != 0 } : bytes
      var isQuoted = false
      var result: [[UInt8]] = [[]]
      // In the order in which they exclude each other.
      let delimiter = [9, 59, 124, 44, 32].first { plain.contains($0) } ?? 44
      for byte in plain {
        if byte == 34 { isQuoted.toggle() }
        if !isQuoted, [delimiter, 10, 13].contains(byte) {
          result.append([])
        }
        // A longer number takes the place of spaces before it.
        if byte != 32 || delimiter != 124 { result[result.count - 1].append(byte) }
      }
      return delimiter == 32 ? result.filter { $0 != [32] } : result
    }
    let (left, right) = (pieces(first), pieces(second))
    guard left.count == right.count else { return false }
    for (one, other) in zip(left, right) where one != other { differing += 1 }
    return differing == gaps
  }
}
