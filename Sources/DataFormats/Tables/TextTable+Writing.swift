import LinearAlgebra

extension TextTable {
  /// Writes the table as it came, with other numbers in its gaps.
  ///
  /// All that is no gap stays byte for byte. A number in a gap is written as the others of its column are.
  ///
  /// - Parameters:
  ///   - separator: what stands between cells, where it is not what stood there; comments and blank lines stay.
  ///   - entries: the known entries as they were read.
  ///   - isFilledEverywhere: whether known cells get numbers too, exact ones.
  ///   - fill: the number for a row and a column of the matrix; nil leaves the cell as it is.
  func write(
    to sink: ByteSink, separator: UInt8? = nil, entries: ObservedEntries,
    isFilledEverywhere: Bool, fill: (Int, Int) -> Double?
  ) throws(DataFormatError) {
    if let separator {
      return try convert(
        to: sink, separator: separator, entries: entries, isFilledEverywhere: isFilledEverywhere,
        fill: fill)
    }
    let (_, bytes) = try TextEncoding.decode(try source.wholeText(), file: source.name)
    let text = PaddedText(bytes)
    var rows = TextRows(text, structure.dialect, from: structure.dataStart)
    var cells: [TextCell] = []
    var copied = 0
    var row = 0
    func copy(to end: Int) throws(DataFormatError) {
      if end > copied { try put(text.bytes(copied..<end), to: sink) }
      copied = end
    }
    try sink.write(encoding.mark)
    while row < entries.rowCount, rows.position < dataEnd, let found = rows.next(into: &cells) {
      if found.isComment || (found.isBlank && structure.width > 1) { continue }
      var known = entries.rowStarts[row]
      let end = entries.rowStarts[row + 1]
      if found.isBlank {
        let place = found.range.lowerBound..<found.range.lowerBound
        cells = [TextCell(outer: place, content: place)]
      }
      for (column, position) in positions.enumerated() where column < cells.count {
        guard let position else { continue }
        let isKnown = known < end && Int(entries.columns[known]) == position
        if isKnown { known += 1 }
        guard !isKnown || isFilledEverywhere, let value = fill(row, position) else { continue }
        let cell = cells[column]
        try copy(to: cell.outer.lowerBound)
        let number = number(value, position, isFilledEverywhere)
        let replacement = self.replacement(number, cell, position, text)
        let bytes = Array(replacement.utf8)
        try bytes.withUnsafeBufferPointer { buffer throws(DataFormatError) in
          try put(buffer, to: sink)
        }
        copied = cell.outer.upperBound
      }
      row += 1
    }
    try copy(to: text.count)
  }

  /// A number as those of its column are written; a fit in place of whole numbers has two more places.
  private func number(_ value: Double, _ position: Int, _ isFilledEverywhere: Bool) -> String {
    var format = formats[position]
    if isFilledEverywhere, format.isInteger { format.decimals = 2...2 }
    return format.text(value)
  }

  /// Writes the rows with another mark between their cells; the text of each cell stays.
  private func convert(
    to sink: ByteSink, separator: UInt8, entries: ObservedEntries, isFilledEverywhere: Bool,
    fill: (Int, Int) -> Double?
  ) throws(DataFormatError) {
    let (_, bytes) = try TextEncoding.decode(try source.wholeText(), file: source.name)
    let text = PaddedText(bytes)
    var rows = TextRows(text, structure.dialect)
    var cells: [TextCell] = []
    var row = 0
    while let found = rows.next(into: &cells) {
      let isData = found.range.lowerBound >= structure.dataStart && row < entries.rowCount
      if found.isComment || cells.isEmpty {
        try sink.write(text.string(found.range) + "\n")
        if isData, found.isBlank, structure.width == 1 { row += 1 }
        continue
      }
      var known = isData ? entries.rowStarts[row] : 0
      let end = isData ? entries.rowStarts[row + 1] : 0
      for (column, cell) in cells.enumerated() {
        if column > 0 { sink.write(separator) }
        var content = text.string(cell.content)
        if cell.isQuoted { content = content.replacing("\"\"", with: "\"") }
        if isData, found.range.lowerBound < dataEnd, column < positions.count,
          let position = positions[column]
        {
          let isKnown = known < end && Int(entries.columns[known]) == position
          if isKnown { known += 1 }
          if !isKnown || isFilledEverywhere, let value = fill(row, position) {
            content = number(value, position, isFilledEverywhere)
          }
        }
        try sink.write(DelimitedWriter.quoted(content, separator: separator))
      }
      sink.write(UInt8(ascii: "\n"))
      if isData { row += 1 }
    }
  }

  private func put(
    _ bytes: UnsafeBufferPointer<UInt8>, to sink: ByteSink
  ) throws(DataFormatError) {
    if case .utf8 = encoding {
      try sink.write(UnsafeRawBufferPointer(bytes))
    } else {
      try sink.write(encoding.encode(bytes))
    }
  }

  /// A number as it stands in a cell, with its quotes and the spaces before it.
  private func replacement(
    _ number: String, _ cell: TextCell, _ position: Int, _ text: PaddedText
  ) -> String {
    if cell.isQuoted {
      // Only what stands between the quotes changes.
      let before = text.string(cell.outer.lowerBound..<cell.content.lowerBound)
      let after = text.string(cell.content.upperBound..<cell.outer.upperBound)
      return before + number + after
    }
    let needsQuotes =
      formats[position].isQuoted || number.utf8.contains(structure.dialect.delimiter)
    let content = needsQuotes ? "\"\(number)\"" : number
    guard isPadded[position] || structure.dialect.isSpaced else { return content }
    // Columns of one width keep it: a longer number takes the place of spaces.
    let before = cell.outer.lowerBound..<cell.content.lowerBound
    let space =
      cell.content.isEmpty ? cell.outer.count : before.count
    guard space > 0 else { return content }
    let longer = content.count - cell.content.count
    let kept = max(1, space - max(0, cell.content.isEmpty && space == 1 ? 0 : longer))
    let after = text.string(cell.content.upperBound..<cell.outer.upperBound)
    let mark = text.bytes(cell.outer)[0] == 0x09 ? "\t" : " "
    let padding = mark == "\t" ? "\t" : String(repeating: " ", count: kept)
    return padding + content + (cell.content.isEmpty ? "" : after)
  }
}
