#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What separates the cells of a table of text and how its numbers are written.
struct TableDialect: Equatable, Sendable {
  /// What stands between cells; a space stands for any number of spaces and tabs.
  var delimiter: UInt8 = UInt8(ascii: ",")

  /// The mark before the fraction: a point or a comma.
  var decimal: UInt8 = UInt8(ascii: ".")

  /// Whether lines that begin with `#` are comments.
  var hasComments = true

  var isSpaced: Bool { delimiter == UInt8(ascii: " ") }
}

/// A text in memory with zeros behind it, as ``DecimalParser`` needs them.
final class PaddedText {
  let start: UnsafePointer<UInt8>
  let count: Int
  private let memory: UnsafeMutablePointer<UInt8>
  private static let padding = 16

  init(_ bytes: [UInt8]) {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + Self.padding)
    bytes.withUnsafeBufferPointer { buffer in
      if let base = buffer.baseAddress { memory.update(from: base, count: buffer.count) }
    }
    (memory + bytes.count).update(repeating: 0, count: Self.padding)
    self.memory = memory
    start = UnsafePointer(memory)
    count = bytes.count
  }

  deinit { memory.deallocate() }

  func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: start + range.lowerBound, count: range.count)
  }

  func string(_ range: Range<Int>) -> String { String(decoding: bytes(range), as: UTF8.self) }
}

/// A cell of a row: where it lies, with and without the spaces and quotes around its content.
struct TextCell {
  var outer: Range<Int>
  var content: Range<Int>
  var isQuoted = false
}

/// A row of a text; usually a line, but quoted cells may go over several.
struct TextRow {
  /// Its bytes without the line ending.
  var range: Range<Int>
  /// The number of its first line, from one.
  var line: Int
  var isComment = false
  var isBlank = false
}

/// Splits a text into rows and cells; lines end in LF, CR LF or CR.
struct TextRows {
  let text: PaddedText
  let dialect: TableDialect
  private(set) var position: Int
  private var nextLine: Int

  /// Quoted cells longer than this are taken for a stray quote.
  private static let longestQuote = 1 << 16

  init(_ text: PaddedText, _ dialect: TableDialect, from position: Int = 0, line: Int = 1) {
    self.text = text
    self.dialect = dialect
    self.position = position
    self.nextLine = line
  }

  /// The next row and its cells, or nil at the end. Comments and blank lines have no cells.
  mutating func next(into cells: inout [TextCell]) -> TextRow? {
    cells.removeAll(keepingCapacity: true)
    guard position < text.count else { return nil }
    let start = position
    var row = TextRow(range: start..<start, line: nextLine)
    var p = skippingSpaces(start)
    if isEnd(p) {
      row.isBlank = true
      return finish(&row, at: p)
    }
    if dialect.hasComments, byte(p) == UInt8(ascii: "#"), !isSpreadsheetError(p) {
      row.isComment = true
      while !isEnd(p) { p += 1 }
      return finish(&row, at: p)
    }
    if isRule(p) {
      row.isComment = true
      while !isEnd(p) { p += 1 }
      return finish(&row, at: p)
    }
    p = start
    if dialect.isSpaced { readSpacedCells(&p, &cells) } else { readCells(&p, &cells) }
    return finish(&row, at: p)
  }

  private mutating func finish(_ row: inout TextRow, at end: Int) -> TextRow {
    row.range = row.range.lowerBound..<end
    position = end
    if end < text.count {
      let isPair =
        byte(end) == 0x0D && end + 1 < text.count && byte(end + 1) == 0x0A
      position = end + (isPair ? 2 : 1)
    }
    nextLine += 1
    return row
  }

