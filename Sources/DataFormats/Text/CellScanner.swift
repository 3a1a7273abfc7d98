/// What stands in a cell of a table.
enum Cell {
  case number(Double)
  case missing
  case infinite
  case text
}

/// Splits lines into cells and reads them.
struct CellScanner {
  let separator: UInt8
  let parser = DecimalParser()

  /// Reads the cell at a position and moves to its end: the separator, or the end of the line.
  @inline(__always)
  func next(_ p: inout UnsafePointer<UInt8>, in line: TextLine) -> Cell {
    var q = p
    while isSpace(q.pointee), q < line.end { q += 1 }
    var value = 0.0
    if let numberEnd = parser.scan(q, &value) {
      q = numberEnd
      while isSpace(q.pointee), q < line.end { q += 1 }
      if q == line.end || q.pointee == separator {
        p = q
        return value.isFinite ? .number(value) : .infinite
      }
    }
    let content = self.content(&p, in: line)
    return classify(content)
  }

  @inline(__always)
  private func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (byte == UInt8(ascii: "\t") && separator != UInt8(ascii: "\t"))
  }

  /// The bytes of the cell at a position, without spaces and quotes around them; moves to the cell's end.
  func content(_ p: inout UnsafePointer<UInt8>, in line: TextLine) -> UnsafeBufferPointer<UInt8> {
    var start = p
    while start < line.end, isSpace(start.pointee) { start += 1 }
    let quote = UInt8(ascii: "\"")
    if start < line.end, start.pointee == quote {
      var q = start + 1
      while q < line.end {
        if q.pointee == quote {
          if q + 1 < line.end, q[1] == quote { q += 1 } else { break }
        }
        q += 1
      }
      if q < line.end {
        let quoteEnd = q
        q += 1
        while q < line.end, isSpace(q.pointee) { q += 1 }
        if q == line.end || q.pointee == separator {
          p = q
          return UnsafeBufferPointer(start: start + 1, count: quoteEnd - start - 1)
        }
      }
    }
    var end = start
    while end < line.end, end.pointee != separator { end += 1 }
    p = end
    while end > start, isSpace(end[-1]) { end -= 1 }
    return UnsafeBufferPointer(start: start, count: end - start)
  }

  /// A cell's bytes, not at the place where a number was already looked for.
  @inline(never)
  private func classify(_ content: UnsafeBufferPointer<UInt8>) -> Cell {
    var content = content[...]
    while content.first == UInt8(ascii: " ") { content.removeFirst() }
    while content.last == UInt8(ascii: " ") { content.removeLast() }
    guard let first = content.first, let base = content.base.baseAddress else { return .missing }
    let start = base + content.startIndex
    var value = 0.0
    if parser.scan(start, &value) == start + content.count {
      return value.isFinite ? .number(value) : .infinite
    }
    let isSigned = first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
    let word = content.dropFirst(isSigned ? 1 : 0)
    guard word.count <= 8 else { return .text }
    switch String(decoding: word, as: UTF8.self).lowercased() {
    case "nan", "": return isSigned && word.isEmpty ? .text : .missing
    case "na": return isSigned ? .text : .missing
    case "inf", "infinity": return .infinite
    default: return .text
    }
  }

  /// Whether a line has a cell that is neither a finite or infinite number nor a mark for a missing value.
  func hasText(_ line: TextLine) -> Bool {
    var p = line.start
    while true {
      if case .text = next(&p, in: line) { return true }
      if p == line.end { return false }
      p += 1
    }
  }

  /// The texts of all cells of a line.
  func texts(_ line: TextLine) -> [String] {
    var result: [String] = []
    var p = line.start
    while true {
      result.append(text(&p, in: line))
      if p == line.end { return result }
      p += 1
    }
  }

  /// The text of the cell at a position, which moves to the cell's end.
  func text(_ p: inout UnsafePointer<UInt8>, in line: TextLine) -> String {
    String(decoding: content(&p, in: line), as: UTF8.self).replacing("\"\"", with: "\"")
  }

  /// The bytes of one cell of a line, for a message.
  func content(ofCell index: Int, in line: TextLine) -> UnsafeBufferPointer<UInt8> {
    var p = line.start
    var content = self.content(&p, in: line)
    for _ in 0..<index where p < line.end {
      p += 1
      content = self.content(&p, in: line)
    }
    return content
  }

  /// How many cells a line has.
  func count(_ line: TextLine) -> Int {
    var p = line.start
    var count = 1
    _ = content(&p, in: line)
    while p < line.end {
      p += 1
      _ = content(&p, in: line)
      count += 1
    }
    return count
  }

  /// The separator of a line: a tab if there is one outside quotes, else a semicolon, else a comma.
  static func separator(of line: TextLine) -> UInt8 {
    var found: Set<UInt8> = []
    var isQuoted = false
    for byte in line.bytes {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() } else if !isQuoted { found.insert(byte) }
    }
    for candidate in [UInt8(ascii: "\t"), UInt8(ascii: ";")] where found.contains(candidate) {
      return candidate
    }
    return UInt8(ascii: ",")
  }
}
