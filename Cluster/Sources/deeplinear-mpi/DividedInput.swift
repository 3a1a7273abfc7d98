import DeepLinear
import DividedCompletion
import Foundation
import Jobs
import MessagePassing

/// The entries of this rank: some of the files of a pattern, or some rows of one file.
///
/// A file of a pattern is a block; of a single file every 4,096 rows are one. Blocks are the same for any number of ranks,
/// which have them in turn, neighbours together.
struct DividedInput {
  let rowCount: Int
  let columnCount: Int
  let entryCount: Int
  let blockCount: Int
  let blocks: [EntryBlock]
  /// Which of all blocks they are.
  let numbers: [Int]

  private static let blockRows = 4096

  init(_ pattern: String, rowCount: Int?, columnCount: Int?, ranks: Ranks) throws {
    let files = try Self.files(pattern)
    let isDivided = pattern.contains("*")
    func mine(_ count: Int) -> Range<Int> {
      ranks.own * count / ranks.count..<(ranks.own + 1) * count / ranks.count
    }
    var options = ReadingOptions(rowCount: rowCount, columnCount: columnCount)
    if isDivided, files.contains(where: { $0.contains(".csv") || $0.contains(".tsv") }) {
      options = ReadingOptions(layout: .triplets, rowCount: rowCount, columnCount: columnCount)
    }
    let parts = try (isDivided ? mine(files.count) : 0..<1).map {
      try DataFile.readObservedEntries(from: files[$0], options: options).entries
    }
    // Triplets do not say how large the matrix is: the largest that any rank has seen.
    var sides = [
      parts.reduce(0.0) { max($0, Double($1.rowCount)) },
      parts.reduce(0.0) { max($0, Double($1.columnCount)) },
    ]
    ranks.largest(&sides)
    (self.rowCount, self.columnCount) = (Int(sides[0]), Int(sides[1]))
    let wide = try parts.map { try Self.widen($0, Int(sides[0]), Int(sides[1])) }
    if isDivided {
      blockCount = files.count
      numbers = Array(mine(files.count))
      blocks = wide.map { EntryBlock($0, rows: 0..<$0.rowCount) }
      try Self.checkRows(wide, self.rowCount, ranks)
    } else {
      let ranges = EntryBlock.blocks(of: wide[0], rowCount: Self.blockRows)
      blockCount = ranges.count
      numbers = Array(mine(ranges.count))
      blocks = numbers.map { EntryBlock(wide[0], rows: ranges[$0]) }
    }
    var count = [Int64(blocks.reduce(0) { $0 + $1.count })]
    ranks.sum(&count)
    entryCount = Int(count[0])
    guard entryCount > 0 else {
      throw BadInput("\(pattern): there are no known entries; name files that have some.")
    }
  }

  /// The files of a pattern with a star in its last part, in the order of their names.
  private static func files(_ pattern: String) throws -> [String] {
    guard pattern.contains("*") else { return [pattern] }
    let slash = pattern.lastIndex(of: "/").map { pattern.index(after: $0) } ?? pattern.startIndex
    let (folder, name) = (String(pattern[..<slash]), pattern[slash...])
    let ends = name.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.count == 2, !folder.contains("*"), !ends[1].contains("*") else {
      throw BadInput("\(pattern): a pattern has one star, in the file's name; correct it.")
    }
    let all = try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
    let files = all.filter {
      $0.count >= name.count - 1 && $0.hasPrefix(ends[0]) && $0.hasSuffix(ends[1])
    }.sorted()
    guard !files.isEmpty else { throw BadInput("\(pattern): no file has such a name; check it.") }
    return files.map { folder + $0 }
  }

  private static func widen(
    _ entries: ObservedEntries, _ rowCount: Int, _ columnCount: Int
  ) throws -> ObservedEntries {
    if entries.rowCount == rowCount, entries.columnCount == columnCount { return entries }
    return try ObservedEntries(
      rowCount: rowCount, columnCount: columnCount, rows: entries.rows, columns: entries.columns,
      values: entries.values)
  }

  /// Refuses a row that two files have entries of.
  private static func checkRows(
    _ parts: [ObservedEntries], _ rowCount: Int, _ ranks: Ranks
  ) throws {
    var owners = [Int64](repeating: 0, count: rowCount)
    for part in parts {
      for row in 0..<part.rowCount where part.rowStarts[row + 1] > part.rowStarts[row] {
        owners[row] += 1
      }
    }
    ranks.sum(&owners)
    if let row = owners.firstIndex(where: { $0 > 1 }) {
      throw BadInput("two files have entries of row \(row); put each row into one file.")
    }
  }
}
