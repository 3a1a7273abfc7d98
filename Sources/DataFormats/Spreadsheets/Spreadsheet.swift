import LinearAlgebra

// The cells of a sheet are written down as a text with tabs, which is read as every other table: what is a header, what
// names the rows, what is missing is decided in one place. Line k of the text is row k of the sheet.

/// A table in a sheet of a workbook, with the way back: the workbook can be written with the gaps of the table filled.
public struct Spreadsheet: Sendable {
  let source: ByteSource
  let sheet: String?
  let table: TextTable

  /// The column of the sheet in which the text begins, from 0.
  let firstColumn: Int
}

extension Spreadsheet {
  static func read(
    _ source: ByteSource, options: ReadingOptions
  ) throws(DataFormatError) -> ObservedData {
    let (text, firstColumn, formulas, title) = try sheetText(source, options: options)
    var own = options
    own.delimiter = UInt8(ascii: "\t")
    own.decimal = UInt8(ascii: ".")
    own.formulas = formulas
    own.isSheet = true
    var data = try DelimitedFile.readObserved(
      ByteSource(text, named: source.name), options: own)
    data.format = .xlsx
    data.style?.separator = UInt8(ascii: ",")
    if let title { data.understanding?.traits.insert(title, at: 0) }
    if formulas.unsavedCount > 0 {
      let (count, isOne) = (formulas.unsavedCount, formulas.unsavedCount == 1)
      data.understanding?.warnings.append(
        "\(count) formula\(isOne ? " has" : "s have") no saved value: open the file in Excel and save it there, if \(isOne ? "it is" : "they are") to count"
      )
    }
    if case .text(let table) = data.original {
      data.original = .spreadsheet(
        Spreadsheet(
          source: source, sheet: options.sheet, table: table, firstColumn: firstColumn))
    }
    return data
  }

  static func readMatrix(
    _ source: ByteSource, options: ReadingOptions, isCautious: Bool
  ) throws(DataFormatError) -> (elements: Matrix, names: TableNames) {
    var own = options
    own.delimiter = UInt8(ascii: "\t")
    own.decimal = UInt8(ascii: ".")
    own.isSheet = true
    return try DelimitedFile.readMatrix(
      ByteSource(try sheetText(source, options: options).text, named: source.name), options: own,
      isCautious: isCautious)
  }

  private static func sheetText(
    _ source: ByteSource, options: ReadingOptions
  ) throws(DataFormatError) -> (
    text: [UInt8], firstColumn: Int, formulas: SheetFormulas, title: String?
  ) {
    let book = try Workbook(source)
    let place = try book.place(of: options.sheet)
    let name = book.sheets[place].name
    let cells = try SheetCells(try book.sheet(named: name).bytes, book)
    var grid: [Int: [Int: String]] = [:]
    var columns: (first: Int, last: Int)?
    var lastRow = 0
    var count = 0
    for cell in cells.all where !cell.text.isEmpty {
      grid[cell.row, default: [:]][cell.column] = cell.text
      columns = (
        min(columns?.first ?? cell.column, cell.column), max(columns?.last ?? 0, cell.column)
      )
      lastRow = max(lastRow, cell.row)
      count += 1
    }
    guard let columns else {
      let others = book.sheets.indices.filter { $0 != place }.map { book.sheets[$0].name }
      throw DataFormatError(
        source.name, "the sheet \(Excerpt.quoted(name.utf8)) is empty",
        others.isEmpty
          ? "give a file with data" : "name another with --sheet: \(book.listed(others))")
    }
    // A cell far below or far to the right of all others must not make a sheet of millions.
    let size = (lastRow + 1) * (columns.last - columns.first + 1)
    guard size <= max(1 << 22, 200 * count) else {
      let far = cells.all.last { $0.row == lastRow && !$0.text.isEmpty }
      let right = cells.all.last { $0.column == columns.last && !$0.text.isEmpty }
      let stray = (columns.last > 1 << 10 ? right : nil) ?? far ?? right
      let label = stray.map { "\(SheetCells.name($0.column))\($0.row + 1)" } ?? ""
      throw DataFormatError(
        source.name,
        "the cell \(label) lies far from all others: \(count) cells in a sheet of \(lastRow + 1)×\(columns.last - columns.first + 1)",
        "empty it if it is there by mistake")
    }
    var text: [UInt8] = []
    for row in 0...lastRow {
      if let found = grid[row] {
        for column in columns.first...columns.last {
          if column > columns.first { text.append(UInt8(ascii: "\t")) }
          if let content = found[column] { text += quoted(content).utf8 }
        }
      }
      text.append(UInt8(ascii: "\n"))
    }
    let title =
      book.sheets.count > 1 ? "sheet \(Excerpt.quoted(name.utf8)) of \(book.sheets.count)" : nil
    return (text, columns.first, SheetFormulas(cells, firstColumn: columns.first), title)
  }

  /// A text on one line, in quotes where it has a tab or a quote.
  private static func quoted(_ content: String) -> String {
    let oneLine = String(content.map { $0.isNewline ? " " : $0 })
    let isPlain = !oneLine.utf8.contains { $0 == 9 || $0 == 34 } && oneLine.first != "#"
    return isPlain ? oneLine : "\"" + oneLine.replacing("\"", with: "\"\"") + "\""
  }

  /// Writes the workbook with numbers in the gaps of the table; all other cells and sheets stay.
  func write(
    to sink: ByteSink, entries: ObservedEntries, isFilledEverywhere: Bool,
    fill: (Int, Int) -> Double?
  ) throws(DataFormatError) {
    let book = try Workbook(source)
    let (member, bytes) = try book.sheet(named: sheet)
    var fills: [Int: [Int: String]] = [:]
    let decoded = PaddedText(try table.source.wholeText())
    var rows = TextRows(
      decoded, table.structure.dialect, from: table.structure.dataStart,
      line: table.structure.dataLine)
    var cells: [TextCell] = []
    var row = 0
    while row < entries.rowCount, let found = rows.next(into: &cells) {
      if found.isComment || (found.isBlank && table.structure.width > 1) { continue }
      var known = entries.rowStarts[row]
      let end = entries.rowStarts[row + 1]
      for (column, position) in table.positions.enumerated() {
        guard let position else { continue }
        let isKnown = known < end && Int(entries.columns[known]) == position
        if isKnown { known += 1 }
        guard !isKnown || isFilledEverywhere, let value = fill(row, position) else { continue }
        var format = table.formats[position]
        format.thousandsMark = nil
        (format.prefix, format.suffix) = ("", "")
        if isFilledEverywhere, format.isInteger { format.decimals = 2...2 }
        fills[found.line - 1, default: [:]][firstColumn + column] = format.text(value)
      }
      row += 1
    }
    let edited = try SheetCells(bytes, book).replacing(fills)
    try book.write(
      replacing: member, with: edited, recalculating: try book.hasFormulas(), to: sink)
  }
}