  private mutating func readCells(_ p: inout Int, _ cells: inout [TextCell]) {
    let delimiter = dialect.delimiter
    while true {
      let start = p
      let inner = skippingSpaces(p)
      if byte(inner) == UInt8(ascii: "\""), inner < text.count, let quoteEnd = quoteEnd(inner) {
        let after = skippingSpaces(quoteEnd + 1)
        cells.append(
          TextCell(outer: start..<after, content: inner + 1..<quoteEnd, isQuoted: true))
        p = after
      } else {
        p = inner
        while true {
          let current = text.start[p]
          if current == delimiter || current == 0x0A || current == 0x0D || current == 0 {
            if current != 0 || p >= text.count { break }
          }
          p += 1
        }
        var end = p
        while end > inner, isSpace(text.start[end - 1]) { end -= 1 }
        cells.append(TextCell(outer: start..<p, content: inner..<end))
      }
      guard p < text.count, byte(p) == delimiter else { return }
      p += 1
    }
  }

  private mutating func readSpacedCells(_ p: inout Int, _ cells: inout [TextCell]) {
    while true {
      let start = p
      let inner = skippingSpaces(p)
      p = inner
      if isEnd(inner) { return }
      if byte(inner) == UInt8(ascii: "\""), let quoteEnd = quoteEnd(inner) {
        p = quoteEnd + 1
        cells.append(TextCell(outer: start..<p, content: inner + 1..<quoteEnd, isQuoted: true))
      } else {
        while !isEnd(p), !isSpace(byte(p)) { p += 1 }
        cells.append(TextCell(outer: start..<p, content: inner..<p))
      }
    }
  }

  /// Where a quoted cell that begins here ends: at a quote with a delimiter or a line ending behind it.
  private mutating func quoteEnd(_ start: Int) -> Int? {
    var q = start + 1
    var lines = 0
    let limit = min(text.count, start + Self.longestQuote)
    while q < limit {
      let current = byte(q)
      if current == UInt8(ascii: "\"") {
        if q + 1 < limit, byte(q + 1) == current {
          q += 1
        } else {
          let after = dialect.isSpaced ? q + 1 : skippingSpaces(q + 1)
          let isClosed =
            isEnd(after) || byte(after) == dialect.delimiter
            || (dialect.isSpaced && isSpace(byte(after)))
          guard isClosed else { return nil }
          nextLine += lines
          return q
        }
      } else if current == 0x0A || (current == 0x0D && byte(q + 1) != 0x0A) {
        lines += 1
      }
      q += 1
    }
    return nil
  }

  private func byte(_ p: Int) -> UInt8 { text.start[p] }

  private func isEnd(_ p: Int) -> Bool {
    p >= text.count || text.start[p] == 0x0A || text.start[p] == 0x0D
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte == 0x09 && dialect.delimiter != 0x09)
  }

  private func skippingSpaces(_ start: Int) -> Int {
    var p = start
    while isSpace(text.start[p]) { p += 1 }
    return p
  }

  /// A line drawn under headings: `-----+-----`, `|---|---|`.
  private func isRule(_ start: Int) -> Bool {
    guard
      [UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "|"), UInt8(ascii: "=")]
        .contains(byte(start))
    else { return false }
    var p = start
    var dashes = 0
    var longest = 0
    while !isEnd(p) {
      switch byte(p) {
      case UInt8(ascii: "-"), UInt8(ascii: "="):
        dashes += 1
        longest = max(longest, dashes)
      case UInt8(ascii: "+"), UInt8(ascii: "|"), UInt8(ascii: ":"), 0x20, 0x09: dashes = 0
      default: return false
      }
      p += 1
    }
    // Three dashes alone mark a missing value.
    return longest >= 3 && p - start >= 5 && dialect.delimiter != UInt8(ascii: ":")
      && (dialect.delimiter == UInt8(ascii: "|") || dialect.isSpaced || longest >= 5)
  }

  private func isSpreadsheetError(_ p: Int) -> Bool {
    ["#N/A", "#NA", "#NULL", "#DIV", "#VALUE", "#REF", "#NUM", "#NAME"].contains { mark in
      p + mark.utf8.count <= text.count
        && zip(mark.utf8, text.bytes(p..<p + mark.utf8.count)).allSatisfy(==)
    }
  }
}
